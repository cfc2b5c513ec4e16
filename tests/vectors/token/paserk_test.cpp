// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paserk.hpp>

#include <safeq/token/paserk_password.hpp>
#include <safeq/token/paserk_wrap.hpp>

#include "support/fixed_random.hpp"
#include "vectors/token/vectors.hpp"

using namespace safeq;
using namespace safeq::token;
using nlohmann::json;
using test::each_paseto_vector;
using test::hex;
using test::must_fail;
using test::Ran;
using test::text;

namespace {

// A signing key as these vectors write it: seed, then public key.
Result<crypto::SigningKey> signing_key(const json& text) {
    return parse_signing_key("k4.secret." + to_base64url(hex(text)));
}

std::string shown(const crypto::Secret& secret) { return std::string{as_text(secret.expose())}; }

// The last part of a PASERK, decoded.
Bytes payload(const std::string& paserk) {
    const auto bytes = from_base64url(std::string_view{paserk}.substr(paserk.rfind('.') + 1));
    REQUIRE(bytes);
    return *bytes;
}

// The password is the text as it stands, also where it looks like hexadecimal.
crypto::Secret password(const json& vector) { return crypto::Secret::copy_of(text(vector, "password")); }

}  // namespace

TEST_CASE("PASERK k4.local", "[token]") {
    const Ran ran = each_paseto_vector("k4.local.json", [](const json& vector) {
        const auto key = parse_local_key(text(vector, "paserk"));
        REQUIRE(key.has_value() != must_fail(vector));
        if (!key) return;
        CHECK(same_bytes(key->expose(), hex(vector.at("key"))));
        CHECK(shown(unsafe_key_text(*key)) == text(vector, "paserk"));
    });
    CHECK(ran == Ran{.good = 3, .failing = 2});
}

TEST_CASE("PASERK k4.secret", "[token]") {
    const Ran ran = each_paseto_vector("k4.secret.json", [](const json& vector) {
        const auto key = signing_key(vector.at("key"));
        REQUIRE(key.has_value() != must_fail(vector));
        if (!key) return;
        CHECK(to_hex(key->verifying_key().bytes) == text(vector, "public-key"));
        CHECK(to_hex(key->seed().expose()) == text(vector, "secret-key-seed"));
        CHECK(shown(unsafe_key_text(*key)) == text(vector, "paserk"));
        CHECK(parse_signing_key(text(vector, "paserk")));
    });
    CHECK(ran == Ran{.good = 3, .failing = 2});
}

TEST_CASE("PASERK k4.public", "[token]") {
    const Ran ran = each_paseto_vector("k4.public.json", [](const json& vector) {
        const auto key = crypto::VerifyingKey::from(hex(vector.at("key")));
        REQUIRE(key.has_value() != must_fail(vector));
        if (!key) return;
        CHECK(key_text(*key) == text(vector, "paserk"));
        CHECK(parse_verifying_key(text(vector, "paserk")) == *key);
    });
    CHECK(ran == Ran{.good = 3, .failing = 1});
}

TEST_CASE("PASERK ids", "[token]") {
    const auto check_id = [](const KeyId& id, KeyIdKind kind, const json& vector) {
        CHECK(id.kind() == kind);
        CHECK(id.text() == text(vector, "paserk"));
        CHECK(KeyId::parse(text(vector, "paserk")) == id);
    };
    const Ran lid = each_paseto_vector("k4.lid.json", [&](const json& vector) {
        const auto key = LocalKey::from(hex(vector.at("key")));
        REQUIRE(key.has_value() != must_fail(vector));
        if (key) check_id(KeyId::of(*key), KeyIdKind::lid, vector);
    });
    CHECK(lid == Ran{.good = 3, .failing = 1});
    const Ran sid = each_paseto_vector("k4.sid.json", [&](const json& vector) {
        const auto key = signing_key(vector.at("key"));
        REQUIRE(key.has_value() != must_fail(vector));
        if (key) check_id(KeyId::of(*key), KeyIdKind::sid, vector);
    });
    CHECK(sid == Ran{.good = 3, .failing = 1});
    const Ran pid = each_paseto_vector("k4.pid.json", [&](const json& vector) {
        const auto key = crypto::VerifyingKey::from(hex(vector.at("key")));
        REQUIRE(key.has_value() != must_fail(vector));
        if (key) check_id(KeyId::of(*key), KeyIdKind::pid, vector);
    });
    CHECK(pid == Ran{.good = 3, .failing = 2});
}

TEST_CASE("PASERK k4.local-wrap.pie", "[token]") {
    const Ran ran = each_paseto_vector("k4.local-wrap.pie.json", [](const json& vector) {
        const auto under = PaserkWrappingKey::from(hex(vector.at("wrapping-key")));
        REQUIRE(under);
        const auto wrapped = WrappedKey::parse(text(vector, "paserk"));
        if (must_fail(vector)) {
            CHECK_FALSE((wrapped && wrapped->unwrap_local(*under)));
            return;
        }
        REQUIRE(wrapped);
        CHECK(wrapped->text() == text(vector, "paserk"));
        const auto key = wrapped->unwrap_local(*under);
        REQUIRE(key);
        CHECK(same_bytes(key->expose(), hex(vector.at("unwrapped"))));
        CHECK_FALSE(wrapped->unwrap_signing(*under));
        test::FixedRandom nonce{ByteView{payload(text(vector, "paserk"))}.subspan(32, 32)};
        CHECK(WrappedKey::wrap(*under, *key, nonce).text() == text(vector, "paserk"));
    });
    CHECK(ran == Ran{.good = 2, .failing = 2});
}

TEST_CASE("PASERK k4.secret-wrap.pie", "[token]") {
    const Ran ran = each_paseto_vector("k4.secret-wrap.pie.json", [](const json& vector) {
        const auto under = PaserkWrappingKey::from(hex(vector.at("wrapping-key")));
        REQUIRE(under);
        const auto wrapped = WrappedKey::parse(text(vector, "paserk"));
        if (must_fail(vector)) {
            CHECK_FALSE((wrapped && wrapped->unwrap_signing(*under)));
            return;
        }
        REQUIRE(wrapped);
        CHECK(wrapped->text() == text(vector, "paserk"));
        const auto key = wrapped->unwrap_signing(*under);
        REQUIRE(key);
        CHECK(to_hex(key->seed().expose()) + to_hex(key->verifying_key().bytes) == text(vector, "unwrapped"));
        CHECK_FALSE(wrapped->unwrap_local(*under));
        test::FixedRandom nonce{ByteView{payload(text(vector, "paserk"))}.subspan(32, 32)};
        CHECK(WrappedKey::wrap(*under, *key, nonce).text() == text(vector, "paserk"));
    });
    CHECK(ran == Ran{.good = 2, .failing = 2});
}

TEST_CASE("PASERK k4.local-pw", "[token]") {
    const Ran ran = each_paseto_vector("k4.local-pw.json", [](const json& vector) {
        const auto wrapped = PasswordWrappedKey::parse(text(vector, "paserk"));
        if (must_fail(vector)) {
            CHECK_FALSE((wrapped && wrapped->unwrap_local(password(vector), password_wrap_bounds_2026)));
            return;
        }
        REQUIRE(wrapped);
        CHECK(wrapped->text() == text(vector, "paserk"));
        CHECK(wrapped->cost().memory_bytes == vector.at("options").at("memlimit"));
        CHECK(wrapped->cost().passes == vector.at("options").at("opslimit"));
        const auto key = wrapped->unwrap_local(password(vector), password_wrap_bounds_2026);
        REQUIRE(key);
        CHECK(same_bytes(key->expose(), hex(vector.at("unwrapped"))));
        const Bytes drawn = payload(text(vector, "paserk"));
        test::FixedRandom random{ByteView{drawn}.first(16), ByteView{drawn}.subspan(32, 24)};
        const auto again = PasswordWrappedKey::wrap(password(vector), wrapped->cost(), *key, random);
        REQUIRE(again);
        CHECK(again->text() == text(vector, "paserk"));
    });
    CHECK(ran == Ran{.good = 3, .failing = 3});
}

TEST_CASE("PASERK k4.secret-pw", "[token]") {
    const Ran ran = each_paseto_vector("k4.secret-pw.json", [](const json& vector) {
        const auto wrapped = PasswordWrappedKey::parse(text(vector, "paserk"));
        if (must_fail(vector)) {
            CHECK_FALSE((wrapped && wrapped->unwrap_signing(password(vector), password_wrap_bounds_2026)));
            return;
        }
        REQUIRE(wrapped);
        CHECK(wrapped->text() == text(vector, "paserk"));
        const auto key = wrapped->unwrap_signing(password(vector), password_wrap_bounds_2026);
        REQUIRE(key);
        CHECK(to_hex(key->seed().expose()) + to_hex(key->verifying_key().bytes) == text(vector, "unwrapped"));
        const Bytes drawn = payload(text(vector, "paserk"));
        test::FixedRandom random{ByteView{drawn}.first(16), ByteView{drawn}.subspan(32, 24)};
        const auto again = PasswordWrappedKey::wrap(password(vector), wrapped->cost(), *key, random);
        REQUIRE(again);
        CHECK(again->text() == text(vector, "paserk"));
    });
    CHECK(ran == Ran{.good = 3, .failing = 3});
}

TEST_CASE("PASERK k4.seal is out of scope, and refused", "[token]") {
    int excluded = 0;
    const json all = test::read_json("paseto/k4.seal.json");
    for (const auto& vector : all.at("tests")) {
        const std::string paserk = text(vector, "paserk");
        CHECK_FALSE(parse_local_key(paserk));
        CHECK_FALSE(parse_signing_key(paserk));
        CHECK_FALSE(parse_verifying_key(paserk));
        CHECK_FALSE(KeyId::parse(paserk));
        CHECK_FALSE(WrappedKey::parse(paserk));
        CHECK_FALSE(PasswordWrappedKey::parse(paserk));
        ++excluded;
    }
    CHECK(excluded == 4);
}
