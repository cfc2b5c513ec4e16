// SPDX-License-Identifier: Apache-2.0
// HOSTILE 7: every allocation of what a keeper of epochs does over the folder that it has in earnest fails once.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "release/folder_seeds.hpp"
#include "support/allocation/failing_allocation.hpp"
#include "support/temporary_folder.hpp"
#include "unit/service/epoch_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using service::test_support::EpochWorld;
using test::hold;

namespace {

struct World {
    test::TemporaryFolder root;
    test::SeededRandom random{12};
    std::unique_ptr<EpochWorld> world;
    std::unique_ptr<store::EpochFolder> folder;
    std::unique_ptr<daemon::FolderSeeds> seeds;
    std::unique_ptr<service::EpochKeeper> keeper;
    spool::EpochId first;

    void restart() {
        folder.reset();
        folder = *store::EpochFolder::open(root / "epochs", random);
        seeds = std::make_unique<daemon::FolderSeeds>(*folder, world->ring, world->tenant, world->clock);
        keeper = world->keeper_of(*seeds);
    }
    void prepare() {
        world = std::make_unique<EpochWorld>();
        folder.reset();
        std::filesystem::remove_all(root / "epochs");
        restart();
        hold(keeper->tick(world->clock.now()).has_value());
        first = keeper->list()->front().entry.id();
    }
    [[nodiscard]] spool::EpochList published() const {
        return *spool::EpochList::open(*keeper->signed_list(), {"release", world->signer.verifying_key()},
                                       world->tenant, 0, world->clock.now());
    }
};

}  // namespace

TEST_CASE("HOSTILE 7: memory that runs out leaves no destroyed key that opens, and no key in a list that doesn't",
          "[service][oom]") {
    struct Act {
        std::string name;
        std::function<bool(World&)> act, done;
    };
    const Act acts[] = {{"end", [](World& w) { return w.keeper->end(w.first).has_value(); },
                         [](World& w) { return w.folder->is_destroyed(w.world->tenant, w.first); }},
                        {"rotate", [](World& w) { return w.keeper->rotate().has_value(); },
                         [](World& w) { return w.published().keys.size() == 2; }}};
    for (const auto& [name, act, done] : acts) {
        CAPTURE(name);
        World w;
        const test::Counts counts = test::each_allocation(
            [&] { w.prepare(); }, [&] { return act(w); },
            [&](test::Ended ended) {
                const bool destroyed = w.folder->is_destroyed(w.world->tenant, w.first);
                hold(done(w) || ended != test::Ended::well);
                hold(w.world->ring.opening_key(w.first).has_value() != destroyed);
                const spool::EpochList list = w.published();
                for (const auto& entry : list.keys) hold(w.world->ring.opening_key(entry.id()).has_value());
                w.restart();
                // The log that memory ran out on writes nothing more before it is opened anew.
                const auto ticked = w.keeper->tick(w.world->clock.now());
                hold(ticked || ticked.error().code == Errc::log_unavailable);
                for (const auto& entry : list.keys) {
                    const auto alive = *w.keeper->list();
                    hold(std::ranges::any_of(alive, [&](const auto& one) { return one.entry == entry; }));
                }
                if (destroyed) hold(!w.world->ring.opening_key(w.first));
            },
            3);
        CHECK(counts.failures > 10);
        CHECK(counts.stops * 20 < counts.failures);
    }
}
