// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/tickets.hpp>

#include <algorithm>
#include <utility>

namespace safeq::tls {

namespace {

// NIST SP 800-38D, section 8.3: at most 2^32 messages with random nonces under one key.
constexpr std::uint64_t max_sealed = std::uint64_t{1} << 31;

crypto::Sha256Digest digest_of(const Policy& policy) { return crypto::sha256(as_bytes(describe(policy))); }

crypto::Sha256Digest digest_of(const TicketScope& scope, const crypto::Sha256Digest& policy) {
    ByteWriter out;
    out.field("safeq TLS session ticket v1").field(scope.tenant).field(scope.listener).field(policy);
    return crypto::sha256(out.view());
}

}  // namespace

TicketKeys::TicketKeys(TicketScope scope, const Clock& clock, Random& random)
    : scope_{std::move(scope)},
      rule_{scope_.policy->tickets()},
      policy_digest_{digest_of(*scope_.policy)},
      scope_digest_{digest_of(scope_, policy_digest_)},
      clock_{clock},
      random_{random} {}

TicketKeys::~TicketKeys() = default;

Result<std::shared_ptr<TicketKeys>> TicketKeys::create(TicketScope scope, const Clock& clock, Random& random) {
    if (scope.tenant.empty() || scope.listener.empty())
        return fail(Errc::invalid_argument, "TLS tickets", "no tenant or no listener");
    if (scope.policy == nullptr) return fail(Errc::invalid_argument, "TLS tickets", "no policy");
    if (scope.policy->tickets().lifetime.count() <= 0 || !scope.policy->allows(Version::v1_3))
        return fail(Errc::invalid_argument, "TLS tickets",
                    std::string{scope.policy->name()} + " wants none, or has no TLS 1.3");
    return std::shared_ptr<TicketKeys>{new TicketKeys{std::move(scope), clock, random}};
}

bool TicketKeys::made_for(const Policy& policy) const { return digest_of(policy) == policy_digest_; }

void TicketKeys::rotate_locked(Time now) noexcept {
    // A clock that was set back would lengthen a key's life: such a key goes at once.
    const auto over = [&](const Slot& slot) { return now < slot.begun || now - slot.begun >= rule_.key_lifetime; };
    if (previous_ && over(*previous_)) previous_.reset();
    if (!current_) return;
    if (over(*current_)) {
        current_.reset();
    } else if (now - current_->begun >= rule_.key_lifetime - rule_.lifetime || current_->sealed >= max_sealed) {
        previous_ = std::move(current_);
        current_.reset();
    }
}

void TicketKeys::rotate() noexcept {
    const std::scoped_lock lock{mutex_};
    rotate_locked(clock_.now());
}

void TicketKeys::destroy() noexcept {
    const std::scoped_lock lock{mutex_};
    current_.reset();
    previous_.reset();
}

std::size_t TicketKeys::count() const noexcept {
    const std::scoped_lock lock{mutex_};
    return static_cast<std::size_t>(current_.has_value()) + static_cast<std::size_t>(previous_.has_value());
}

Bytes TicketKeys::associated(const KeyId& id, const Fingerprint& certificate) const {
    ByteWriter out;
    out.bytes(scope_digest_).bytes(id).bytes(certificate);
    return out.take();
}

Bytes TicketKeys::seal(crypto::Plaintext session, Time since, const Fingerprint& certificate) {
    KeyId id;
    crypto::AeadKey key;
    {
        const std::scoped_lock lock{mutex_};
        const Time now = clock_.now();
        rotate_locked(now);
        if (!current_) current_ = Slot{random_.bytes<16>(), crypto::AeadKey::random(random_), now};
        ++current_->sealed;
        id = current_->id;
        key = current_->key.clone();
    }
    const auto nonce = random_.bytes<12>();
    const auto since_ms = static_cast<std::uint64_t>(since.time_since_epoch().count());
    ByteWriter head;
    head.bytes(id).bytes(nonce).u64(since_ms);
    // Made in its full size, since a vector that grows leaves copies of what it held.
    Bytes ticket(head.view().size() + session.bytes.size() + crypto::aead_tag_bytes);
    const auto rest = std::ranges::copy(head.view(), ticket.begin()).out;
    std::ranges::copy(session.bytes, rest);
    const MutableByteView body = MutableByteView{ticket}.subspan(id.size() + nonce.size());
    const ByteView plain = body.first(body.size() - crypto::aead_tag_bytes);
    crypto::Aead{key}.seal(body, nonce, {plain}, {associated(id, certificate)});
    return ticket;
}

Result<TicketKeys::Opened> TicketKeys::open(ByteView ticket, const Fingerprint& certificate) {
    if (ticket.size() > max_ticket_bytes) return fail(Errc::too_large, "TLS ticket");
    ByteReader in{ticket};
    KeyId id;
    crypto::AeadNonce nonce;
    SAFEQ_TRY(const ByteView shown_id, in.take(id.size(), "TLS ticket"));
    SAFEQ_TRY(const ByteView shown_nonce, in.take(nonce.size(), "TLS ticket"));
    const ByteView sealed = in.rest();
    if (sealed.size() < crypto::aead_tag_bytes + sizeof(std::uint64_t)) return fail(Errc::truncated, "TLS ticket");
    std::ranges::copy(shown_id, id.begin());
    std::ranges::copy(shown_nonce, nonce.begin());

    const Time now = clock_.now();
    std::optional<crypto::AeadKey> key;
    {
        const std::scoped_lock lock{mutex_};
        rotate_locked(now);
        for (const std::optional<Slot>* const slot : {&current_, &previous_})
            if (*slot && (*slot)->id == id) key = (*slot)->key.clone();
    }
    if (!key) return fail(Errc::key_unknown, "TLS ticket");
    crypto::Secret plain = crypto::Secret::zeroed(sealed.size() - crypto::aead_tag_bytes);
    SAFEQ_TRY_VOID(crypto::Aead{*key}.open(plain.fill(), nonce, sealed, {associated(id, certificate)}));
    ByteReader inside{plain.expose()};
    SAFEQ_TRY(const std::uint64_t since_ms, inside.u64("TLS ticket"));
    const Time since{std::chrono::milliseconds{static_cast<std::int64_t>(since_ms)}};
    if (now < since || now - since >= rule_.lifetime) return fail(Errc::expired, "TLS ticket");
    return Opened{crypto::Secret::copy_of(inside.rest()), since};
}

}  // namespace safeq::tls
