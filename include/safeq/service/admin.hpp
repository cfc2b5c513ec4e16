// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <safeq/auth/account.hpp>
#include <safeq/auth/hasher.hpp>
#include <safeq/auth/password_rules.hpp>
#include <safeq/auth/throttle.hpp>
#include <safeq/job/device.hpp>
#include <safeq/job/lifecycle.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/token/print_token.hpp>
#include <safeq/token/session.hpp>

namespace safeq::service {

/// Port: makes and destroys the key under which a person's names and titles are sealed.
class SubjectKeyMaker {
public:
    virtual ~SubjectKeyMaker() = default;
    /// A new key for a person, durable when it returns. *Errors*: `already_exists`; those of storage.
    [[nodiscard]] virtual Result<void> create(SubjectId subject) = 0;
    /// Destroys it for good; one that is destroyed already is no error. *Errors*: `key_unknown`; those of storage.
    [[nodiscard]] virtual Result<void> destroy(SubjectId subject) = 0;

protected:
    SubjectKeyMaker() = default;
    SubjectKeyMaker(const SubjectKeyMaker&) = default;
    SubjectKeyMaker& operator=(const SubjectKeyMaker&) = default;
};

/// A person to be added, with at least one factor.
struct NewUser {
    std::string name;
    std::optional<std::string> display_name;
    std::optional<crypto::Secret> password;
    std::optional<crypto::Secret> pin;
    std::vector<std::string> cards;  ///< as `auth::Card::parse` takes them: "04a1b2c3", "mifare:04a1b2c3"
};

/// What is to be different about a person; what isn't named stays.
struct UserChange {
    std::optional<std::string> display_name;  ///< empty: they have none
    std::optional<crypto::Secret> password;
    std::optional<crypto::Secret> pin;
    bool without_password = false;                  ///< takes it away; with `password`, which is then not looked at
    bool without_pin = false;                       ///< likewise
    std::optional<std::vector<std::string>> cards;  ///< all that they have from now on; as in `NewUser`
    std::optional<bool> disabled;                   ///< whether they are kept from signing in
};

/// A device to be added, and by what it and its terminal are known.
struct NewDevice {
    DeviceId id;  ///< made by who issued its terminal's certificate
    std::string name;
    std::string uri;
    std::variant<job::CertificatePin, job::CertificateAuthority> trust;
    job::CertificateFingerprint terminal;
    std::string factor_rule;
};

/// What is to be different about a device; what isn't named stays.
struct DeviceChange {
    std::optional<std::string> uri;
    std::optional<job::CertificateFingerprint> key_pin;  ///< in place of the key or authority before
    std::optional<std::string> authority;                ///< likewise, in PEM; not with `key_pin`
    std::optional<std::string> crl;  ///< the lists of its authority, all that it has from now on; empty for none
    std::optional<job::CertificateFingerprint> terminal;
    std::optional<std::string> factor_rule;
};

/// What an operator does: people, devices, print tokens. Nothing here reads a document or a title; every change is
/// recorded before it is made. `who` is a name or, where nobody and nothing has that name, an id. *Threads*: safe from
/// several threads; blocks for hashing and stores.
class Admin final {
public:
    /// What the operator's acts need; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        auth::CredentialStore& accounts;
        const auth::Hasher& hasher;
        const auth::PepperRing& peppers;
        const auth::PasswordRules& password_rules;
        auth::SharedThrottle& throttle;
        SubjectKeyMaker& subjects;
        job::DeviceStore& devices;
        job::Repository& repository;
        job::Jobs& lifecycle;
        token::PrintTokens& print_tokens;
        token::SessionManager& sessions;
        Recorder& recorder;
        const Clock& clock;
        Random& random;
        /// Deletes the files of a job that has ended: `ReleaseDesk::discard`.
        std::function<Result<void>(const job::Job&)> discard;
        /// Runs the last steps of an erasure while no job is being taken over: `Custody::undisturbed`.
        std::function<Result<void>(const std::function<Result<void>()>&)> undisturbed;
        /// Ends what else lets somebody in that the owner of this object gives out, such as
        /// `RefreshTokens::revoke_all`, `ActivationLinks::revoke_all` and `RevocationList::revoke`: where they are
        /// signed out. May be empty.
        std::function<Result<void>(SubjectId)> end_others = {};
    };

    explicit Admin(Parts parts) noexcept : parts_{std::move(parts)} {}

    /// The password must be good to sign in by itself, because at printers it does.
    /// *Errors*: `already_exists` for the name or a card; `invalid_argument` without any factor; those of the checks.
    [[nodiscard]] Result<auth::Account> add_user(NewUser user);
    /// Gives a person other factors, as when a card is lost or a PIN forgotten, or keeps them from signing in for a
    /// while. Who was signed in by what they had before is signed out at every device; print tokens stay good, but for
    /// one who is disabled. *Errors*: `not_found`; `already_exists` for a card; `invalid_argument` when nothing is
    /// named, or nothing would be left to sign in with; `key_destroyed` for who is erased; those of the checks;
    /// `log_unavailable`.
    [[nodiscard]] Result<auth::Account> change_user(std::string_view who, const UserChange& change);
    /// Adds everybody of a file of names and password hashes of another system, or nobody: see
    /// `auth::parse_import_file`. Their first sign-in hashes the password anew. The number of people. *Errors*: those
    /// of the file, each with its line; `already_exists` with the line; `log_unavailable`.
    [[nodiscard]] Result<std::size_t> import_users(std::string_view file);
    /// Every account, by name; erased ones too.
    [[nodiscard]] Result<std::vector<auth::Account>> users();

    /// Lets the throttle forget the failed sign-ins of a person, so that they get in again at places that are new to
    /// them; where they failed themselves, they wait out. *Errors*: `not_found`; `log_unavailable`.
    [[nodiscard]] Result<SubjectId> unlock_user(std::string_view who);

    /// Erases a person: signs them out, revokes their print tokens, empties their account, which stays
    /// under a name made of the subject id, deletes what waits for them, also where nobody knows whether it printed,
    /// and destroys their key. What any log, database or backup holds about them can't be read afterwards; the logs
    /// still verify. What was begun is marked before it is recorded, and finished by `finish_erasures` where it
    /// failed half way; it may be repeated by hand, too, by the subject id. *Errors*: `not_found`; `conflict`
    /// while a job of theirs is on its way to a device or restricted, and then nothing is done; `log_unavailable`.
    [[nodiscard]] Result<SubjectId> erase_user(std::string_view who);
    /// Finishes every erasure that was begun: to be called at a start, before anybody is served, and now and then, for
    /// one may have to wait for a job as `erase_user` has it. *Errors*: of the first that couldn't be finished; the
    /// others are.
    [[nodiscard]] Result<void> finish_erasures();

    /// A new token for that person, which ends after `lifetime` or, without one, only when it is revoked. One that
    /// can't be recorded is revoked at once. *Errors*: `not_found`; those of `token::PrintTokens::issue`;
    /// `log_unavailable`.
    [[nodiscard]] Result<token::IssuedPrintToken> issue_print_token(std::string_view who, std::string_view label,
                                                                    std::optional<std::chrono::days> lifetime);
    /// The person's tokens that are still good. *Errors*: `not_found`.
    [[nodiscard]] Result<std::vector<token::PrintToken>> print_tokens(std::string_view who);
    /// Ends a token of that person that is still good. *Errors*: `not_found`, also for another's, and then nothing is
    /// recorded; `log_unavailable`, and then it is still good.
    [[nodiscard]] Result<void> revoke_print_token(std::string_view who, token::TokenId id);

    /// *Errors*: `already_exists` for the id, the name or the terminal; those of `job::check`, of the factor rule and
    /// of `tls::TrustAnchors::from_pem`; `log_unavailable`.
    [[nodiscard]] Result<job::Device> add_device(NewDevice device);
    /// Gives a device another address, trust, terminal or rule: from the next delivery on, and from the
    /// next sign-in. With another terminal or rule, who is signed in there is signed out. *Errors*: `not_found`;
    /// `already_exists` for the terminal; `invalid_argument` when nothing is named, for lists of a device whose key is
    /// pinned, and for another authority without a word on the lists of the one before; as `add_device`.
    [[nodiscard]] Result<job::Device> change_device(std::string_view who, const DeviceChange& change);
    /// Puts other revocation lists of a device's authorities in place of those that it has; empty for none.
    /// *Errors*: as `change_device`.
    [[nodiscard]] Result<job::Device> set_device_crl(std::string_view who, std::string crl);
    /// Removes a device and closes the sessions at it: its terminal is known no more. *Errors*:
    /// `not_found`; `conflict` while a job is on its way to it, and then nothing is done; `log_unavailable`.
    [[nodiscard]] Result<job::Device> remove_device(std::string_view who);
    /// Every device.
    [[nodiscard]] Result<std::vector<job::Device>> devices();

    /// Jobs in one of these states, oldest first, at most `limit`.
    [[nodiscard]] Result<std::vector<job::Job>> jobs(job::StateSet states, std::size_t limit);
    /// The job, whosever it is. *Errors*: `not_found`.
    [[nodiscard]] Result<job::Job> job(JobId id);
    /// Gives up a job that waits, and deletes its documents; one of which nobody knows whether it printed is its
    /// owner's. *Errors*: as `job::Jobs::cancel_as_operator`.
    [[nodiscard]] Result<job::Job> cancel_job(JobId id);
    /// Restricts the processing of a job (GDPR, article 18), or lifts that: see `job::Jobs::restrict_processing`.
    /// *Errors*: as there; `log_unavailable`.
    [[nodiscard]] Result<job::Job> restrict_job(JobId id, bool restricted);

private:
    [[nodiscard]] Result<auth::Account> find_account(std::string_view who);
    [[nodiscard]] Result<void> sign_out(SubjectId subject);
    [[nodiscard]] Result<void> set_password(auth::Account& account, const crypto::Secret& password) const;
    [[nodiscard]] Result<void> set_pin(auth::Account& account, const crypto::Secret& digits) const;
    [[nodiscard]] Result<void> set_cards(auth::Account& account, const std::vector<std::string>& cards) const;
    [[nodiscard]] Result<void> check_erasable(SubjectId subject);
    [[nodiscard]] Result<void> end_jobs(SubjectId subject);
    [[nodiscard]] Result<job::Device> find_device(std::string_view who);
    [[nodiscard]] Result<void> check_device(const job::Device& device);
    [[nodiscard]] Result<void> erase(const auth::Account& account);

    Parts parts_;
    std::mutex accounts_;  // held from reading an account to writing it
    std::mutex devices_;   // likewise of a device
};

}  // namespace safeq::service
