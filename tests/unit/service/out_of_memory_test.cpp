// SPDX-License-Identifier: Apache-2.0
// Every single allocation of each step of the main job fails once: what was acknowledged is there, nothing is printed
// twice, nothing is readable, the logs verify, and what is tried again after a restart succeeds.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/tile.hpp>

#include "support/allocation/failing_allocation.hpp"

#include "world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::Counts;
using test::each_allocation;
using test::Ended;
using test::hold;
using test::must;
using test::World;

namespace {

void check_nothing_is_readable(World& world) {
    for (test::MemoryBlobStore* const blobs : {&world.intake_blobs, &world.release_blobs})
        for (const spool::BlobName& name : must(blobs->list())) hold(!as_text(blobs->bytes(name)).contains("CANARY"));
}

void check_log(audit::Log& log) {
    const auto published = log.publish();
    hold(published.has_value());
    for (audit::Index i = 0; i < log.size(); ++i)
        must(audit::verify_inclusion(must(log.prove(i, log.size())), audit::leaf_hash(must(log.entry(i))),
                                     published->checkpoint.head.root));
}

// As after a crash: everything volatile is made anew from what is on disk.
void restart(World& world) {
    world.restart();
    (void)must(world.release->jobs.recover(world.tenant));
    (void)must(world.intake->handover.recover());
    check_nothing_is_readable(world);
    if (world.intake->log->size() != 0) check_log(*world.intake->log);
    if (world.release->log->size() != 0) check_log(*world.release->log);
}

std::size_t held(World& world) { return must(world.release->desk.jobs(world.session_of(world.alice))).size(); }

bool waits(const service::OwnJob& own) { return own.job.state == job::State::held; }

// No PDF: libqpdf allocates in a destructor, and where that fails the process ends, as by a crash (see tests/crash).
constexpr const char* format = "image/jpeg";

const Bytes& canary() {
    static const Bytes picture = [] {
        Bytes out = test::make_jpeg();
        const ByteView text = as_bytes("CANARY text");
        out.insert(out.end(), text.begin(), text.end());
        return out;
    }();
    return picture;
}

ipp::JobInfo print(World& world) { return must(world.try_print(canary(), world.alice, "alice", format)); }

}  // namespace

TEST_CASE("an allocation that fails while a document arrives loses nothing that was acknowledged", "[service][oom]") {
    World world;
    const Counts counts =
        each_allocation([&] { return world.try_print(canary(), world.alice, "alice", format).has_value(); },
                        [&](Ended ended) {
                            restart(world);
                            (void)world.intake->handover.run();
                            const std::size_t there = held(world);
                            // What ended without an acknowledgement may have been durable already, or not.
                            hold(ended == Ended::well ? there == 1 : there <= 1);
                            (void)print(world);
                            hold(world.intake->handover.run().taken == 1);
                            hold(held(world) == there + 1);
                            hold(world.intake_blobs.list()->empty());
                        });
    CHECK(counts.failures > 100);
    CHECK(counts.stops * 2 < counts.failures);
}

TEST_CASE("an allocation that fails while a job is handed over loses nothing", "[service][oom]") {
    World world;
    const ipp::JobInfo info = print(world);
    const Counts counts =
        each_allocation([&] { return world.intake->handover.run().taken == 1; },
                        [&](Ended) {
                            restart(world);
                            (void)world.intake->handover.run();
                            hold(held(world) == 1);
                            hold(world.intake_blobs.list()->empty());
                            const auto released = must(world.release->desk.release(
                                world.session_of(world.alice), world.mfd, info.uuid, job::Wish::print));
                            hold(released.state == job::State::printed);
                            hold(world.device.got == canary());
                        });
    CHECK(counts.failures > 100);
    CHECK(counts.stops * 2 < counts.failures);
}

TEST_CASE("an allocation that fails while a job is released prints it at most once unasked", "[service][oom]") {
    World world;
    const ipp::JobInfo info = print(world);
    (void)world.intake->handover.run();
    const auto session = world.session_of(world.alice);
    const auto release = [&] { return world.release->desk.release(session, world.mfd, info.uuid, job::Wish::print); };
    const Counts counts = each_allocation(
        [&] {
            const auto released = release();
            return released && released->state == job::State::printed;
        },
        [&](Ended ended) {
            const int before = world.device.deliveries;
            hold(before <= 1);
            restart(world);
            const auto own = must(world.release->desk.jobs(session));
            if (ended == Ended::well) {
                hold(before == 1);
                hold(std::ranges::none_of(own, waits));
            } else if (!own.empty() && waits(own[0])) {
                // Nothing had left: it may be printed now.
                hold(before == 0);
                hold(must(release()).state == job::State::printed);
                hold(world.device.got == canary());
            } else {
                // Nobody knows: its owner says so, and it isn't printed by itself.
                hold(world.device.deliveries == before);
            }
        });
    CHECK(counts.failures > 100);
    CHECK(counts.stops * 2 < counts.failures);
}
