// SPDX-License-Identifier: Apache-2.0
// The main job without a socket, a file or a database: submit, hand over, take, release; and what must not go through.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::check_failed;
using test::must;
using test::World;

TEST_CASE("a document goes from its owner to the device, and nothing stays", "[service]") {
    World world;
    const Bytes pdf = test::make_pdf(3, "CANARY text");
    const ipp::JobInfo info = world.print(pdf, world.alice, "alice");
    CHECK(info.impressions == 3);
    CHECK(world.intake_blobs.list()->size() == 2);

    CHECK(world.intake->handover.run().taken == 1);
    CHECK(world.intake_blobs.list()->empty());
    CHECK(world.release_blobs.list()->size() == 2);

    const auto own = must(world.release->desk.jobs(world.session_of(world.alice)));
    REQUIRE(own.size() == 1);
    CHECK(own[0].title == "CANARY title");
    CHECK(must(world.release->desk.jobs(world.session_of(world.bob))).empty());
    CHECK(
        world.release->desk.release(world.session_of(world.bob), world.mfd, info.uuid, job::Wish::print).error().code ==
        Errc::not_found);
    CHECK(world.device.deliveries == 0);

    const service::Released released =
        must(world.release->desk.release(world.session_of(world.alice), world.mfd, info.uuid, job::Wish::print));
    CHECK(released.state == job::State::printed);
    CHECK(world.device.got == pdf);
    CHECK(world.release_blobs.list()->empty());
    CHECK(world.release->desk.release(world.session_of(world.alice), world.mfd, info.uuid, job::Wish::print)
              .error()
              .code == Errc::illegal_transition);
    CHECK(world.device.deliveries == 1);
}

TEST_CASE("with the release server away a job waits at the intake, and comes through when it is back", "[service]") {
    World world;
    world.cut = true;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    const auto first = world.intake->handover.run();
    CHECK(first.taken == 0);
    CHECK(first.unavailable);
    CHECK(world.intake_blobs.list()->size() == 2);

    // A restart finds it again by its files and its leaf.
    service::Handover again{{world.intake_blobs, world.intake->recorder, world, world.clock}};
    const auto recovered = must(again.recover());
    CHECK(recovered.waiting == 1);
    CHECK(recovered.removed == 0);
    world.cut = false;
    CHECK(again.run().taken == 1);
    CHECK(world.intake_blobs.list()->empty());
    CHECK(must(world.release->desk.jobs(world.session_of(world.alice))).size() == 1);
}

TEST_CASE("a file that was never acknowledged doesn't survive a restart", "[service]") {
    World world;
    const spool::Header header{.tenant = world.tenant,
                               .job = JobId::make(world.clock, world.random),
                               .document = 1,
                               .owner = world.alice,
                               .intake = world.instance,
                               .created = world.clock.now()};
    auto writer = must(spool::Writer::create(must(world.intake_blobs.create({header.job, 1})), header, world.epoch_key,
                                             world.signer, world.random));
    (void)must(std::move(writer).finish());
    const auto recovered = must(world.intake->handover.recover());
    CHECK(recovered.waiting == 0);
    CHECK(recovered.removed == 1);
    CHECK(world.intake_blobs.list()->empty());
}

namespace {

/// A job that was taken over; then the database loses its row.
struct Lost {
    World world;
    Bytes pdf = test::make_pdf(2, "CANARY text");
    JobId job;

    Lost() {
        job = world.print(pdf, world.alice, "alice").uuid;
        REQUIRE(world.intake->handover.run().taken == 1);
    }
    void lose() {
        {
            const auto unit = must(world.repository.begin());
            REQUIRE(unit->erase(world.tenant, job));
            REQUIRE(unit->commit());
        }
        world.restart();
    }
    service::Custody::Swept sweep() { return must(world.release->custody.sweep()); }
    job::Job row() {
        const auto unit = must(world.repository.begin());
        return must(unit->find(world.tenant, job));
    }
    std::size_t files() { return world.release_blobs.list()->size(); }
};

}  // namespace

TEST_CASE("a job that the database lost is held again, from its files and the log", "[service]") {
    Lost lost;
    lost.lose();
    const auto swept = lost.sweep();
    CHECK(swept.restored == 1);
    CHECK(swept.removed == 0);
    CHECK(swept.left.empty());
    const auto own = must(lost.world.release->desk.jobs(lost.world.session_of(lost.world.alice)));
    REQUIRE(own.size() == 1);
    CHECK(own[0].title == "CANARY title");
    CHECK(lost.sweep().restored == 0);
    // Its intake, if it hadn't heard that it was taken, is content.
    CHECK(lost.world.release->custody.take(lost.world.instance, lost.job));
    CHECK(must(lost.world.release->desk.release(lost.world.session_of(lost.world.alice), lost.world.mfd, lost.job,
                                                job::Wish::print))
              .state == job::State::printed);
    CHECK(lost.world.device.got == lost.pdf);
}

TEST_CASE("a lost job is found in the log also where the clocks were days apart", "[service]") {
    // What the release server's clock said when it took the job, against the intake's when it made it.
    const auto apart = GENERATE(-400h, -25h, -23h, 23h, 400h);
    World world;
    for (int i = 0; i < 3; ++i) {  // something before and after it
        REQUIRE(world.release->recorder.daemon_stopped("release"));
        world.clock.advance(1h);
    }
    world.cut = true;
    const JobId job = world.print(test::make_pdf(1, "x"), world.alice, "alice").uuid;
    world.clock.advance(apart);
    world.cut = false;
    REQUIRE(world.intake->handover.run().taken == 1);
    world.clock.advance(-apart);
    for (int i = 0; i < 3; ++i) {
        world.clock.advance(48h);
        REQUIRE(world.release->recorder.daemon_stopped("release"));
    }
    {
        const auto unit = must(world.repository.begin());
        must(unit->erase(world.tenant, job));
        must(unit->commit());
    }
    world.restart();
    const auto swept = must(world.release->custody.sweep());
    CHECK(swept.restored == 1);
    CHECK(swept.removed == 0);
    CHECK(must(world.release->desk.release(world.session_of(world.alice), world.mfd, job, job::Wish::print)).state ==
          job::State::printed);
}

TEST_CASE("files of a job that was never taken over go, after the whole log was asked", "[service]") {
    World world;
    world.cut = true;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    for (int i = 0; i < 3; ++i) {
        REQUIRE(world.release->recorder.daemon_stopped("release"));
        world.clock.advance(48h);
    }
    const auto files = must(world.intake_blobs.list());
    for (const spool::BlobName& name : files) world.release_blobs.put(name, world.intake_blobs.bytes(name));
    const auto swept = must(world.release->custody.sweep());
    CHECK(swept.removed == files.size());
    CHECK(swept.restored == 0);
    CHECK(swept.left.empty());
}

TEST_CASE("what was a favourite or restricted is so again", "[service]") {
    Lost lost;
    REQUIRE(lost.world.release->desk.keep(lost.world.session_of(lost.world.alice), lost.job, true));
    CHECK(must(lost.world.release->desk.release(lost.world.session_of(lost.world.alice), lost.world.mfd, lost.job,
                                                job::Wish::print))
              .state == job::State::held);
    REQUIRE(lost.world.release->recorder.job_restricted(lost.row(), true));
    lost.lose();
    CHECK(lost.sweep().restored == 1);
    CHECK(lost.row().kept);
    CHECK(lost.row().restricted);
    CHECK(lost.row().expires == lost.world.clock.now() + std::chrono::days{90});
}

TEST_CASE("no lost job comes back that has ended, or that somebody tried to print", "[service]") {
    Lost ended;
    {
        // Deleted, and cut off before its files were.
        job::Jobs jobs{ended.world.repository, ended.world.release->recorder, ended.world.clock, ended.world.random};
        REQUIRE(jobs.remove(ended.world.tenant, ended.world.alice, ended.job));
    }
    REQUIRE(ended.files() == 2);
    ended.lose();
    CHECK(ended.sweep().removed == 2);
    CHECK(ended.files() == 0);

    Lost tried;
    tried.world.device.end = job::Outcome::Kind::lost;
    CHECK(must(tried.world.release->desk.release(tried.world.session_of(tried.world.alice), tried.world.mfd, tried.job,
                                                 job::Wish::print))
              .state == job::State::uncertain);
    tried.lose();
    const auto left = tried.sweep();
    CHECK(left.restored == 0);
    REQUIRE(left.left.size() == 1);
    CHECK(left.left[0].first == tried.job);
    CHECK(left.left[0].second.code == Errc::conflict);
    CHECK(tried.files() == 2);

    // Damaged meanwhile: left for `spool verify`.
    Lost damaged;
    Bytes bytes = damaged.world.release_blobs.bytes({damaged.job, 0});
    bytes[300] ^= std::byte{1};
    damaged.world.release_blobs.put({damaged.job, 0}, bytes);
    damaged.lose();
    CHECK(damaged.sweep().left.size() == 1);
    CHECK(damaged.files() == 2);

    // Of somebody who was erased: nobody can ever open it.
    Lost erased;
    erased.world.subjects.destroy(erased.world.alice);
    erased.lose();
    CHECK(erased.sweep().removed == 2);
}

TEST_CASE("a document that couldn't be received at all may be sent again", "[service]") {
    struct Absent final : service::EpochSource {
        std::optional<spool::EpochPublicKey> key;
        Result<spool::EpochPublicKey> current() override {
            if (!key) return fail(Errc::unavailable, "epoch list");
            return *key;
        }
    } epochs;
    World world;
    epochs.key = world.epoch_key;
    service::Submit submit{world.submit_parts(epochs)};
    const ipp::Caller caller{.path = "/ipp/print", .owner = ipp::Owner{world.alice, "alice"}, .peer_address = {}};
    const ipp::JobInfo job = must(submit.create_job(caller, {.job_name = "t"}));
    epochs.key.reset();
    CHECK(submit.open_document(caller, job.id, {}).error().code == Errc::unavailable);
    epochs.key = world.epoch_key;
    auto sink = must(submit.open_document(caller, job.id, {}));
    must(sink->append(test::make_pdf(1, "x")));
    CHECK(must(sink->finish()).id == job.id);
}

TEST_CASE("an intake can't hand in another intake's files", "[service]") {
    World world;
    const JobId job = world.print(test::make_pdf(1, "x"), world.alice, "alice").uuid;
    world.sent_by = InstanceId::make(world.clock, world.random);
    const auto progress = world.intake->handover.run();
    CHECK(progress.taken == 0);
    REQUIRE(progress.refused.size() == 1);
    CHECK(progress.refused[0].second.code == Errc::denied);
    CHECK(must(world.release->desk.jobs(world.session_of(world.alice))).empty());
    check_failed(world, job, world.alice, "denied");
    CHECK(world.intake_blobs.list()->size() == 2);
    CHECK(world.release_blobs.list()->empty());
}

TEST_CASE("an intake can't leave a file in another's name, or one that it didn't sign", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "x"), world.alice, "alice");
    const Bytes file = world.intake_blobs.bytes({info.uuid, 0});
    const auto sent = [&](InstanceId by, JobId as, const Bytes& bytes) -> Result<void> {
        SAFEQ_TRY(auto sink, world.release->custody.receive(by, {as, 0}));
        SAFEQ_TRY_VOID(sink->write(bytes));
        return sink->commit();
    };
    Bytes strange = file;
    strange[70] ^= std::byte{1};  // in the intake's name
    Bytes unsigned_one = file;
    unsigned_one[1300] ^= std::byte{1};
    const InstanceId other = InstanceId::make(world.clock, world.random);
    CHECK(sent(world.instance, info.uuid, strange).error().code == Errc::denied);
    CHECK(sent(other, info.uuid, file).error().code == Errc::denied);
    CHECK(sent(world.instance, info.uuid, unsigned_one).error().code == Errc::signature_invalid);
    CHECK(sent(world.instance, JobId::make(world.clock, world.random), file).error().code == Errc::header_mismatch);
    CHECK(sent(world.instance, info.uuid, Bytes(file.begin(), file.begin() + 1000)).error().code == Errc::truncated);
    CHECK(world.release_blobs.list()->empty());
    CHECK(sent(world.instance, info.uuid, file));
    CHECK(world.release_blobs.list()->size() == 1);
}

TEST_CASE("an attempt without an end leaves the job to its owner", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "x"), world.alice, "alice");
    CHECK(world.intake->handover.run().taken == 1);
    world.device.end = job::Outcome::Kind::lost;
    const auto session = world.session_of(world.alice);
    CHECK(must(world.release->desk.release(session, world.mfd, info.uuid, job::Wish::print)).state ==
          job::State::uncertain);
    CHECK(world.release->desk.release(session, world.mfd, info.uuid, job::Wish::print).error().code ==
          Errc::illegal_transition);
    CHECK(must(world.release->desk.accept_as_printed(session, info.uuid)).state == job::State::printed);
    CHECK(world.release_blobs.list()->empty());
    CHECK(world.device.deliveries == 1);
}

TEST_CASE("an intake can't put another document in the place of one that was taken", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "what alice read"), world.alice, "alice");
    CHECK(world.intake->handover.run().taken == 1);
    // Signed by the same intake, for the same job, document and owner.
    auto source = must(world.release_blobs.open({info.uuid, 1}));
    const spool::Header header = must(spool::inspect(*source)).header();
    must(world.release_blobs.remove({info.uuid, 1}));
    auto writer = must(spool::Writer::create(must(world.release_blobs.create({info.uuid, 1})), header, world.epoch_key,
                                             world.signer, world.random));
    must(writer.append(test::make_pdf(1, "what somebody slipped in")));
    (void)must(std::move(writer).finish());

    const auto session = world.session_of(world.alice);
    const auto released = must(world.release->desk.release(session, world.mfd, info.uuid, job::Wish::print));
    CHECK(released.state == job::State::aborted);
    CHECK(released.detail.contains("header_mismatch"));
    CHECK(world.device.deliveries == 0);
}

TEST_CASE("a job that can't be recorded is not accepted, and its files don't survive", "[service]") {
    World world;
    using enum test::MemoryDisk::Failure;
    for (const auto how : {clean, unknown_lost}) {
        world.intake_log_disk->fail(0, how);
        const auto refused = world.try_print(test::make_pdf(1, "x"), world.alice, "alice");
        REQUIRE(!refused);
        CHECK(refused.error().code == Errc::log_unavailable);
        CHECK(world.intake->handover.waiting() == 0);
        CHECK(world.intake->log->size() == 0);
        // Where nobody knows what the log has, the ticket tells the next start of the job, and nobody else.
        CHECK(must(world.intake_blobs.list()).size() == (how == clean ? 0 : 1));
    }
    // Opened anew, the log takes records again; what was not acknowledged goes.
    world.restart();
    CHECK(must(world.intake->handover.recover()).waiting == 0);
    CHECK(world.intake_blobs.list()->empty());
}

TEST_CASE("a job that can't be recorded is not taken over, and stays at the intake", "[service]") {
    World world;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    world.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    const auto progress = world.intake->handover.run();
    CHECK(progress.taken == 0);
    CHECK(progress.unavailable->code == Errc::log_unavailable);
    CHECK(must(world.release->desk.jobs(world.session_of(world.alice))).empty());
    CHECK(world.intake_blobs.list()->size() == 2);
    CHECK(world.intake->handover.run().taken == 1);
}

TEST_CASE("without a record no byte goes to the device", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "x"), world.alice, "alice");
    CHECK(world.intake->handover.run().taken == 1);
    const auto session = world.session_of(world.alice);
    world.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(world.release->desk.release(session, world.mfd, info.uuid, job::Wish::print).error().code ==
          Errc::log_unavailable);
    CHECK(world.device.deliveries == 0);
    // The log is well again, and so is the job, once it is told that nothing left.
    CHECK(must(world.release->jobs.flush(world.tenant)).size() == 1);
    CHECK(must(world.release->desk.release(session, world.mfd, info.uuid, job::Wish::print)).state ==
          job::State::printed);
    CHECK(world.device.deliveries == 1);
}

TEST_CASE("an erased person's job is refused for good and holds up nobody", "[service]") {
    World world;
    const JobId erased = world.print(test::make_pdf(1, "x"), world.alice, "alice").uuid;
    (void)world.print(test::make_pdf(1, "y"), world.bob, "bob");
    world.subjects.destroy(world.alice);
    const auto progress = world.intake->handover.run();
    CHECK(progress.taken == 1);
    REQUIRE(progress.refused.size() == 1);
    CHECK(progress.refused[0].second.code == Errc::key_destroyed);
    CHECK(must(world.release->desk.jobs(world.session_of(world.bob))).size() == 1);
    CHECK(world.intake->handover.waiting() == 0);
    check_failed(world, erased, world.alice, "key_destroyed");
    CHECK(must(world.intake_blobs.list()).empty());
    CHECK(must(world.release_blobs.list()).size() == 2);
}

TEST_CASE("a job sealed to a destroyed key is on record as failed, and holds up nobody", "[service]") {
    World world;
    const ipp::JobInfo lost = world.print(test::make_pdf(1, "x"), world.alice, "alice");
    world.ring.destroy(spool::EpochId::of(world.epoch_key));
    world.begin_epoch();
    (void)world.print(test::make_pdf(1, "y"), world.bob, "bob");
    const auto progress = world.intake->handover.run();
    CHECK(progress.taken == 1);
    REQUIRE(progress.refused.size() == 1);
    CHECK(progress.refused[0].second.code == Errc::key_destroyed);
    CHECK(must(world.release->desk.jobs(world.session_of(world.bob))).size() == 1);
    CHECK(world.intake->handover.waiting() == 0);
    CHECK(must(world.intake_blobs.list()).empty());
    CHECK(must(world.release_blobs.list()).size() == 2);
    check_failed(world, lost.uuid, world.alice, "key_destroyed");
}
