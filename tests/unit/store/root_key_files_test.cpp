// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/root_key_files.hpp>

#include <algorithm>
#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <safeq/store/epoch_folder.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr crypto::Argon2Cost cheap{.memory_kib = 64, .passes = 1, .lanes = 1};
const Time noon{1'700'000'000'000ms};

store::RootPassphrase passphrase(std::string_view text = "correct horse battery") {
    return {.secret = crypto::Secret::copy_of(text), .cost = cheap};
}

std::string read(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write(const fs::path& file, std::string_view bytes) { std::ofstream{file, std::ios::binary} << bytes; }

}  // namespace

TEST_CASE("a root key wraps and unwraps, until it is destroyed", "[store][root]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    for (const bool with_passphrase : {false, true}) {
        const fs::path path = root / (with_passphrase ? "protected" : "plain");
        auto keys = *store::RootKeyFiles::open(
            path, random, with_passphrase ? std::optional{passphrase()} : std::optional<store::RootPassphrase>{});
        CHECK_FALSE(keys->hardware());
        CHECK(keys->wrap(1, as_bytes("seed")).error().code == Errc::key_unknown);
        REQUIRE(keys->create(1));
        REQUIRE(keys->create(2));
        // Names that look like a key's, and that none has.
        for (const char* name : {"root.03", "root.0", "root.", "root.4x", "root.+5"}) write(path / name, "");
        CHECK(*keys->generations() == std::set<std::uint64_t>{1, 2});
        const Bytes wrapped = *keys->wrap(1, as_bytes("a seed that is wrapped"));
        CHECK(as_text(keys->unwrap(1, wrapped)->expose()) == "a seed that is wrapped");
        CHECK(keys->unwrap(2, wrapped).error().code == Errc::authentication_failed);
        REQUIRE(keys->destroy(1));
        REQUIRE(keys->destroy(1));
        CHECK(keys->unwrap(1, wrapped).error().code == Errc::key_unknown);
        CHECK(*keys->generations() == std::set<std::uint64_t>{2});
        CHECK(fs::status(path / "root.2").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    }
}

TEST_CASE("a root key under a passphrase opens with that passphrase only, whole, and as what it is", "[store][root]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    Bytes wrapped;
    {
        auto keys = *store::RootKeyFiles::open(root / "keys", random, passphrase());
        REQUIRE(keys->create(1));
        wrapped = *keys->wrap(1, as_bytes("seed"));
    }
    const auto unwrap = [&](std::optional<store::RootPassphrase> with) {
        auto keys = *store::RootKeyFiles::open(root / "keys", random, std::move(with));
        return keys->unwrap(1, wrapped);
    };
    REQUIRE(unwrap(passphrase()));
    CHECK(unwrap(passphrase("correct horse batterz")).error().code == Errc::authentication_failed);
    CHECK(unwrap(std::nullopt).error().code == Errc::malformed);
    CHECK(store::RootKeyFiles::open(root / "keys", random, passphrase("too short")).error().code ==
          Errc::weak_parameters);

    const std::string good = read(root / "keys" / "root.1");
    REQUIRE(good.size() == 82);
    for (std::size_t at = 0; at < good.size(); ++at) {
        CAPTURE(at);
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        write(root / "keys" / "root.1", bad);
        CHECK_FALSE(unwrap(passphrase()));
        write(root / "keys" / "root.1", good.substr(0, at));
        CHECK_FALSE(unwrap(passphrase()));
    }
    // A cost that nobody can pay is refused before it is paid.
    std::string costly = good;
    costly.replace(14, 4, "\xff\xff\xff\xff", 4);
    write(root / "keys" / "root.1", costly);
    CHECK(unwrap(passphrase()).error().code == Errc::too_large);
    write(root / "keys" / "root.1", good + "x");
    CHECK(unwrap(passphrase()).error().code == Errc::too_large);
    write(root / "keys" / "root.1", good);
    CHECK(unwrap(passphrase()));
}

TEST_CASE("epochs under a passphrase: a copied folder is nothing without it", "[store][root]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const auto open = [&](const fs::path& path, std::optional<store::RootPassphrase> with) {
        return store::EpochFolder::open(path, random, *store::RootKeyFiles::open(path, random, std::move(with)));
    };
    ManualClock clock{noon};
    const TenantId tenant = TenantId::make(clock, random);
    const fs::path path = root / "epochs";
    spool::EpochId first;
    spool::EpochId second;
    {
        auto folder = *open(path, passphrase());
        first = folder->create(tenant, noon, noon + 1h)->id;
        second = folder->create(tenant, noon, noon + 2h)->id;
        REQUIRE(folder->destroy(tenant, first, noon));
        CHECK_FALSE(folder->hardware());
    }
    CHECK(open(path, passphrase("another passphrase")).error().code == Errc::authentication_failed);
    CHECK(open(path, std::nullopt).error().code == Errc::malformed);
    auto folder = open(path, passphrase());
    REQUIRE(folder);
    REQUIRE((*folder)->list(tenant).size() == 1);
    CHECK((*folder)->list(tenant).front().id == second);
    CHECK(fs::exists(path / "root.2"));
    CHECK_FALSE(fs::exists(path / "root.1"));
}
