// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paserk_password.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::token;

namespace {

constexpr PasswordWrapCost least = password_wrap_bounds_2026.least;

struct World {
    test::SeededRandom random;
    crypto::Secret password = crypto::Secret::copy_of("correct horse battery staple");
    LocalKey local = LocalKey::random(random);
    crypto::SigningKey signer = crypto::SigningKey::generate(random);

    PasswordWrappedKey wrapped() {
        auto key = PasswordWrappedKey::wrap(password, least, local, random);
        REQUIRE(key);
        return *std::move(key);
    }
};

// The text with other costs: what someone could do who wants us to spend memory or time.
std::string with_cost(const std::string& text, const PasswordWrapCost& cost) {
    const std::size_t at = text.rfind('.') + 1;
    Bytes bytes = *from_base64url(std::string_view{text}.substr(at));
    const Bytes costs = ByteWriter{}.u64(cost.memory_bytes).u32(cost.passes).u32(cost.lanes).take();
    std::copy(costs.begin(), costs.end(), bytes.begin() + 16);
    return text.substr(0, at) + to_base64url(bytes);
}

}  // namespace

TEST_CASE("a key under a password is opened by it, and by no other", "[token]") {
    World w;
    const auto local = PasswordWrappedKey::parse(w.wrapped().text());
    REQUIRE(local);
    CHECK(local->kind() == WrappedKind::local);
    CHECK(local->cost() == least);
    CHECK(same_bytes(local->unwrap_local(w.password, password_wrap_bounds_2026)->expose(), w.local.expose()));
    CHECK(local->unwrap_signing(w.password, password_wrap_bounds_2026).error().code == Errc::authentication_failed);
    const auto other = crypto::Secret::copy_of("correct horse battery stable");
    CHECK(local->unwrap_local(other, password_wrap_bounds_2026).error().code == Errc::authentication_failed);

    const auto secret = PasswordWrappedKey::wrap(w.password, least, w.signer, w.random);
    REQUIRE(secret);
    CHECK(secret->kind() == WrappedKind::secret);
    const auto opened = secret->unwrap_signing(w.password, password_wrap_bounds_2026);
    REQUIRE(opened);
    CHECK(opened->verifying_key() == w.signer.verifying_key());
    CHECK(secret->unwrap_local(w.password, password_wrap_bounds_2026).error().code == Errc::authentication_failed);
}

TEST_CASE("costs are bounded before any work", "[token]") {
    World w;
    const std::string good = w.wrapped().text();
    for (const PasswordWrapCost cost :
         {PasswordWrapCost{.memory_bytes = 1ull << 62, .passes = 2, .lanes = 1},
          PasswordWrapCost{.memory_bytes = ~0ull, .passes = 2, .lanes = 1},
          PasswordWrapCost{.memory_bytes = (1ull << 30) + 1024, .passes = 2, .lanes = 1},
          PasswordWrapCost{.memory_bytes = 8192, .passes = 2, .lanes = 1},
          PasswordWrapCost{.memory_bytes = least.memory_bytes + 1, .passes = 2, .lanes = 1},
          PasswordWrapCost{.memory_bytes = 0, .passes = 0, .lanes = 0},
          PasswordWrapCost{.memory_bytes = least.memory_bytes, .passes = 1, .lanes = 1},
          PasswordWrapCost{.memory_bytes = least.memory_bytes, .passes = 11, .lanes = 1},
          PasswordWrapCost{.memory_bytes = least.memory_bytes, .passes = ~0u, .lanes = 1},
          PasswordWrapCost{.memory_bytes = least.memory_bytes, .passes = 2, .lanes = 0},
          PasswordWrapCost{.memory_bytes = least.memory_bytes, .passes = 2, .lanes = 9}}) {
        CAPTURE(cost.memory_bytes, cost.passes, cost.lanes);
        const auto wrapped = PasswordWrappedKey::parse(with_cost(good, cost));
        REQUIRE(wrapped);
        CHECK(wrapped->cost() == cost);
        CHECK(wrapped->unwrap_local(w.password, password_wrap_bounds_2026).error().code == Errc::weak_parameters);
        CHECK(PasswordWrappedKey::wrap(w.password, cost, w.local, w.random).error().code == Errc::weak_parameters);
    }
    const auto dearer = PasswordWrappedKey::parse(with_cost(good, {least.memory_bytes, 3, 1}));
    REQUIRE(dearer);
    CHECK(dearer->unwrap_local(w.password, password_wrap_bounds_2026).error().code == Errc::authentication_failed);
    // A caller's own bounds hold too.
    const PasswordWrapBounds strict{.least = password_wrap_2026, .most = password_wrap_2026};
    CHECK(PasswordWrappedKey::parse(good)->unwrap_local(w.password, strict).error().code == Errc::weak_parameters);
}

TEST_CASE("an empty or huge password is refused before any work", "[token]") {
    World w;
    const PasswordWrappedKey good = w.wrapped();
    const crypto::Secret huge = crypto::Secret::zeroed(max_wrap_password_bytes + 1);
    CHECK(PasswordWrappedKey::wrap({}, least, w.local, w.random).error().code == Errc::invalid_argument);
    CHECK(PasswordWrappedKey::wrap(huge, least, w.local, w.random).error().code == Errc::too_large);
    CHECK(good.unwrap_local({}, password_wrap_bounds_2026).error().code == Errc::invalid_argument);
    CHECK(good.unwrap_local(huge, password_wrap_bounds_2026).error().code == Errc::too_large);
}

TEST_CASE("a key under a password has one length and one spelling", "[token]") {
    World w;
    const std::string good = w.wrapped().text();
    CHECK(PasswordWrappedKey::parse(good)->text() == good);
    CHECK(PasswordWrappedKey::parse(good + "A").error().code == Errc::malformed);
    CHECK(PasswordWrappedKey::parse(good.substr(0, good.size() - 1)).error().code == Errc::malformed);
    CHECK(PasswordWrappedKey::parse("k3" + good.substr(2)).error().code == Errc::bad_version);
    CHECK(PasswordWrappedKey::parse("k4.secret-pw." + good.substr(12)).error().code == Errc::malformed);
    for (const std::size_t at : {13u, 60u, 90u, 120u, 168u}) {
        std::string text = good;
        text[at] = text[at] == 'A' ? 'B' : 'A';
        const auto wrapped = PasswordWrappedKey::parse(text);
        if (wrapped)
            CHECK(wrapped->unwrap_local(w.password, password_wrap_bounds_2026).error().code ==
                  Errc::authentication_failed);
    }
}
