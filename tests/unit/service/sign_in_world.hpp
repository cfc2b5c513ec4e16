// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/service/admin.hpp>
#include <safeq/service/sign_in.hpp>

#include <safeq/audit/schema.hpp>

#include "support/memory_audit.hpp"
#include "support/memory_auth.hpp"
#include "support/memory_jobs.hpp"
#include "support/random.hpp"

#include "memory_subject_key_maker.hpp"

namespace safeq::test {

using namespace std::chrono_literals;

/// A release server's sign-in and administration, with one device, without its interfaces.
struct SignInWorld {
    ManualClock clock{Time{1'800'000'000'000ms}};
    SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    InstanceId intake = InstanceId::make(clock, random);
    crypto::SigningKey log_key = crypto::SigningKey::generate(random);
    std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
    MemoryLogStore store{disk};
    std::unique_ptr<audit::Log> log = audit::Log::open(store, "release", log_key).value();
    MemorySubjectKeys subject_keys;
    MemorySubjectKeyMaker keys{subject_keys, random};
    service::Recorder recorder{{tenant, *log, &subject_keys, clock, random}};
    MemoryCredentialStore accounts;
    auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(random)}};
    auth::HashingBudget hashing{auth::hashing_2026};
    auth::Hasher hasher{auth::argon2id_2026, peppers, random, hashing};
    auth::PasswordRules password_rules{auth::password_limits_2026, nullptr, {"safeq"}};
    MemoryThrottleStore throttle_store;
    auth::SharedThrottle throttle{auth::throttle_2026, clock, throttle_store};
    auth::Authenticator authenticator{
        {.accounts = accounts, .hasher = hasher, .peppers = peppers, .throttle = throttle}};
    MemoryDevices devices;
    MemoryRepository repository;
    MemoryTokenStore tokens;
    token::PrintTokens print_tokens{tokens, clock, random};
    token::SessionManager sessions{tokens, clock, random, token::terminal_session_2026};
    service::CredentialOpener opener{crypto::XwingPrivateKey::generate(random), clock};
    service::SignIn sign_in{{tenant, authenticator, accounts, sessions, print_tokens, opener, recorder}};
    job::Jobs lifecycle{repository, recorder, clock, random};
    service::Admin admin{{tenant, accounts, hasher, peppers, password_rules, throttle, keys, devices, repository,
                          lifecycle, print_tokens, sessions, recorder, clock, random,
                          [](const job::Job&) { return Result<void>{}; }, [](const auto& act) { return act(); }}};
    job::Device mfd{.id = DeviceId::make(clock, random), .tenant = tenant, .name = "mfd", .factor_rule = "card"};

    service::NewUser alice() {
        return {.name = "alice",
                .display_name = {},
                .password = crypto::Secret::copy_of("correct horse battery"),
                .pin = {},
                .cards = {"04a1b2c3"}};
    }
    Result<service::SignedIn> at_device(const char* card) { return at_device(mfd, card); }
    Result<service::SignedIn> at_device(const job::Device& device, const char* card) {
        std::vector<auth::Factor> factors;
        factors.emplace_back(auth::GivenCard{"uid", card});
        return sign_in.open(device, "192.0.2.7", factors);
    }
    Result<service::Identity> at_intake(service::Shown shown, std::string_view secret,
                                        std::string address = "192.0.2.8") {
        return sign_in.identify(
            intake, service::seal_credential(opener.public_key(), {tenant, intake}, shown, "alice", std::move(address),
                                             crypto::Secret::copy_of(secret), clock, random)
                        .value());
    }
    audit::Record last() { return audit::decode(*log->entry(log->size() - 1)).value(); }
    void break_log() { disk->fail(0, MemoryDisk::Failure::clean); }
};

}  // namespace safeq::test
