// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <safeq/auth/account.hpp>
#include <safeq/auth/hasher.hpp>
#include <safeq/job/device.hpp>
#include <safeq/job/lifecycle.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/token/print_token.hpp>

namespace safeq::service {

/// Port: makes the key under which a person's names and titles are sealed.
class SubjectKeyMaker {
public:
    virtual ~SubjectKeyMaker() = default;
    /// A new key for a person, durable when it returns. *Errors*: `already_exists`; those of storage.
    [[nodiscard]] virtual Result<void> create(SubjectId subject) = 0;

protected:
    SubjectKeyMaker() = default;
    SubjectKeyMaker(const SubjectKeyMaker&) = default;
    SubjectKeyMaker& operator=(const SubjectKeyMaker&) = default;
};

struct NewUser {
    std::string name;
    std::optional<std::string> display_name;
    std::optional<crypto::Secret> password;
    std::optional<crypto::Secret> pin;
    std::vector<std::string> cards;  ///< UIDs in hexadecimal
};

struct NewDevice {
    DeviceId id;  ///< made by who issued its terminal's certificate
    std::string name;
    std::string uri;
    std::variant<job::CertificatePin, job::CertificateAuthority> trust;
    job::CertificateFingerprint terminal;
    std::string factor_rule;
};

/// What an operator does: people, devices, print tokens. Nothing here reads a document or a title; every change is
/// recorded before it is made. *Threads*: safe from several threads; blocks for hashing and stores.
class Admin final {
public:
    struct Parts {
        TenantId tenant;
        auth::CredentialStore& accounts;
        const auth::Hasher& hasher;
        const auth::PepperRing& peppers;
        SubjectKeyMaker& subjects;
        job::DeviceStore& devices;
        job::Repository& repository;
        token::PrintTokens& print_tokens;
        Recorder& recorder;
        const Clock& clock;
        Random& random;
    };

    explicit Admin(const Parts& parts) noexcept : parts_{parts} {}

    /// *Errors*: `already_exists` for the name or a card; `invalid_argument` without any factor; those of the checks.
    [[nodiscard]] Result<auth::Account> add_user(NewUser user);
    [[nodiscard]] Result<std::vector<auth::Account>> users();

    [[nodiscard]] Result<token::IssuedPrintToken> issue_print_token(std::string_view user, std::string_view label,
                                                                    std::optional<std::chrono::days> lifetime);
    [[nodiscard]] Result<std::vector<token::PrintToken>> print_tokens(std::string_view user);
    [[nodiscard]] Result<void> revoke_print_token(std::string_view user, token::TokenId id);

    /// *Errors*: `already_exists`; those of `job::check` and of the factor rule.
    [[nodiscard]] Result<job::Device> add_device(NewDevice device);
    [[nodiscard]] Result<std::vector<job::Device>> devices();

    /// Jobs in one of these states, oldest first, at most `limit`.
    [[nodiscard]] Result<std::vector<job::Job>> jobs(job::StateSet states, std::size_t limit);
    [[nodiscard]] Result<job::Job> job(JobId id);

private:
    Parts parts_;
};

}  // namespace safeq::service
