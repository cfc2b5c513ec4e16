// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <safeq/token/claims.hpp>
#include <safeq/token/clock_guard.hpp>
#include <safeq/token/key_ring.hpp>
#include <safeq/token/replay.hpp>
#include <safeq/token/revocation.hpp>

namespace safeq::token {

/// A purpose's token as text has 1024 bytes of claims, a signature and the name of its key at the most.
inline constexpr PasetoLimits typed_token_limits_2026{.text_bytes = 2048, .footer_bytes = 96};

/// Whose token the verifier takes.
struct ExpectedToken {
    TenantId tenant;
    Audience audience;                                 ///< the verifier's own name
    std::optional<crypto::VerifyingKey> device_key{};  ///< for purposes that are bound to a key, and for no other
};

/// The claims of a token that was verified; only a verifier of this purpose makes one.
template <Purpose P>
class Verified final {
public:
    [[nodiscard]] const Claims& operator*() const& noexcept { return claims_; }
    [[nodiscard]] const Claims* operator->() const& noexcept { return &claims_; }

    /// The key whose holder alone may show this token.
    [[nodiscard]] const crypto::VerifyingKey& device_key() const& noexcept
        requires(P::rules.holder == TokenHolder::key)
    {
        return *device_key_;
    }

private:
    template <Purpose>
    friend class Verifier;
    Verified(Claims claims, std::optional<crypto::VerifyingKey> device_key) noexcept
        : claims_{std::move(claims)}, device_key_{device_key} {}

    Claims claims_;
    std::optional<crypto::VerifyingKey> device_key_;
};

namespace detail {

struct VerifierParts {
    const PurposeRules& rules;
    ClockGuard& clock;
    RevocationList& revocations;
    ReplayStore& replays;
};

[[nodiscard]] Result<Claims> verify(const VerifierParts& parts, const VerifyingKeys& keys, std::string_view text,
                                    const ExpectedToken& expected);
[[nodiscard]] Result<Claims> verify(const VerifierParts& parts, const LocalKeys& keys, std::string_view text,
                                    const ExpectedToken& expected);

}  // namespace detail

/// Takes tokens of one purpose. *Threads*: safe from several threads. Borrows all that it is made of.
template <Purpose P>
class Verifier final {
public:
    /// The kind of keys that the purpose's form wants.
    using Keys = std::conditional_t<P::rules.form == PasetoForm::v4_public, VerifyingKeys, LocalKeys>;

    /// *Requires*: the guard is that of revocations and replays, and lives as long as the process: one that is made for
    /// each request has seen nothing. The list serves the purpose (`RevocationList::serves`), or nothing is verified.
    Verifier(const Keys& keys, ClockGuard& clock, RevocationList& revocations, ReplayStore& replays) noexcept
        : keys_{keys}, clock_{clock}, revocations_{revocations}, replays_{replays} {}
    Verifier(const Keys&& keys, ClockGuard& clock, RevocationList& revocations, ReplayStore& replays) = delete;

    /// What a token says, when all of it holds: form, key and its period, signature or seal together with tenant,
    /// audience, purpose and device, times, revocation, and for a token that is good for once that it is the first
    /// time. *Errors*: `invalid_argument` for a device's key too many or too few, and for a list whose revocations
    /// would lapse before the purpose's tokens; those of `Paseto::parse` and `parse_key_footer`; `key_unknown`;
    /// `signature_invalid` or `authentication_failed`; those of `Claims::parse`; `denied` when the claims contradict
    /// what is expected or the token's time has not come; `expired`; `revoked`; `duplicate`; the stores'. Peers are
    /// told `denied`.
    [[nodiscard]] Result<Verified<P>> verify(std::string_view text, const ExpectedToken& expected) {
        SAFEQ_TRY(Claims claims, detail::verify({P::rules, clock_, revocations_, replays_}, keys_, text, expected));
        return Verified<P>{std::move(claims), expected.device_key};
    }

private:
    const Keys& keys_;
    ClockGuard& clock_;
    RevocationList& revocations_;
    ReplayStore& replays_;
};

}  // namespace safeq::token
