// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/token/expiry.hpp>
#include <safeq/token/store.hpp>

namespace safeq::token {

/// How long an activation link is good.
inline constexpr std::chrono::milliseconds activation_2026 = std::chrono::minutes{10};
inline constexpr std::chrono::milliseconds max_activation_lifetime = std::chrono::minutes{10};
static_assert(activation_2026 <= max_activation_lifetime);

/// What an activation link makes its bearer: someone who may set up a mobile terminal of this person.
struct Activation {
    TokenId id;
    TenantId tenant;
    SubjectId subject;
    Time created{};
    Time expires{};

    friend bool operator==(const Activation&, const Activation&) = default;
};

/// A link's secret, which is given out this once, and what it is good for.
struct IssuedActivation {
    crypto::Secret text;
    Activation activation;
};

/// The secret as the page behind the link has posted it. A link that is only fetched, by a mail scanner or a preview,
/// doesn't carry it: it stands in the fragment, which browsers keep for themselves.
struct PostedSecret {
    std::string_view text;
};

/// Issues and redeems activation links: each good for one redemption. *Threads*: safe from several threads. Borrows
/// store, clock and randomness.
class ActivationLinks final {
public:
    ActivationLinks(TokenStore& store, const Clock& clock, Random& random) noexcept
        : store_{store}, clock_{clock}, random_{random}, expiry_{clock, store} {}

    /// A new link; the person's earlier ones end. *Errors*: `invalid_argument` for a nil id or a lifetime that isn't
    /// within ten minutes; the store's.
    [[nodiscard]] Result<IssuedActivation> issue(TenantId tenant, SubjectId subject,
                                                 std::chrono::milliseconds lifetime);

    /// Spends a link, in one atomic step of the store: of any number of redemptions at a time, one succeeds.
    /// *Errors*: `malformed`, `not_canonical`; `credential_wrong` for a text that is no link of this tenant (spent
    /// ones too); `expired`, once; the store's. Peers are told `denied`.
    [[nodiscard]] Result<Activation> redeem(PostedSecret secret, TenantId tenant);

    /// Ends a person's links; returns how many.
    [[nodiscard]] Result<std::size_t> revoke_all(TenantId tenant, SubjectId subject);

private:
    TokenStore& store_;
    const Clock& clock_;
    Random& random_;
    ExpiryClock expiry_;
};

/// The link: the page's address and the secret in the fragment. *Errors*: `invalid_argument` when the address has a
/// fragment or isn't `https://`.
[[nodiscard]] Result<crypto::Secret> format_activation_link(std::string_view page, const crypto::Secret& text);

}  // namespace safeq::token
