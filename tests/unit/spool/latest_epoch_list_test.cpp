// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/latest_epoch_list.hpp>

#include "world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using spool::EpochList;
using spool::LatestEpochList;
using test::code_of;

namespace {

struct Lists {
    test::World world;
    crypto::SigningKey key = crypto::SigningKey::generate(world.random);
    Time now = world.clock.now();

    [[nodiscard]] std::string note(std::uint64_t sequence, Time issued) const {
        const auto list =
            EpochList::issue(world.header.tenant, sequence, issued, {{world.epoch, issued, issued + 25h, false}});
        return *list.encode_signed(key, "release");
    }
    [[nodiscard]] LatestEpochList latest() const { return {{"release", key.verifying_key()}, world.header.tenant}; }
};

}  // namespace

TEST_CASE("the newest list counts, and none that is older than one that was seen", "[spool]") {
    const Lists w;
    LatestEpochList latest = w.latest();
    CHECK_FALSE(latest.list());
    REQUIRE(latest.accept(w.note(5, w.now), w.now));
    REQUIRE(latest.accept(w.note(5, w.now), w.now));
    CHECK(code_of(latest.accept(w.note(4, w.now), w.now)) == Errc::rollback);
    CHECK(latest.list()->sequence == 5);
    REQUIRE(latest.accept(w.note(9, w.now), w.now + 1h));
    CHECK(latest.list()->sequence == 9);
}

TEST_CASE("a list that is over when it is recalled is still one that was seen", "[spool]") {
    const Lists w;
    const std::string kept = w.note(7, w.now);
    for (const Time later : {w.now + 49h, w.now - 24h}) {
        LatestEpochList latest = w.latest();
        CHECK(code_of(latest.recall(kept, later)) == Errc::epoch_expired);
        CHECK_FALSE(latest.list());
        CHECK(code_of(latest.accept(w.note(6, later), later)) == Errc::rollback);
        REQUIRE(latest.accept(w.note(8, later), later));
    }
    LatestEpochList latest = w.latest();
    REQUIRE(latest.recall(kept, w.now + 1h));
    CHECK(latest.list()->sequence == 7);
}

TEST_CASE("what somebody else has put in the place of a kept list is as good as none", "[spool]") {
    const Lists w;
    Lists other;
    other.key = crypto::SigningKey::generate(other.world.random);
    LatestEpochList latest = w.latest();
    std::string bad = w.note(7, w.now);
    bad[bad.find("sequence 7") + 9] = '9';
    for (const std::string& note : {std::string{}, std::string{"x"}, bad, other.note(7, w.now)})
        CHECK_FALSE(latest.recall(note, w.now));
    REQUIRE(latest.accept(w.note(1, w.now), w.now));
}
