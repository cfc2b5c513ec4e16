// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/imported_hash.hpp>

#include <catch2/catch_test_macros.hpp>

#include <safeq/auth/hasher.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;

namespace {

constexpr std::string_view bcrypt_hash =
    "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";  // "correct horse"

crypto::Secret secret(std::string_view text) { return crypto::Secret::copy_of(text); }

struct Fixture {
    test::SeededRandom random;
    PepperKey key = PepperKey::random(random);
    PepperRing peppers{Pepper{key}};
    HashingBudget budget{{.concurrent = 1, .waiting = 0, .memory_kib = 512 * 1024}};
    Hasher hasher{argon2_floor, peppers, random, budget};
    ImportedHash imported = hasher.adopt(*ForeignHash::parse(bcrypt_hash));
};

Errc code(std::string_view text) {
    const auto parsed = ImportedHash::parse(text);
    REQUIRE_FALSE(parsed);
    return parsed.error().code;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an imported hash matches its password once, and asks for a new hash", "[auth]") {
    Fixture f;
    CHECK(f.budget.granted() == 0);
    CHECK(f.hasher.verify(f.imported, secret("correct horse")) == PasswordCheck::match_needs_rehash);
    CHECK(f.hasher.verify(f.imported, secret("correct horsf")) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify(f.imported, secret("")) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify(f.imported, secret(std::string_view{"correct horse\0", 14})) == PasswordCheck::mismatch);
    CHECK(f.hasher.verify(f.imported, secret(std::string(1025, 'x'))).error().code == Errc::too_large);
    CHECK(f.budget.granted() == 4);
    CHECK(f.budget.peak() == 1);
}

TEST_CASE("an imported hash is stored without the hash, and reads back", "[auth]") {
    Fixture f;
    const std::string text = f.imported.text();
    CHECK(text.starts_with("$import-bcrypt$v=1$c=4,keyid="));
    // Neither the bytes of the foreign hash nor its own spelling.
    CHECK_FALSE(text.contains("jydOTSfIH"));
    const auto stored = ImportedHash::parse(text);
    REQUIRE(stored);
    CHECK(*stored == f.imported);
    CHECK(stored->text() == text);
    CHECK(f.hasher.verify(*stored, secret("correct horse")) == PasswordCheck::match_needs_rehash);
    CHECK(ImportedHash::of(*ForeignHash::parse(bcrypt_hash), f.peppers.current()) == f.imported);
}

TEST_CASE("each part of an imported hash counts", "[auth]") {
    Fixture f;
    const std::string text = f.imported.text();
    for (const auto& [from, to] : {std::pair{"c=4", "c=5"}, std::pair{"import-bcrypt", "import-pbkdf2-sha256"},
                                   std::pair{"import-bcrypt", "import-ssha256"}}) {
        const auto changed = ImportedHash::parse(replaced(text, from, to));
        if (!changed) continue;  // out of that function's bounds
        CHECK(f.hasher.verify(*changed, secret("correct horse")) == PasswordCheck::mismatch);
    }
    const std::size_t tag = text.rfind('$') + 1;
    const auto changed = ImportedHash::parse(replaced(text, text.substr(tag, 2), text[tag] == 'A' ? "BB" : "AA"));
    REQUIRE(changed);
    CHECK(f.hasher.verify(*changed, secret("correct horse")) == PasswordCheck::mismatch);
}

TEST_CASE("without its pepper an imported hash says nothing", "[auth]") {
    Fixture f;
    const PepperRing other{Pepper{PepperKey::random(f.random)}};
    const Hasher stranger{argon2_floor, other, f.random, f.budget};
    CHECK(stranger.verify(f.imported, secret("correct horse")).error().code == Errc::key_unknown);
    PepperRing both{Pepper{PepperKey::random(f.random)}};
    REQUIRE(both.add_previous(Pepper{f.key}));
    const Hasher rotated{argon2_floor, both, f.random, f.budget};
    CHECK(rotated.verify(f.imported, secret("correct horse")) == PasswordCheck::match_needs_rehash);
}

TEST_CASE("what isn't an imported hash in its one spelling is refused", "[auth]") {
    Fixture f;
    const std::string text = f.imported.text();
    for (std::size_t cut = 0; cut < text.size(); ++cut) CHECK_FALSE(ImportedHash::parse(text.substr(0, cut)));
    CHECK(code(text + "A") != Errc::internal);
    CHECK(code(text + "=") == Errc::malformed);
    CHECK(code(text + "$") == Errc::malformed);
    CHECK(code(replaced(text, "v=1", "v=2")) == Errc::unsupported);
    CHECK(code(replaced(text, "v=1", "v=01")) == Errc::not_canonical);
    CHECK(code(replaced(text, "c=4", "c=04")) == Errc::not_canonical);
    CHECK(code(replaced(text, "c=4", "c=15")) == Errc::weak_parameters);
    CHECK(code(replaced(text, "c=4", "c=4294967296")) == Errc::weak_parameters);
    CHECK(code(replaced(text, "bcrypt", "bcrypt2")) == Errc::unsupported);
    CHECK(code(replaced(text, "import-bcrypt", "import-pbkdf2-sha512")) == Errc::weak_parameters);
    CHECK(code(replaced(text, ",keyid=", ",keyid=A")) != Errc::internal);
    CHECK(code(replaced(text, "c=4,", "c=4,c=4,")) == Errc::malformed);
    CHECK(code(std::string(257, '$')) == Errc::too_large);
    CHECK(code(bcrypt_hash) == Errc::unsupported);
}

TEST_CASE("a stored password is ours or imported", "[auth]") {
    Fixture f;
    const StoredPassword own = *f.hasher.hash(secret("correct horse"));
    const StoredPassword imported = f.imported;
    CHECK((own.own() != nullptr && own.imported() == nullptr));
    CHECK((imported.own() == nullptr && imported.imported() != nullptr));
    CHECK(*StoredPassword::parse(own.text()) == own);
    CHECK(*StoredPassword::parse(imported.text()) == imported);
    CHECK_FALSE(own == imported);
    CHECK(StoredPassword::parse(bcrypt_hash).error().code == Errc::unsupported);
    CHECK(StoredPassword::parse("").error().code == Errc::malformed);
}
