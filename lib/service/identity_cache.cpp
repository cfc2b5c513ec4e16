// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/identity_cache.hpp>

namespace safeq::service {

Result<ipp::Owner> IdentityCache::identify(Shown shown, std::string user, std::string address,
                                           const crypto::Secret& secret) {
    const Bytes who = ByteWriter{}.u8(static_cast<std::uint8_t>(shown)).field(user).take();
    const crypto::MacTag tag = crypto::hmac_sha256(key_, {who, secret.expose()});
    const Time now = clock_.now();
    {
        const std::scoped_lock lock{mutex_};
        const auto it = known_.find(tag);
        // An entry from the future was made before the clock went back: it is not to be believed any longer.
        if (it != known_.end() && it->second.since <= now && now < it->second.since + lifetime) return it->second.owner;
    }
    SAFEQ_TRY(Identity identity, upstream_.identify(shown, std::move(user), std::move(address), secret));
    ipp::Owner owner{.subject = identity.subject, .name = std::move(identity.user_name)};
    if (shown == Shown::print_token) owner.token = tag;
    const std::scoped_lock lock{mutex_};
    if (known_.size() >= max_entries)
        std::erase_if(known_, [&](const auto& e) { return e.second.since > now || now >= e.second.since + lifetime; });
    if (known_.size() < max_entries) known_.insert_or_assign(tag, Entry{owner, now});
    return owner;
}

}  // namespace safeq::service
