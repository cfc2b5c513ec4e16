// SPDX-License-Identifier: Apache-2.0
// What the release server's keeper of epochs promises over the folder that it has in earnest.
#include "release/folder_seeds.hpp"

#include <memory>
#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "support/temporary_folder.hpp"
#include "unit/service/epoch_world.hpp"
#include "unit/store/faulty_file_ops.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using service::test_support::EpochWorld;
using service::test_support::must;

namespace {

struct World : EpochWorld {
    test::TemporaryFolder root;
    test::FaultyFileOps ops;
    std::unique_ptr<store::EpochFolder> folder;
    std::unique_ptr<daemon::FolderSeeds> seeds;
    std::unique_ptr<service::EpochKeeper> keeper;

    World() { restart(); }

    void restart() {
        folder.reset();
        folder = must(store::EpochFolder::open(root / "epochs", random, ops));
        seeds = std::make_unique<daemon::FolderSeeds>(*folder, ring, tenant, clock);
        keeper = keeper_of(*seeds);
    }

    [[nodiscard]] std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator{root / "epochs"})
            names.insert(entry.path().filename());
        return names;
    }
};

}  // namespace

TEST_CASE("a key whose old files can't be erased opens nothing more, and the next tick erases them",
          "[service][epoch]") {
    // Of the calls that an end makes, the last eight erase.
    const std::size_t calls = [] {
        World w;
        REQUIRE(w.keeper->tick(w.clock.now()));
        w.ops.arm(0);
        must(w.keeper->end(must(w.keeper->list()).front().entry.id()));
        CHECK(w.ops.trace().ends_with("wfufwfuf"));
        return w.ops.calls();
    }();
    for (std::size_t n = calls - 7; n <= calls; ++n) {
        INFO("call " << n << " of " << calls);
        World w;
        REQUIRE(w.keeper->tick(w.clock.now()));
        const spool::EpochId id = must(w.keeper->list()).front().entry.id();
        REQUIRE(w.ring.opening_key(id));
        w.ops.arm(n, test::FaultyFileOps::Fault::once);
        REQUIRE_FALSE(w.keeper->end(id));
        REQUIRE_FALSE(w.ring.opening_key(id));
        CHECK(w.ring.opening_key(id).error().code == Errc::key_destroyed);
        REQUIRE(w.keeper->tick(w.clock.now()));
        CHECK(w.files() == std::set<std::string>{".lock", "root.2", "seeds.2"});
        CHECK(w.keeper->end(id));
    }
}

TEST_CASE("a release server that restarts with its clock set back issues lists that intakes accept",
          "[service][epoch]") {
    World w;
    const auto accepted = [&](std::uint64_t former) {
        return must(spool::EpochList::open(must(w.keeper->signed_list()), {"release", w.signer.verifying_key()},
                                           w.tenant, former, w.clock.now()))
            .sequence;
    };
    w.clock.advance(24h * 365);
    const std::uint64_t ahead = accepted(0);
    w.clock.advance(-24h * 365);
    w.restart();
    CHECK(accepted(ahead) > ahead);
}
