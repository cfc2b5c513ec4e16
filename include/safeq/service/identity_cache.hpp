// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include <safeq/crypto/hash.hpp>
#include <safeq/ipp/printer_service.hpp>
#include <safeq/service/upstream.hpp>

namespace safeq::service {

/// Asks the release server who somebody is, and remembers successes for a short time in memory only, under a keyed hash
/// of what was shown: so that a client that prints page after page costs one password hash, and printing goes on while
/// the release server restarts. Failures are never remembered. *Threads*: safe from several threads.
class IdentityCache final {
public:
    static constexpr std::chrono::minutes lifetime{5};
    static constexpr std::size_t max_entries = 10'000;

    IdentityCache(Upstream& upstream, const Clock& clock, Random& random)
        : upstream_{upstream}, clock_{clock}, key_{crypto::HmacKey::random(random)} {}

    /// Whose jobs may be taken in at a listener where this was shown; `ipp::Owner::token` holds for as long as the
    /// cache is there. *Errors*: those of `Upstream::identify`.
    [[nodiscard]] Result<ipp::Owner> identify(Shown shown, std::string user, std::string address,
                                              const crypto::Secret& secret);

private:
    struct Entry {
        ipp::Owner owner;
        Time since;
    };

    Upstream& upstream_;
    const Clock& clock_;
    crypto::HmacKey key_;
    std::mutex mutex_;
    std::map<crypto::MacTag, Entry> known_;
};

}  // namespace safeq::service
