// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/epoch_folder.hpp>

#include <algorithm>
#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <safeq/store/root_key_files.hpp>

#include "epoch_folder_files.hpp"
#include "faulty_file_ops.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using Fault = test::FaultyFileOps::Fault;
using test::names_in;
using test::noon;
using test::tenant;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void flip(const fs::path& file, std::size_t at) {
    std::string bytes = read(file);
    bytes.at(at) = static_cast<char>(bytes[at] ^ 1);
    std::ofstream{file, std::ios::binary} << bytes;
}

}  // namespace

TEST_CASE("epochs survive a restart and open what was sealed to them", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    store::Epoch first;
    {
        auto folder = store::EpochFolder::open(root / "epochs", random);
        REQUIRE(folder);
        CHECK((*folder)->list(tenant()).empty());
        first = *(*folder)->create(tenant(), noon, noon + 24h);
        REQUIRE((*folder)->create(tenant(), noon + 24h, noon + 48h, true));
        REQUIRE((*folder)->create(tenant(2), noon, noon + 24h));
    }
    auto folder = *store::EpochFolder::open(root / "epochs", random);
    const auto epochs = folder->list(tenant());
    REQUIRE(epochs.size() == 2);
    CHECK(epochs[0] == first);
    CHECK(epochs[1].kept);
    CHECK(spool::EpochId::of(first.key) == first.id);

    spool::EpochRing ring;
    REQUIRE(folder->load(tenant(), ring));
    CHECK(ring.epochs().size() == 2);
    const auto sealed =
        crypto::hpke_seal(first.key, {as_bytes("info")}, {as_bytes("aad")}, {as_bytes("document key")}, random);
    REQUIRE(sealed);
    const auto key = ring.opening_key(first.id);
    REQUIRE(key);
    const auto opened =
        crypto::hpke_open(**key, sealed->enc, {as_bytes("info")}, {as_bytes("aad")}, sealed->ciphertext);
    REQUIRE(opened);
    CHECK(as_text(opened->expose()) == "document key");
}

TEST_CASE("destroying an epoch replaces the root key and leaves the survivors", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    auto folder = *store::EpochFolder::open(root / "epochs", random);
    const store::Epoch victim = *folder->create(tenant(), noon, noon + 24h);
    const store::Epoch survivor = *folder->create(tenant(), noon, noon + 48h);
    CHECK(folder->destroy(tenant(2), victim.id, noon).error().code == Errc::epoch_unknown);
    fs::create_hard_link(root / "epochs/root.1", root / "old-root");
    fs::create_hard_link(root / "epochs/seeds.1", root / "old-seeds");
    REQUIRE(folder->destroy(tenant(), victim.id, noon + 1h));
    CHECK(names_in(root / "epochs") == std::vector<std::string>{".lock", "root.2", "seeds.2"});
    for (const char* old : {"old-root", "old-seeds"}) {
        const std::string bytes = read(root / old);
        CHECK(!bytes.empty());
        CHECK(bytes == std::string(bytes.size(), '\0'));
    }
    REQUIRE(folder->destroy(tenant(), victim.id, noon + 2h));
    CHECK(folder->destroy(tenant(), spool::EpochId{}, noon).error().code == Errc::epoch_unknown);
    folder.reset();

    folder = *store::EpochFolder::open(root / "epochs", random);
    REQUIRE(folder->list(tenant()).size() == 1);
    CHECK(folder->list(tenant())[0] == survivor);
    CHECK(folder->destroyed(tenant()) == std::vector{store::DestroyedEpoch{victim.id, tenant(), noon + 1h}});
    CHECK(folder->destroyed(tenant(2)).empty());
    spool::EpochRing ring;
    REQUIRE(folder->load(tenant(), ring));
    CHECK(ring.opening_key(victim.id).error().code == Errc::key_destroyed);
    CHECK(ring.opening_key(survivor.id));
}

TEST_CASE("what a destruction could not erase is told, and erased later", "[store]") {
    std::size_t left = 0;
    for (std::size_t n = 11; n <= 18; ++n) {
        const test::TemporaryFolder root;
        test::SeededRandom random;
        test::FaultyFileOps ops;
        auto folder = *store::EpochFolder::open(root / "epochs", random, ops);
        const auto victim = folder->create(tenant(), noon, noon + 24h)->id;
        ops.arm(n, Fault::once);
        INFO("call " << n);
        REQUIRE_FALSE(folder->destroy(tenant(), victim, noon));
        CHECK(folder->list(tenant()).empty());
        REQUIRE(folder->destroyed(tenant()).size() == 1);
        if (names_in(root / "epochs").size() > 3) ++left;
        REQUIRE(folder->complete());
        CHECK(names_in(root / "epochs") == std::vector<std::string>{".lock", "root.2", "seeds.2"});
        REQUIRE(folder->complete());
    }
    CHECK(left >= 7);
}

TEST_CASE("what can't be erased at an opening keeps nobody from the keys, and takes no later key with it", "[store]") {
    std::size_t left = 0;
    std::size_t n = 1;
    for (bool reached = true; reached; ++n) {
        const test::TemporaryFolder root;
        test::SeededRandom random;
        spool::EpochId victim;
        store::Epoch survivor;
        {
            auto folder = *store::EpochFolder::open(root / "epochs", random);
            victim = folder->create(tenant(), noon, noon + 24h)->id;
            survivor = *folder->create(tenant(), noon, noon + 48h);
        }
        // As a destruction leaves it that is cut off once it has made the next root key.
        REQUIRE((*store::RootKeyFiles::open(root / "epochs", random))->create(2));
        test::FaultyFileOps ops{n, Fault::once};
        auto folder = store::EpochFolder::open(root / "epochs", random, ops);
        reached = ops.calls() >= n;
        if (!folder || !fs::exists(root / "epochs" / "root.2")) continue;
        INFO("call " << n);
        ++left;
        ops.arm(0);
        REQUIRE((*folder)->destroy(tenant(), victim, noon));
        REQUIRE((*folder)->complete());
        folder->reset();
        const auto again = store::EpochFolder::open(root / "epochs", random);
        REQUIRE(again);
        CHECK((*again)->list(tenant()) == std::vector{survivor});
    }
    CHECK(left >= 3);
}

TEST_CASE("the sequence of lists goes on after a restart, whatever the clock says", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const fs::path file = root / "epochs" / "sequence";
    const std::uint64_t ahead = 4'000'000'000'000;
    std::uint64_t last = 0;
    {
        auto folder = *store::EpochFolder::open(root / "epochs", random);
        CHECK(*folder->next_sequence(0) == 1);
        CHECK(*folder->next_sequence(ahead) == ahead);
        CHECK(*folder->next_sequence(ahead) == ahead + 1);
        last = *folder->next_sequence(ahead + 70'000);
        CHECK(last == ahead + 70'000);
    }
    CHECK((fs::status(file).permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
    {
        test::FaultyFileOps ops;
        auto folder = *store::EpochFolder::open(root / "epochs", random, ops);
        // What isn't on disk isn't given out.
        ops.arm(1, Fault::once, ENOSPC);
        CHECK(folder->next_sequence(1).error().code == Errc::disk_full);
        const std::uint64_t next = *folder->next_sequence(1);
        CHECK(next > last);
        // A minute of lists waits for the disk once.
        ops.arm(0);
        CHECK(*folder->next_sequence(1) == next + 1);
        CHECK(*folder->next_sequence(next + 60'000) == next + 60'000);
        CHECK(ops.calls() == 0);
        CHECK(*folder->next_sequence(next + 60'001) == next + 60'001);
        CHECK(ops.calls() > 0);
    }
    const auto open_code = [&](std::string_view text) {
        std::ofstream{file, std::ios::binary} << text;
        const auto folder = store::EpochFolder::open(root / "epochs", random);
        return folder ? std::string{"opened"} : std::string{name(folder.error().code)};
    };
    CHECK(open_code("safeq/sequence/v1\n7\n") == "opened");
    for (const std::string_view bad : {"", "7\n", "safeq/sequence/v1\n", "safeq/sequence/v1\n7",
                                       "safeq/sequence/v1\n07\n", "safeq/sequence/v1\n7\n\n", "safeq/sequence/v1\n-7\n",
                                       "safeq/sequence/v1\n18446744073709551616\n", "safeq/sequence/v2\n7\n"}) {
        CAPTURE(bad);
        CHECK(open_code(bad) == "malformed");
    }
    CHECK(open_code("safeq/sequence/v1\n18446744073709551614\n") == "opened");
    auto folder = *store::EpochFolder::open(root / "epochs", random);
    CHECK(*folder->next_sequence(0) == 18'446'744'073'709'551'615U);
    CHECK(folder->next_sequence(0).error().code == Errc::too_large);
}

TEST_CASE("an epoch that is condemned stays so after a restart, until it is destroyed", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    spool::EpochId victim;
    {
        auto folder = *store::EpochFolder::open(root / "epochs", random);
        victim = folder->create(tenant(), noon, noon + 24h, true)->id;
        REQUIRE(folder->create(tenant(), noon + 1h, noon + 24h));
        CHECK(folder->condemn(tenant(2), victim).error().code == Errc::epoch_unknown);
        REQUIRE(folder->condemn(tenant(), victim));
        REQUIRE(folder->condemn(tenant(), victim));
    }
    auto folder = *store::EpochFolder::open(root / "epochs", random);
    const auto epochs = folder->list(tenant());
    REQUIRE(epochs.size() == 2);
    CHECK((epochs[0].ending && epochs[0].kept));
    CHECK_FALSE(epochs[1].ending);
    // What outlives it must still be opened, to be re-sealed.
    spool::EpochRing ring;
    REQUIRE(folder->load(tenant(), ring));
    CHECK(ring.opening_key(victim));
    REQUIRE(folder->destroy(tenant(), victim, noon + 2h));
    CHECK(folder->condemn(tenant(), victim));
    CHECK(folder->list(tenant()).size() == 1);
}

TEST_CASE("an epoch that is retired ends now, and never later than it would have", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    spool::EpochId id;
    {
        auto folder = *store::EpochFolder::open(root / "epochs", random);
        id = folder->create(tenant(), noon, noon + 24h)->id;
        CHECK(folder->retire(tenant(2), id, noon).error().code == Errc::epoch_unknown);
        REQUIRE(folder->retire(tenant(), id, noon + 48h));
        CHECK(folder->list(tenant()).front().not_after == noon + 24h);
        REQUIRE(folder->retire(tenant(), id, noon + 2h));
    }
    auto folder = *store::EpochFolder::open(root / "epochs", random);
    CHECK(folder->list(tenant()).front().not_after == noon + 2h);
    REQUIRE(folder->retire(tenant(), id, noon - 5h));
    CHECK(folder->list(tenant()).front().not_after == noon + 1ms);
}

TEST_CASE("an epoch that could not be condemned is not", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    test::FaultyFileOps ops;
    auto folder = *store::EpochFolder::open(root / "epochs", random, ops);
    const auto id = folder->create(tenant(), noon, noon + 24h)->id;
    ops.arm(1, Fault::once, ENOSPC);
    CHECK(folder->condemn(tenant(), id).error().code == Errc::disk_full);
    CHECK_FALSE(folder->list(tenant()).front().ending);
    REQUIRE(folder->condemn(tenant(), id));
    CHECK(folder->list(tenant()).front().ending);
}

TEST_CASE("times that run backwards and nil tenants are refused", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    auto folder = *store::EpochFolder::open(root / "epochs", random);
    CHECK(folder->create(tenant(), noon, noon).error().code == Errc::invalid_argument);
    CHECK(folder->create(tenant(), noon, noon - 1ms).error().code == Errc::invalid_argument);
    CHECK(folder->create({}, noon, noon + 1h).error().code == Errc::invalid_argument);
}

TEST_CASE("a key whose creation can't be recorded is not made", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    auto folder = *store::EpochFolder::open(root / "epochs", random);
    const auto refuse = [](const spool::EpochId&) { return Result<void>{fail(Errc::log_unavailable, "log")}; };
    CHECK(folder->create(tenant(), noon, noon + 1h, false, refuse).error().code == Errc::log_unavailable);
    CHECK(folder->list(tenant()).empty());
    spool::EpochId told;
    const auto note = [&](const spool::EpochId& epoch) {
        told = epoch;
        return Result<void>{};
    };
    CHECK(folder->create(tenant(), noon, noon + 1h, false, note)->id == told);
}

TEST_CASE("damaged, missing, swapped and readable files are refused", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const fs::path path = root / "epochs";
    const auto open_code = [&] {
        const auto folder = store::EpochFolder::open(path, random);
        return folder ? std::string{"opened"} : std::string{name(folder.error().code)};
    };
    {
        auto folder = *store::EpochFolder::open(path, random);
        REQUIRE(folder->create(tenant(), noon, noon + 24h));
        CHECK(open_code() == "locked");
    }
    const std::string good = read(path / "seeds.1");
    for (std::size_t at = 0; at < good.size(); ++at) {
        flip(path / "seeds.1", at);
        CHECK(open_code() == (at < 16 ? "bad_version" : "authentication_failed"));
        flip(path / "seeds.1", at);
    }
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{15}, std::size_t{16}, good.size() - 1, good.size() - 8}) {
        fs::resize_file(path / "seeds.1", length);
        CHECK(open_code() == (length < 16 ? "bad_version" : "authentication_failed"));
        std::ofstream{path / "seeds.1", std::ios::binary} << good;
    }
    for (std::size_t at = 0; at < 32; ++at) {
        flip(path / "root.1", at);
        CHECK(open_code() == "authentication_failed");
        flip(path / "root.1", at);
    }
    CHECK(open_code() == "opened");

    fs::permissions(path / "root.1", fs::perms::group_read, fs::perm_options::add);
    CHECK(open_code() == "permission");
    fs::permissions(path / "root.1", fs::perms::group_read, fs::perm_options::remove);

    // A generation's file under a later number.
    fs::copy_file(path / "root.1", path / "root.2");
    fs::copy_file(path / "seeds.1", path / "seeds.2");
    CHECK(open_code() == "rollback");
    fs::remove(path / "root.2");
    CHECK(open_code() == "key_unknown");
    fs::remove(path / "seeds.2");
    CHECK(open_code() == "opened");
    fs::rename(path / "root.1", path / "root.7");
    fs::remove(path / "seeds.1");
    CHECK(open_code() == "malformed");
}
