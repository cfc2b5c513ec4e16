// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <safeq/auth/account.hpp>
#include <safeq/auth/factor.hpp>
#include <safeq/auth/hasher.hpp>
#include <safeq/auth/throttle.hpp>

namespace safeq::auth {

/// A user's name and a password, as typed.
struct GivenPassword {
    std::string name;
    crypto::Secret password;
};
/// A PIN, as typed; it doesn't say whose.
struct GivenPin {
    crypto::Secret digits;
};
/// A card, as a reader tells of it.
struct GivenCard {
    std::string type;
    std::string uid;  ///< hexadecimal
};
/// Whom a token names that the caller has verified already.
struct GivenToken {
    SubjectId subject;
};

/// A factor as someone presents it, not checked in any way.
using Factor = std::variant<GivenCard, GivenPassword, GivenPin, GivenToken>;

/// What kind of proof this is.
[[nodiscard]] FactorKind kind_of(const Factor& factor) noexcept;

/// Whom the throttle counts passwords of this name for that aren't judged by an account here: nobody's, and those of
/// which a directory is asked; the same for every spelling in capitals.
[[nodiscard]] std::string counted_by_name(std::string_view name);

/// Someone who has proved who they are.
struct Authenticated {
    TenantId tenant;
    SubjectId subject;
    std::string name;
    std::optional<std::string> display_name;
    FactorSet factors;                           ///< what was given; all of it was right
    std::optional<std::uint64_t> revision = {};  ///< of the account that was judged; none where it is the directory's
};

/// What a peer may learn of a failed sign-in: `busy` (which says nothing about anybody) stays, every other identity
/// code becomes `denied` without a detail; faults of ours become `unavailable`.
[[nodiscard]] Error for_peer(const Error& error);

/// Decides who someone is, by what they present and what the place asks for.
/// Everything presented must be right and belong to one account. Existing and unknown names, cards, and accounts
/// without the factor cost the same: one Argon2id computation for each password and PIN presented, none while
/// throttled. What is stored with older costs or peppers is renewed on the way.
/// *Threads*: safe from several threads; blocks for hashing and for the ports.
class Authenticator final {
public:
    /// What it decides by; all of it must outlive the authenticator.
    struct Parts {
        CredentialStore& accounts;
        const Hasher& hasher;
        const PepperRing& peppers;
        SharedThrottle& throttle;
        /// Asked for names that have no password here, unless a card or token beside it says another name; none where
        /// null.
        Directory* directory = nullptr;
    };

    explicit Authenticator(const Parts& parts) noexcept : parts_{parts} {}

    /// *Errors*: `factor_missing` when the rule isn't met; `credential_wrong` for everything that is wrong, the detail
    /// says what (for the log only); `throttled`; `busy`; `invalid_argument` for two factors of one kind; the ports'.
    [[nodiscard]] Result<Authenticated> authenticate(TenantId tenant, const Origin& origin,
                                                     std::span<const Factor> factors, const FactorRule& rule) const;

private:
    Parts parts_;
};

}  // namespace safeq::auth
