// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paserk.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;

namespace {

std::string shown(const crypto::Secret& secret) { return std::string{as_text(secret.expose())}; }

template <class T>
Errc refused(const Result<T>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
}

}  // namespace

TEST_CASE("ids of the official vectors k4.lid-2, k4.sid-2 and k4.pid-2", "[token]") {
    const Bytes bytes = *from_hex("707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f");
    CHECK(KeyId::of(*crypto::VerifyingKey::from(bytes)).text() ==
          "k4.pid.9ShR3xc8-qVJ_di0tc9nx0IDIqbatdeM2mqLFBJsKRHs");
    const auto signer = crypto::SigningKey::from_seed(*crypto::SigningSeed::from(bytes));
    CHECK(KeyId::of(signer).text() == "k4.sid.gHYyx8y5YzqKEZeYoMDqUOKejdSnY_AWhYZiSCMjR1V5");
    CHECK(shown(unsafe_key_text(*LocalKey::from(bytes))) == "k4.local.cHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHiImKi4yNjo8");
}

TEST_CASE("keys and ids are read back as they were written", "[token]") {
    test::SeededRandom random;
    const LocalKey local = LocalKey::random(random);
    const auto signer = crypto::SigningKey::generate(random);
    const crypto::Secret local_text = unsafe_key_text(local);
    const crypto::Secret signer_text = unsafe_key_text(signer);

    const auto local_again = parse_local_key(as_text(local_text.expose()));
    REQUIRE(local_again);
    CHECK(same_bytes(local_again->expose(), local.expose()));
    const auto signer_again = parse_signing_key(as_text(signer_text.expose()));
    REQUIRE(signer_again);
    CHECK(signer_again->verifying_key() == signer.verifying_key());
    CHECK(parse_verifying_key(key_text(signer.verifying_key())) == signer.verifying_key());

    for (const KeyId& id : {KeyId::of(local), KeyId::of(signer), KeyId::of(signer.verifying_key())}) {
        CHECK(id.text().size() == KeyId::text_bytes);
        CHECK(KeyId::parse(id.text()) == id);
    }
    CHECK(KeyId::of(local).kind() == KeyIdKind::lid);
    CHECK(KeyId::of(signer).kind() == KeyIdKind::sid);
    CHECK(KeyId::of(signer.verifying_key()).kind() == KeyIdKind::pid);
}

TEST_CASE("a key of one kind isn't taken as one of another", "[token]") {
    test::SeededRandom random;
    const auto signer = crypto::SigningKey::generate(random);
    const std::string pub = key_text(signer.verifying_key());
    const std::string local = shown(unsafe_key_text(LocalKey::random(random)));
    const std::string secret = shown(unsafe_key_text(signer));
    CHECK(refused(parse_local_key(pub)) == Errc::bad_version);
    CHECK(refused(parse_local_key(secret)) == Errc::bad_version);
    CHECK(refused(parse_signing_key(local)) == Errc::bad_version);
    CHECK(refused(parse_signing_key(pub)) == Errc::bad_version);
    CHECK(refused(parse_verifying_key(local)) == Errc::bad_version);
    CHECK(refused(parse_verifying_key(secret)) == Errc::bad_version);
    CHECK(refused(KeyId::parse(pub)) == Errc::bad_version);
    for (const std::string version : {"k1", "k2", "k3", "K4", "v4"})
        CHECK(refused(parse_local_key(version + local.substr(2))) == Errc::bad_version);
}

TEST_CASE("only the one way of writing a key is taken", "[token]") {
    test::SeededRandom random;
    const std::string local = shown(unsafe_key_text(LocalKey::random(random)));
    CHECK(refused(parse_local_key("")) == Errc::bad_version);
    CHECK(refused(parse_local_key("k4.local.")) == Errc::malformed);
    CHECK(refused(parse_local_key(local + "=")) == Errc::malformed);
    CHECK(refused(parse_local_key(local + "A")) == Errc::malformed);
    CHECK(refused(parse_local_key(local.substr(0, local.size() - 1))) == Errc::malformed);
    CHECK(refused(parse_local_key("k4.local." + std::string(43, '+'))) == Errc::malformed);
    CHECK(refused(parse_local_key("k4.local." + std::string(42, 'A') + "B")) == Errc::not_canonical);
    CHECK(refused(KeyId::parse("k4.pid." + std::string(43, 'A'))) == Errc::malformed);
    CHECK(refused(KeyId::parse("k4.pid." + std::string(45, 'A'))) == Errc::malformed);
    CHECK(KeyId::parse("k4.pid." + std::string(44, 'A')));
}

TEST_CASE("a signing key whose public half is another's is refused", "[token]") {
    test::SeededRandom random;
    const auto signer = crypto::SigningKey::generate(random);
    const auto other = crypto::SigningKey::generate(random);
    const Bytes mixed = ByteWriter{}.bytes(signer.seed().expose()).bytes(other.verifying_key().bytes).take();
    CHECK(refused(parse_signing_key("k4.secret." + to_base64url(mixed))) == Errc::key_invalid);
}
