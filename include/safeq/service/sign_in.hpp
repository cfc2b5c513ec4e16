// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <span>
#include <string>

#include <safeq/auth/authenticator.hpp>
#include <safeq/job/device.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/service/sealed_credential.hpp>
#include <safeq/token/print_token.hpp>
#include <safeq/token/session.hpp>

namespace safeq::service {

/// Someone who has just signed in at a device.
struct SignedIn {
    crypto::Secret session;  ///< what the terminal shows from now on
    std::string user_name;
    Time expires;
};

/// Whose jobs a listener may take in.
struct Identity {
    SubjectId subject;
    std::string user_name;
};

/// Somebody known costs a few more look-ups than somebody unknown: where no hash hides that, because the throttle
/// turned the attempt away, the answer waits until this long after the request came.
inline constexpr std::chrono::milliseconds throttled_answer{50};

/// When the refusal of a sign-in may be told, after its request has been read: zero where hashing took its time, or
/// nothing was looked up.
[[nodiscard]] std::chrono::milliseconds not_before(const Error& refusal) noexcept;

/// Who is it? At a device by its factor rule, at a listener by what its intake sealed to us.
/// *Threads*: safe from several threads; blocks for hashing and stores.
class SignIn final {
public:
    /// What signing in needs; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        const auth::Authenticator& authenticator;
        auth::CredentialStore& accounts;
        token::SessionManager& sessions;
        token::PrintTokens& print_tokens;
        CredentialOpener& opener;
        Recorder& recorder;
    };

    explicit SignIn(const Parts& parts) noexcept : parts_{parts} {}

    /// *Errors*: those of `auth::Authenticator::authenticate`, recorded but for attempts that the throttle or the
    /// budget turned away; `revoked` where the account was changed or disabled meanwhile; `log_unavailable`. A card
    /// that signs in while its owner is signed in at another device raises an alarm in the log, which names both, and
    /// is let in.
    [[nodiscard]] Result<SignedIn> open(const job::Device& device, std::string address,
                                        std::span<const auth::Factor> factors);

    /// The session of this text at this device. *Errors*: as `token::SessionManager::check`.
    [[nodiscard]] Result<token::Session> check(std::string_view session, const job::Device& device);

    /// The revision of somebody's account; none where the account is only in a directory. By it, who does several
    /// things in a row knows whether they may go on. *Errors*: `revoked` where it is disabled; the store's.
    [[nodiscard]] Result<std::optional<std::uint64_t>> standing(SubjectId subject);

    /// Ends the session of this text at this device. *Errors*: as `check`.
    [[nodiscard]] Result<void> close(std::string_view session, const job::Device& device);

    /// Who showed this credential at the intake that sealed it. *Errors*: `denied` for another tenant or intake, those
    /// of `CredentialOpener::open`, of the authenticator and of print tokens; `revoked` for a disabled account;
    /// `log_unavailable`. Recorded, but for what anybody could send without end: attempts that the throttle or the
    /// budget turned away, and tokens that never were.
    [[nodiscard]] Result<Identity> identify(InstanceId intake, const SealedCredential& sealed);

private:
    [[nodiscard]] Result<void> still_stands(const auth::Authenticated& who, SignInPlace place);
    [[nodiscard]] Result<void> tell_of_concurrent_use(SubjectId subject, DeviceId here);
    [[nodiscard]] Result<Identity> recorded(SignInMethod method, std::string_view factor, Result<Identity> who);
    [[nodiscard]] Result<Identity> identify_password(const SealedCredential& sealed, crypto::Secret password);
    [[nodiscard]] Result<Identity> identify_token(const crypto::Secret& token);

    Parts parts_;
};

}  // namespace safeq::service
