// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <type_traits>

#include <safeq/core/random.hpp>
#include <safeq/token/claims.hpp>
#include <safeq/token/key_ring.hpp>

namespace safeq::token {

/// What a token shall say.
struct IssueRequest {
    TenantId tenant;
    SubjectId subject;
    Audience audience;
    std::optional<crypto::VerifyingKey> device_key{};  ///< for purposes that are bound to a key, and for no other
    std::optional<SessionId> session{};                ///< the sign-in or family that it comes from: it ends with that
    std::chrono::milliseconds lifetime{};              ///< from now on
    std::optional<Time> not_before{};                  ///< now, when none is given
};

/// A token and what it says.
struct IssuedToken {
    crypto::Secret text;
    Claims claims;
};

namespace detail {

[[nodiscard]] Result<IssuedToken> issue(const PurposeRules& rules, const SigningKeys& keys, const Clock& clock,
                                        Random& random, const IssueRequest& request);
[[nodiscard]] Result<IssuedToken> issue(const PurposeRules& rules, const LocalKeys& keys, const Clock& clock,
                                        Random& random, const IssueRequest& request);

}  // namespace detail

/// Makes tokens of one purpose. *Threads*: safe from several threads. Borrows keys, clock and randomness.
template <Purpose P>
class Issuer final {
public:
    /// The kind of keys that the purpose's form wants.
    using Keys = std::conditional_t<P::rules.form == PasetoForm::v4_public, SigningKeys, LocalKeys>;

    Issuer(const Keys& keys, const Clock& clock, Random& random) noexcept
        : keys_{keys}, clock_{clock}, random_{random} {}
    Issuer(const Keys&& keys, const Clock& clock, Random& random) = delete;

    /// *Errors*: `invalid_argument` for a nil id, a lifetime that isn't within the purpose's, a beginning that isn't
    /// within the lifetime, a device's key too many or too few; `key_unknown` when no key issues at this time.
    [[nodiscard]] Result<IssuedToken> issue(const IssueRequest& request) const {
        return detail::issue(P::rules, keys_, clock_, random_, request);
    }

private:
    const Keys& keys_;
    const Clock& clock_;
    Random& random_;
};

}  // namespace safeq::token
