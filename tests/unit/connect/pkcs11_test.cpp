// SPDX-License-Identifier: Apache-2.0
// Against SoftHSM, with a token of its own; skipped loudly where it isn't installed.
#include <safeq/connect/pkcs11.hpp>

#include <algorithm>

#include "softhsm.hpp"

using namespace safeq;
using safeq::test::code;

namespace {

struct Hsm : test::Hsm {
    auto open(const std::string& at) { return connect::Pkcs11RootKeys::open(at, random); }
};

}  // namespace

TEST_CASE("a root key in a token wraps and unwraps, survives its process, and is destroyed", "[connect]") {
    Hsm hsm;
    const Bytes secret(100'000, std::byte{'s'});
    Bytes wrapped;
    {
        auto opened = hsm.open(hsm.uri());
        INFO((opened ? std::string{} : opened.error().message()));
        REQUIRE(opened);
        auto& keys = **opened;
        CHECK(keys.generations()->empty());
        CHECK(code(keys.wrap(1, secret)) == Errc::key_unknown);
        REQUIRE(keys.create(1));
        REQUIRE(keys.create(2));
        wrapped = *keys.wrap(1, secret);
        CHECK(wrapped != *keys.wrap(1, secret));
        // Software says that it is software.
        CHECK_FALSE(keys.hardware());
    }
    auto keys = *hsm.open(hsm.uri());
    CHECK(*keys->generations() == std::set<std::uint64_t>{1, 2});
    CHECK(std::ranges::equal(keys->unwrap(1, wrapped)->expose(), secret));
    CHECK(code(keys->unwrap(2, wrapped)) == Errc::authentication_failed);
    for (const std::size_t at : {0U, 11U, 12U, 43U, 44U, 59U, 60U, 70U, 100'000U}) {
        CAPTURE(at);
        Bytes bad = wrapped;
        bad.at(at) ^= std::byte{1};
        CHECK(code(keys->unwrap(1, bad)) == Errc::authentication_failed);
    }
    for (const std::size_t size : {0U, 11U, 59U, 60U, 68U}) {
        CAPTURE(size);
        CHECK_FALSE(keys->unwrap(1, ByteView{wrapped}.first(size)));
    }
    // Made anew, it is another key.
    REQUIRE(keys->create(1));
    CHECK(code(keys->unwrap(1, wrapped)) == Errc::authentication_failed);
    REQUIRE(keys->destroy(1));
    REQUIRE(keys->destroy(1));
    CHECK(code(keys->unwrap(1, wrapped)) == Errc::key_unknown);
    CHECK(*keys->generations() == std::set<std::uint64_t>{2});
    CHECK(code(keys->wrap(2, Bytes(1024 * 1024 + 1))) == Errc::too_large);

    // Other names in the same token are other keys.
    auto others = *hsm.open(hsm.uri("token=safeq;object=another"));
    CHECK(others->generations()->empty());
    REQUIRE(others->create(7));
    CHECK(*keys->generations() == std::set<std::uint64_t>{2});
}

TEST_CASE("a token that can't be meant or opened is told by its own error", "[connect]") {
    Hsm hsm;
    CHECK(code(hsm.open("token=safeq")) == Errc::malformed);
    CHECK(code(hsm.open("pkcs11:token=%zz")) == Errc::malformed);
    // What stands behind a zero byte must not go unread.
    CHECK(code(hsm.open(hsm.uri("token=safeq") + std::string{"\0&pin-value=1234", 16})) == Errc::malformed);
    // Nor what stands behind an empty part, or before the same name once more.
    for (const char* unread : {"pkcs11:;token=nobody", "pkcs11:token=safeq;;object=another", "pkcs11:token=safeq;",
                               "pkcs11:token=safeq;token=nobody", "pkcs11:?&pin-value=1", "pkcs11:?=", "pkcs11:token",
                               "pkcs11:object=a%00b", "pkcs11:object=a% 00b", "?token=safeq"})
        CHECK(code(hsm.open(unread)) == Errc::malformed);
    CHECK(code(hsm.open(std::string(5000, 'x'))) == Errc::too_large);
    CHECK(code(hsm.open(hsm.uri("token=nobody"))) == Errc::not_found);
    CHECK(code(hsm.open(hsm.uri("manufacturer=SoftHSM%20project"))) == Errc::duplicate);
    CHECK(code(hsm.open(hsm.uri("token=safeq;id=%01"))) == Errc::unsupported);
    CHECK(code(hsm.open(hsm.uri("token=safeq", "&pin-value=1"))) == Errc::unsupported);
    for (const char* unread :
         {"pkcs11:token=safeq?pin-sorce=file:/x", "pkcs11:?nobody-knows=1", "pkcs11:?module-name=x"})
        CHECK(code(hsm.open(unread)) == Errc::unsupported);
    CHECK(code(hsm.open("pkcs11:token=safeq?module-path=/nowhere/module.so")) == Errc::unavailable);
    CHECK(code(hsm.open("pkcs11:token=safeq?module-path=module.so")) == Errc::unsupported);
    CHECK(code(hsm.open("pkcs11:token=safeq?pin-source=file:/nowhere/pin&module-path=" + hsm.module)) ==
          Errc::not_found);
    hsm.pin("00000000\n");
    CHECK(code(hsm.open(hsm.uri())) == Errc::denied);
    hsm.pin("\n");
    CHECK(code(hsm.open(hsm.uri())) == Errc::malformed);
    hsm.pin("87654321\n", 0640);
    CHECK(code(hsm.open(hsm.uri())) == Errc::permission);
    hsm.pin("87654321", 0600);
    CHECK(hsm.open(hsm.uri()));
}
