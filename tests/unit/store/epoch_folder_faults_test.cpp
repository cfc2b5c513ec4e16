// SPDX-License-Identifier: Apache-2.0
// A folder of epochs whose files fail at any call, or whose root key isn't its own.
#include <safeq/store/epoch_folder.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <safeq/store/root_key_files.hpp>

#include "epoch_folder_files.hpp"
#include "faulty_file_ops.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using Fault = test::FaultyFileOps::Fault;
using test::names_in;
using test::noon;
using test::tenant;

TEST_CASE("power lost at any call: an epoch is there or destroyed, and its neighbour always there", "[store]") {
    for (const Fault fault : {Fault::power, Fault::short_write, Fault::once}) {
        std::size_t acknowledged = 0;
        std::size_t survived = 0;
        std::size_t n = 1;
        for (bool reached = true; reached; ++n) {
            const test::TemporaryFolder root;
            test::SeededRandom random;
            store::Epoch victim;
            store::Epoch neighbour;
            {
                auto folder = *store::EpochFolder::open(root / "epochs", random);
                victim = *folder->create(tenant(), noon, noon + 24h);
                neighbour = *folder->create(tenant(), noon, noon + 24h);
            }
            test::FaultyFileOps ops{n, fault};
            bool destroyed = false;
            Result<store::Epoch> created = fail(Errc::cancelled, "test");
            if (auto folder = store::EpochFolder::open(root / "epochs", random, ops)) {
                destroyed = (*folder)->destroy(tenant(), victim.id, noon).has_value();
                created = (*folder)->create(tenant(), noon, noon + 24h);
            }
            reached = ops.calls() >= n;
            INFO("call " << n << ", fault " << static_cast<int>(fault));
            auto folder = store::EpochFolder::open(root / "epochs", random);
            REQUIRE(folder);
            const auto epochs = (*folder)->list(tenant());
            CHECK(std::ranges::count(epochs, neighbour) == 1);
            if (destroyed) {
                ++acknowledged;
                CHECK(std::ranges::count(epochs, victim) == 0);
            }
            if (created) CHECK(std::ranges::count(epochs, *created) == 1);
            const bool gone = std::ranges::count(epochs, victim) == 0;
            if (!gone) ++survived;
            CHECK((*folder)->destroyed(tenant()).size() == (gone ? 1u : 0u));
            // Two files of one generation and the lock: nothing of another one is left.
            CHECK(names_in(root / "epochs").size() == 3);
            REQUIRE((*folder)->destroy(tenant(), victim.id, noon));
        }
        CHECK(n > 15);
        CHECK(acknowledged >= 1);
        CHECK(survived >= 5);
    }
}

TEST_CASE("a first start that is cut off anywhere can be repeated, wherever the root key is", "[store]") {
    for (const char* keys : {"epochs", "token"}) {
        std::size_t n = 1;
        for (bool reached = true; reached; ++n) {
            const test::TemporaryFolder root;
            test::SeededRandom random;
            const auto open = [&](store::FileOps& ops) -> Result<std::unique_ptr<store::EpochFolder>> {
                SAFEQ_TRY(auto roots, store::RootKeyFiles::open(root / keys, random, {}, ops));
                return store::EpochFolder::open(root / "epochs", random, std::move(roots), ops);
            };
            test::FaultyFileOps ops{n};
            [[maybe_unused]] const auto first = open(ops).has_value();
            reached = ops.calls() >= n;
            auto folder = open(store::system_file_ops());
            INFO(keys << ", call " << n);
            REQUIRE(folder);
            CHECK((*folder)->create(tenant(), noon, noon + 1h));
            CHECK(names_in(root / "epochs").size() + names_in(root / keys).size() == (keys[0] == 'e' ? 6U : 3U));
        }
        CHECK(n > 12);
    }
}

TEST_CASE("a root key without seeds is another's, and stays", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const auto open = [&](const char* folder) {
        return store::EpochFolder::open(root / folder, random, *store::RootKeyFiles::open(root / "token", random));
    };
    store::Epoch epoch;
    {
        const auto folder = open("epochs");
        REQUIRE(folder);
        epoch = *(*folder)->create(tenant(), noon, noon + 24h);
    }
    // The folder isn't mounted, or it is another installation's with the same token.
    for (int starts = 0; starts < 2; ++starts) CHECK(open("others").error().code == Errc::malformed);
    CHECK(names_in(root / "others") == std::vector<std::string>{".lock"});
    const auto folder = open("epochs");
    REQUIRE(folder);
    CHECK((*folder)->list(tenant()) == std::vector{epoch});
}
