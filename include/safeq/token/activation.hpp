// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/token/expiry.hpp>
#include <safeq/token/request_proof.hpp>
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
    TokenHash device_key;  ///< of the device that asked for the link, and is set up by it
    Time created{};
    Time expires{};

    friend bool operator==(const Activation&, const Activation&) = default;
};

/// A link's secret, which is given out this once, and what it is good for.
struct IssuedActivation {
    crypto::Secret text;
    Activation activation;
};

/// The secret as the device behind the link has posted it, with its key and the proof that the request comes from that
/// key's holder. A link that is only fetched, by a mail scanner or a preview, doesn't carry the secret: it stands in
/// the fragment, which browsers keep for themselves.
struct ShownActivation {
    std::string_view text;
    crypto::VerifyingKey device_key;
    RequestProof proof;
    RequestToSign request;
};

/// Issues and redeems activation links: each good for one redemption, by the device that asked for it. The device makes
/// its key and shows it when it asks; the link goes to the person, by mail or as a picture on another screen; opened on
/// the device that asked, it is redeemed with that device's key. So who reads the mail lacks the key, and who asks in
/// another's name lacks the mail. *Threads*: safe from several threads. Borrows store, clock and randomness.
class ActivationLinks final {
public:
    ActivationLinks(TokenStore& store, const Clock& clock, Random& random) noexcept
        : store_{store}, clock_{clock}, random_{random}, expiry_{clock, store} {}

    /// A new link for the device that asks; the person's earlier ones end in the same step. *Errors*:
    /// `invalid_argument` for a nil id or a lifetime that isn't within ten minutes; the store's.
    [[nodiscard]] Result<IssuedActivation> issue(TenantId tenant, SubjectId subject,
                                                 const crypto::VerifyingKey& device_key,
                                                 std::chrono::milliseconds lifetime);

    /// Spends a link, in one atomic step of the store: of any number of redemptions at a time, one succeeds.
    /// *Errors*: `malformed`, `not_canonical`; `signature_invalid` for a wrong proof; `credential_wrong` for a text
    /// that is no link of this tenant (spent ones too); `denied` for another device than the one that asked; `expired`,
    /// once, for then it is gone; the store's. None of the others spends it. Peers are told `denied`.
    [[nodiscard]] Result<Activation> redeem(const ShownActivation& shown, TenantId tenant);

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
