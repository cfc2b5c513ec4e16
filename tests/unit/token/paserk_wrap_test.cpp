// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paserk_wrap.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;

namespace {

struct World {
    test::SeededRandom random;
    PaserkWrappingKey under = PaserkWrappingKey::random(random);
    LocalKey local = LocalKey::random(random);
    crypto::SigningKey signer = crypto::SigningKey::generate(random);
};

}  // namespace

TEST_CASE("a wrapped key is opened by the key that it is wrapped under, and by no other", "[token]") {
    World w;
    const auto local = WrappedKey::parse(WrappedKey::wrap(w.under, w.local, w.random).text());
    REQUIRE(local);
    CHECK(local->kind() == WrappedKind::local);
    CHECK(same_bytes(local->unwrap_local(w.under)->expose(), w.local.expose()));
    CHECK(local->unwrap_signing(w.under).error().code == Errc::authentication_failed);
    const auto secret = WrappedKey::parse(WrappedKey::wrap(w.under, w.signer, w.random).text());
    REQUIRE(secret);
    CHECK(secret->kind() == WrappedKind::secret);
    CHECK(secret->unwrap_signing(w.under)->verifying_key() == w.signer.verifying_key());
    CHECK(secret->unwrap_local(w.under).error().code == Errc::authentication_failed);
    const PaserkWrappingKey other = PaserkWrappingKey::random(w.random);
    CHECK(local->unwrap_local(other).error().code == Errc::authentication_failed);
    CHECK(secret->unwrap_signing(other).error().code == Errc::authentication_failed);
}

TEST_CASE("a key is never wrapped the same way twice", "[token]") {
    World w;
    CHECK(WrappedKey::wrap(w.under, w.local, w.random).text() != WrappedKey::wrap(w.under, w.local, w.random).text());
}

TEST_CASE("every changed character of a wrapped key is noticed", "[token]") {
    World w;
    const std::string good = WrappedKey::wrap(w.under, w.signer, w.random).text();
    for (std::size_t at = 0; at < good.size(); ++at) {
        CAPTURE(at);
        std::string text = good;
        text[at] = text[at] == 'A' ? 'B' : 'A';
        const auto wrapped = WrappedKey::parse(text);
        if (wrapped) CHECK(wrapped->unwrap_signing(w.under).error().code == Errc::authentication_failed);
    }
}

TEST_CASE("a wrapped key has one length and one spelling", "[token]") {
    World w;
    const std::string good = WrappedKey::wrap(w.under, w.local, w.random).text();
    CHECK(WrappedKey::parse(good + "A").error().code == Errc::malformed);
    CHECK(WrappedKey::parse(good.substr(0, good.size() - 1)).error().code == Errc::malformed);
    CHECK(WrappedKey::parse(good + "=").error().code == Errc::malformed);
    CHECK(WrappedKey::parse("k4.local-wrap.aes." + good.substr(18)).error().code == Errc::bad_version);
    CHECK(WrappedKey::parse("k4.secret-wrap.pie." + good.substr(18)).error().code == Errc::malformed);
    CHECK(WrappedKey::parse("").error().code == Errc::bad_version);
}
