// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <safeq/core/random.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/token/expiry.hpp>
#include <safeq/token/refresh_store.hpp>
#include <safeq/token/request_proof.hpp>
#include <safeq/token/revocation.hpp>

namespace safeq::token {

/// How long a family of refresh tokens lasts.
struct RefreshRules {
    std::chrono::milliseconds idle;      ///< without use
    std::chrono::milliseconds absolute;  ///< in any case
};

/// For a mobile terminal: a month of silence, half a year at the most.
inline constexpr RefreshRules mobile_refresh_2026{.idle = std::chrono::days{30}, .absolute = std::chrono::days{180}};

/// A refresh token, which is given out this once, and the family that it belongs to.
struct IssuedRefresh {
    crypto::Secret text;
    RefreshFamily family;
};

/// A refresh token as a device shows it: with its key, and the proof that the request comes from that key's holder.
struct ShownRefresh {
    std::string_view text;
    crypto::VerifyingKey device_key;
    RequestProof proof;
    RequestToSign request;
};

/// Issues refresh tokens and changes each for the next. A token is good once; one that is shown again, or under
/// another device's key, has been in two hands: its whole family ends, and with it the tokens that came from it.
/// There is no grace for an answer that got lost: such a device signs in anew.
/// *Threads*: safe from several threads. Borrows all that it is made of.
class RefreshTokens final {
public:
    /// A text is two opaque tokens one after the other: the family's, then its own.
    static constexpr std::size_t text_bytes = 2 * OpaqueToken::text_bytes;

    RefreshTokens(RefreshStore& store, RevocationList& revocations, const Clock& clock, Random& random,
                  const RefreshRules& rules) noexcept
        : store_{store},
          revocations_{revocations},
          clock_{clock},
          random_{random},
          rules_{rules},
          expiry_{clock, store} {}

    /// The first token of a new family. *Errors*: `invalid_argument` for a nil id or rules without time; the store's.
    [[nodiscard]] Result<IssuedRefresh> open(TenantId tenant, SubjectId subject,
                                             const crypto::VerifyingKey& device_key);

    /// The next token; the shown one is spent. *Errors*: `malformed`, `not_canonical`; `signature_invalid` for a wrong
    /// proof, which ends nothing; `credential_wrong` for a text of no family of this tenant (ended ones too);
    /// `revoked` when the text was spent before or is another device's, after the family has ended; `expired`, once;
    /// the stores'. Peers are told `denied`.
    [[nodiscard]] Result<IssuedRefresh> rotate(const ShownRefresh& shown, TenantId tenant);

    /// Ends a family of this person, and the tokens that came from it. *Errors*: `not_found`; the stores'.
    [[nodiscard]] Result<void> revoke(TenantId tenant, SubjectId subject, SessionId family);
    /// Ends all families of a person; returns how many.
    [[nodiscard]] Result<std::size_t> revoke_all(TenantId tenant, SubjectId subject);

    /// A person's families that are still good.
    [[nodiscard]] Result<std::vector<RefreshFamily>> list(TenantId tenant, SubjectId subject);

    /// Removes the families that have expired; returns how many. Worth calling every minute.
    [[nodiscard]] Result<std::size_t> sweep();

private:
    [[nodiscard]] Result<void> end(const RefreshFamily& family);
    [[nodiscard]] bool is_over(const RefreshFamily& family, Time now) const noexcept;

    RefreshStore& store_;
    RevocationList& revocations_;
    const Clock& clock_;
    Random& random_;
    RefreshRules rules_;
    ExpiryClock expiry_;
};

}  // namespace safeq::token
