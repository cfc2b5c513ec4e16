// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/key_folder.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <catch2/catch_test_macros.hpp>

#include "faulty_file_ops.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using Fault = test::FaultyFileOps::Fault;
namespace fs = std::filesystem;

namespace {

std::string text_of(const Result<crypto::Secret>& secret) {
    return secret ? std::string{as_text(secret->expose())} : std::string{name(secret.error().code)};
}

}  // namespace

TEST_CASE("a secret is read back, replaced, and destroyed", "[store]") {
    const test::TemporaryFolder root;
    auto keys = *store::KeyFolder::open(root / "keys");
    REQUIRE(keys->write("pepper", as_bytes("one")));
    CHECK(text_of(keys->read("pepper")) == "one");
    REQUIRE(keys->write("pepper", as_bytes("two")));
    CHECK(text_of(keys->read("pepper")) == "two");
    CHECK(keys->write_new("pepper", as_bytes("three")).error().code == Errc::already_exists);
    REQUIRE(keys->write_new("release-signing.key", {}));
    CHECK(text_of(keys->read("release-signing.key")).empty());
    CHECK(keys->list() == std::vector<std::string>{"pepper", "release-signing.key"});
    REQUIRE(keys->destroy("pepper"));
    REQUIRE(keys->destroy("pepper"));
    CHECK(keys->read("pepper").error().code == Errc::not_found);
    struct stat status{};
    REQUIRE(stat((root / "keys/release-signing.key").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777u) == 0600u);
}

TEST_CASE("names that could lead elsewhere are refused", "[store]") {
    const test::TemporaryFolder root;
    auto keys = *store::KeyFolder::open(root / "keys");
    for (const std::string& name :
         {std::string{}, std::string{"."}, std::string{".."}, std::string{"../x"}, std::string{"/x"},
          std::string{"a/b"}, std::string{"a\\b"}, std::string{"A"}, std::string{".hidden"}, std::string{"a\0b", 3},
          std::string{"a b"}, std::string{"x.new"}, std::string(101, 'a')}) {
        CHECK(keys->write(name, as_bytes("x")).error().code == Errc::invalid_argument);
        CHECK(keys->read(name).error().code == Errc::invalid_argument);
        CHECK(keys->destroy(name).error().code == Errc::invalid_argument);
    }
    CHECK(keys->write(std::string(100, 'a'), as_bytes("x")));
    CHECK(keys->list()->size() == 1);
}

TEST_CASE("secrets on which others have rights are refused", "[store]") {
    const test::TemporaryFolder root;
    auto keys = *store::KeyFolder::open(root / "keys");
    REQUIRE(keys->write("key", as_bytes("x")));
    for (const mode_t mode : {0640u, 0604u, 0660u, 0602u, 0610u, 0777u}) {
        REQUIRE(chmod((root / "keys/key").c_str(), mode) == 0);
        CHECK(keys->read("key").error().code == Errc::permission);
    }
    REQUIRE(chmod((root / "keys/key").c_str(), 0400) == 0);
    CHECK(text_of(keys->read("key")) == "x");
    fs::create_symlink(root / "keys/key", root / "keys/link");
    CHECK(keys->read("link").error().code == Errc::permission);
    fs::create_directory(root / "keys/folder");
    CHECK_FALSE(keys->read("folder"));
    keys.reset();
    REQUIRE(chmod((root / "keys").c_str(), 0770) == 0);
    CHECK(store::KeyFolder::open(root / "keys").error().code == Errc::permission);
}

TEST_CASE("a credential of systemd's may be root's with an ACL for the service's user, and no wider", "[store]") {
    const test::TemporaryFolder root;
    auto keys = *store::KeyFolder::open(root / "credentials");
    REQUIRE(keys->write("root-key", as_bytes("x")));
    const std::string file = root / "credentials/root-key";
    const auto read_with = [&](mode_t mode) {
        REQUIRE(chmod(file.c_str(), mode) == 0);
        return text_of(keys->read_credential("root-key"));
    };
    CHECK(read_with(0400) == "x");
    CHECK(read_with(0600) == "x");
    for (const mode_t mode : {0460u, 0444u, 0404u, 0450u, 0420u}) CHECK(read_with(mode) == "permission");
    if (geteuid() != 0) {
        CHECK(read_with(0440) == "permission");
        SKIP("whether root's files may show a group's right needs root");
    }
    CHECK(read_with(0440) == "x");
    CHECK(text_of(keys->read("root-key")) == "permission");
    REQUIRE(chown(file.c_str(), 12345, 0) == 0);
    CHECK(read_with(0440) == "permission");
    CHECK(read_with(0400) == "permission");
}

TEST_CASE("large files are refused before they are read", "[store]") {
    const test::TemporaryFolder root;
    auto keys = *store::KeyFolder::open(root / "keys");
    CHECK(keys->write("big", Bytes(store::max_key_file_bytes + 1)).error().code == Errc::too_large);
    REQUIRE(keys->write("big", Bytes(store::max_key_file_bytes)));
    fs::resize_file(root / "keys/big", store::max_key_file_bytes + 1);
    CHECK(keys->read("big").error().code == Errc::too_large);
}

TEST_CASE("power lost at any call leaves the old secret or the new one", "[store]") {
    for (const Fault fault : {Fault::power, Fault::short_write, Fault::once}) {
        std::size_t acknowledged = 0;
        std::size_t n = 1;
        for (bool reached = true; reached; ++n) {
            const test::TemporaryFolder root;
            {
                REQUIRE((*store::KeyFolder::open(root / "keys"))->write("key", as_bytes("old secret")));
            }
            test::FaultyFileOps ops{n, fault};
            bool done = false;
            if (auto keys = store::KeyFolder::open(root / "keys", ops))
                done = (*keys)->write("key", as_bytes("new secret")).has_value();
            reached = ops.calls() >= n;
            if (done) ++acknowledged;
            auto keys = *store::KeyFolder::open(root / "keys");
            const std::string text = text_of(keys->read("key"));
            if (done) CHECK(text == "new secret");
            else CHECK((text == "old secret" || text == "new secret"));
            CHECK(keys->list()->size() == 1);
            REQUIRE(keys->write("key", as_bytes("next")));
            CHECK(text_of(keys->read("key")) == "next");
            CHECK_FALSE(fs::exists(root / "keys/key.new"));
        }
        CHECK(n > 6);
        CHECK(acknowledged == 1);
    }
}

TEST_CASE("a secret is synced before the rename, its folder after it; its destruction before the unlink", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto keys = *store::KeyFolder::open(root / "keys", ops);
    ops.arm(0);
    REQUIRE(keys->write("key", as_bytes("secret")));
    CHECK(ops.trace() == "cwfrf");
    ops.arm(0);
    REQUIRE(keys->destroy("key"));
    CHECK(ops.trace() == "wfuf");
}

TEST_CASE("a destroyed secret was overwritten before it was unlinked", "[store]") {
    const test::TemporaryFolder root;
    auto keys = *store::KeyFolder::open(root / "keys");
    REQUIRE(keys->write("key", as_bytes("a secret of some length")));
    // A second name keeps the file's bytes in sight after the first is gone.
    fs::create_hard_link(root / "keys/key", root / "still");
    REQUIRE(keys->destroy("key"));
    std::ifstream in{root / "still", std::ios::binary};
    const std::string left{std::istreambuf_iterator<char>{in}, {}};
    CHECK(left == std::string(23, '\0'));
}
