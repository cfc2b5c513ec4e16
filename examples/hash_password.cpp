// SPDX-License-Identifier: Apache-2.0
// Passwords: stored as Argon2id under a pepper, checked with three outcomes, renewed when the pepper changes.
#include <safeq/auth/hasher.hpp>
#include <safeq/crypto/random.hpp>

#include "example.hpp"

using namespace safeq;

Result<void> show() {
    crypto::SystemRandom random;
    // How many hashes are computed at a time: a flood of sign-ins holds seven times 64 MiB, and no more.
    auth::HashingBudget budget{auth::hashing_2026};

    // The pepper lies apart from the database, for example in a `store::KeyFolder`.
    const auth::PepperKey old_key = auth::PepperKey::random(random);
    const auth::PepperRing old_peppers{auth::Pepper{old_key}};
    const auth::Hasher hasher{auth::argon2id_2026, old_peppers, random, budget};

    // A `Secret` moves and is wiped; it can't be copied, printed or compared by accident.
    const crypto::Secret password = crypto::Secret::copy_of("correct horse battery staple");
    SAFEQ_TRY(const auth::PhcString stored, hasher.hash(password));
    fmt::print("stored: {}\n", stored.text());

    SAFEQ_TRY(const auth::PasswordCheck right, hasher.verify(stored, password));
    SAFEQ_TRY_VOID(example::claim("the password matches", right == auth::PasswordCheck::match));
    SAFEQ_TRY(const auth::PasswordCheck wrong, hasher.verify(stored, crypto::Secret::copy_of("incorrect horse")));
    SAFEQ_TRY_VOID(example::claim("another one does not", wrong == auth::PasswordCheck::mismatch));

    // Somebody who isn't there costs the same time, so that nobody can ask who exists.
    SAFEQ_TRY_VOID(hasher.verify_nobody("somebody", password));

    // From the database it comes back by `parse`, which refuses every string that `text` would not have written, and
    // costs that would exhaust this machine or protect nothing, before anything is computed.
    SAFEQ_TRY(const auth::PhcString again, auth::PhcString::parse(stored.text()));
    SAFEQ_TRY_VOID(example::claim("a stored string has one spelling", again == stored));
    SAFEQ_TRY_VOID(example::refused("a hash that asks for 4 GiB of memory",
                                    auth::PhcString::parse("$argon2id$v=19$m=4194304,t=3,p=4$"
                                                           "c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA"),
                                    Errc::weak_parameters));

    // A new pepper: old records still match, and ask to be stored anew at the next sign-in.
    auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(random)}};
    SAFEQ_TRY_VOID(peppers.add_previous(auth::Pepper{old_key}));
    const auth::Hasher newer{auth::argon2id_2026, peppers, random, budget};
    SAFEQ_TRY(const auth::PasswordCheck outdated, newer.verify(stored, password));
    switch (outdated) {
        case auth::PasswordCheck::mismatch: return fail(Errc::credential_wrong, "password");
        case auth::PasswordCheck::match: return fail(Errc::internal, "pepper", "it should have been outdated");
        case auth::PasswordCheck::match_needs_rehash: break;
    }
    SAFEQ_TRY(const auth::PhcString renewed, newer.hash(password));
    SAFEQ_TRY(const auth::PasswordCheck current, newer.verify(renewed, password));
    SAFEQ_TRY_VOID(example::claim("after a rehash it matches as it is", current == auth::PasswordCheck::match));

    // With the old pepper thrown away, "no such key" is an error, never "wrong password".
    const auth::PepperRing others{auth::Pepper{auth::PepperKey::random(random)}};
    const auth::Hasher stranger{auth::argon2id_2026, others, random, budget};
    SAFEQ_TRY_VOID(
        example::refused("a hash whose pepper is gone", stranger.verify(stored, password), Errc::key_unknown));

    // A PIN counts for one person of one tenant: the same digits of somebody else are another PIN.
    const SystemClock clock;
    const auth::PinOwner alice{TenantId::make(clock, random), SubjectId::make(clock, random)};
    const auth::PinOwner bob{alice.tenant, SubjectId::make(clock, random)};
    SAFEQ_TRY(const auth::Pin pin, auth::Pin::parse(crypto::Secret::copy_of("4711")));
    SAFEQ_TRY(const auth::PhcString stored_pin, newer.hash_pin(alice, pin));
    SAFEQ_TRY(const auth::PasswordCheck hers, newer.verify_pin(stored_pin, alice, pin));
    SAFEQ_TRY(const auth::PasswordCheck his, newer.verify_pin(stored_pin, bob, pin));
    return example::claim("a PIN is its owner's alone",
                          hers == auth::PasswordCheck::match && his == auth::PasswordCheck::mismatch);
}

int main() { return example::run(show); }
