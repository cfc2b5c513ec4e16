// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/unwitnessed.hpp>

#include "unit/audit/log_world.hpp"

using namespace safeq;
using namespace safeq::audit;
using namespace std::chrono_literals;
using test::LogWorld;
using test::OpenLog;

TEST_CASE("what no witness has seen is counted, from the first such entry or the last look on") {
    LogWorld world;
    OpenLog log{world.disk, world};
    test::MemoryLogReader reader{world.disk};
    const auto grown = [&](std::size_t by) {
        REQUIRE(log->append_all(world.records(by)));
        return log->publish().value().checkpoint;
    };
    for (const std::size_t seen : {0u, 1u, 255u, 256u, 300u}) {
        const Checkpoint cosigned =
            seen == 0 ? log->publish().value().checkpoint : grown(seen - static_cast<std::size_t>(log->size()));
        REQUIRE(cosigned.head.size == seen);
        const Time looked = world.clock.now();
        CHECK(find_unwitnessed(reader, cosigned, cosigned, looked).value() == std::nullopt);
    }
    const Checkpoint cosigned = log->checkpoint()->checkpoint;
    const Time looked = world.clock.now();
    world.clock.advance(10s);
    const Time first = world.clock.now();
    (void)grown(1);
    world.clock.advance(10s);
    const Checkpoint now = grown(300);
    CHECK(find_unwitnessed(reader, now, cosigned, looked).value() == Unwitnessed{301, looked});
    // The witness looks on, at an old state that it is served.
    CHECK(find_unwitnessed(reader, now, cosigned, world.clock.now()).value() == Unwitnessed{301, first});
    // It has seen more than there is: that is for who compares them to tell.
    CHECK(find_unwitnessed(reader, cosigned, now, looked).value() == std::nullopt);
}

TEST_CASE("what no witness has seen is not told where it can't be read") {
    LogWorld world;
    OpenLog log{world.disk, world};
    test::MemoryLogReader reader{world.disk};
    const Checkpoint cosigned = log->publish().value().checkpoint;
    REQUIRE(log->append(world.record()));
    const Checkpoint now = log->publish().value().checkpoint;
    world.disk->files.erase("tile/entries/000.p/1");
    CHECK(find_unwitnessed(reader, now, cosigned, world.clock.now()).error().code == Errc::not_found);
}
