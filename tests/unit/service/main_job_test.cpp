// SPDX-License-Identifier: Apache-2.0
// The main job without a socket, a file or a database: submit, hand over, take, release; and what must not go through.
#include <safeq/service/custody.hpp>
#include <safeq/service/handover.hpp>
#include <safeq/service/release_desk.hpp>
#include <safeq/service/submit.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "support/documents.hpp"
#include "support/memory_audit.hpp"
#include "support/memory_auth.hpp"
#include "support/memory_jobs.hpp"
#include "support/memory_spool.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace std::chrono_literals;

namespace {

template <class T>
T must(Result<T> result) {
    INFO((result ? std::string{} : result.error().message()));
    REQUIRE(result);
    return *std::move(result);
}

void must(Result<void> result) {
    INFO((result ? std::string{} : result.error().message()));
    REQUIRE(result);
}

class OneEpoch final : public service::EpochSource {
public:
    explicit OneEpoch(const spool::EpochPublicKey& key) : key_{key} {}
    Result<spool::EpochPublicKey> current() override { return key_; }

private:
    spool::EpochPublicKey key_;
};

class Counter final : public service::JobNumbers {
public:
    Result<std::int32_t> next() override { return ++last_; }

private:
    std::int32_t last_ = 0;
};

/// A device that keeps what it is sent, and ends as it is told to.
class Device final : public service::Delivery {
public:
    service::Delivered deliver(const service::Consignment& consignment) override {
        got.clear();
        for (;;) {
            const auto piece = consignment.next();
            if (!piece) return {.outcome = {.kind = job::Outcome::Kind::lost}, .detail = piece.error().message()};
            if (piece->empty()) break;
            got.insert(got.end(), piece->begin(), piece->end());
        }
        ++deliveries;
        return {.outcome = {.kind = end}, .detail = {}};
    }

    job::Outcome::Kind end = job::Outcome::Kind::printed;
    Bytes got;
    int deliveries = 0;
};

/// Both servers in one process, and the way between them, which can be cut.
struct World final : service::Upstream {
    ManualClock clock{Time{1'800'000'000'000ms}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    InstanceId instance = InstanceId::make(clock, random);
    crypto::SigningKey signer = crypto::SigningKey::generate(random);
    crypto::SigningKey log_key = crypto::SigningKey::generate(random);

    // The release server.
    spool::EpochRing ring;
    spool::IntakeTable intakes;
    test::MemoryBlobStore release_blobs;
    test::MemoryRepository repository;
    test::MemoryCredentialStore accounts;
    test::MemorySubjectKeys subjects;
    std::shared_ptr<test::MemoryDisk> release_log_disk = std::make_shared<test::MemoryDisk>();
    test::MemoryLogStore release_disk{release_log_disk};
    std::unique_ptr<audit::Log> release_log = must(audit::Log::open(release_disk, "release", log_key));
    service::Recorder release_recorder{{tenant, *release_log, &subjects, clock, random}};
    job::Jobs jobs_{repository, release_recorder, clock, random};
    job::ReleaseGate gate{repository, clock};
    Device device;
    service::ReleaseDesk desk{{tenant, gate, jobs_, release_blobs, ring, intakes, subjects, device, clock, {72h}}};
    service::Custody custody{{tenant,
                              release_blobs,
                              ring,
                              intakes,
                              repository,
                              jobs_,
                              accounts,
                              subjects,
                              release_recorder,
                              clock,
                              random,
                              {72h}}};

    // The intake.
    spool::EpochPublicKey epoch_key{};
    test::MemoryBlobStore intake_blobs;
    std::shared_ptr<test::MemoryDisk> intake_log_disk = std::make_shared<test::MemoryDisk>();
    test::MemoryLogStore intake_disk{intake_log_disk};
    std::unique_ptr<audit::Log> intake_log = must(audit::Log::open(intake_disk, "intake", log_key));
    service::Recorder intake_recorder{{tenant, *intake_log, nullptr, clock, random}};
    Counter numbers;
    service::Handover handover{{intake_blobs, intake_recorder, *this}};
    bool cut = false;
    std::optional<std::vector<service::RemoteJob>> there;  ///< what the release server says that somebody has
    service::UserQuota quota;
    InstanceId sent_by = instance;

    SubjectId alice = add("alice");
    SubjectId bob = add("bob");
    job::Device mfd{.id = DeviceId::make(clock, random), .tenant = tenant, .name = "mfd", .factor_rule = "card+pin"};

    World() {
        auto key = crypto::XwingPrivateKey::generate(random);
        epoch_key = key.public_key();
        (void)must(ring.add(std::move(key)));
        intakes.set(instance, signer.verifying_key());
    }

    SubjectId add(const std::string& name) {
        const SubjectId subject = SubjectId::make(clock, random);
        must(accounts.save({.tenant = tenant, .subject = subject, .name = name, .created = clock.now()}));
        subjects.put(subject, audit::SubjectKey::random(random));
        return subject;
    }

    token::Session session_of(SubjectId subject) {
        return {.id = SessionId::make(clock, random), .tenant = tenant, .device = mfd.id, .subject = subject};
    }

    ipp::JobInfo print(const Bytes& document, SubjectId subject, std::string name) {
        return must(try_print(document, subject, std::move(name)));
    }

    Result<ipp::JobInfo> try_print(const Bytes& document, SubjectId subject, std::string name) {
        OneEpoch epochs{epoch_key};
        service::Submit submit{{.tenant = tenant,
                                .instance = instance,
                                .blobs = intake_blobs,
                                .epochs = epochs,
                                .numbers = numbers,
                                .signer = signer,
                                .recorder = intake_recorder,
                                .handover = handover,
                                .upstream = *this,
                                .clock = clock,
                                .random = random,
                                .base_uri = "ipps://localhost",
                                .printer_name = "test",
                                .max_document_bytes = 1 << 24,
                                .max_incoming = 10,
                                .quota = quota,
                                .taken = {}}};
        const ipp::Caller caller{.path = "/ipp/print", .owner = ipp::Owner{subject, name}, .peer_address = {}};
        SAFEQ_TRY(auto sink,
                  submit.print(caller, {.job_name = "CANARY title", .document_format = "application/pdf"}));
        SAFEQ_TRY_VOID(sink->append(document));
        return sink->finish();
    }

    // Upstream, without a network.
    Result<service::Identity> identify(service::Shown, std::string, std::string, const crypto::Secret&) override {
        return fail(Errc::denied, "identify");
    }
    Result<void> send(const spool::BlobName& name, spool::BlobSource& file) override {
        if (cut) return fail(Errc::unavailable, "release");
        SAFEQ_TRY(auto sink, custody.receive(name));
        SAFEQ_TRY(const std::uint64_t size, file.size());
        Bytes bytes(size);
        SAFEQ_TRY_VOID(spool::read_exactly(file, 0, bytes, "file"));
        SAFEQ_TRY_VOID(sink->write(bytes));
        return sink->commit();
    }
    Result<void> take(JobId job) override {
        if (cut) return fail(Errc::unavailable, "release");
        return custody.take(sent_by, job);
    }
    Result<std::vector<service::RemoteJob>> jobs(SubjectId) override {
        if (!there) return fail(Errc::unavailable, "release");
        return *there;
    }
    Result<void> cancel(SubjectId, JobId) override { return fail(Errc::unavailable, "release"); }
};

}  // namespace

TEST_CASE("a document goes from its owner to the device, and nothing stays", "[service]") {
    World world;
    const Bytes pdf = test::make_pdf(3, "CANARY text");
    const ipp::JobInfo info = world.print(pdf, world.alice, "alice");
    CHECK(info.impressions == 3);
    CHECK(world.intake_blobs.list()->size() == 2);

    CHECK(world.handover.run().taken == 1);
    CHECK(world.intake_blobs.list()->empty());
    CHECK(world.release_blobs.list()->size() == 2);

    const auto own = must(world.desk.jobs(world.session_of(world.alice)));
    REQUIRE(own.size() == 1);
    CHECK(own[0].title == "CANARY title");
    CHECK(must(world.desk.jobs(world.session_of(world.bob))).empty());
    CHECK(world.desk.release(world.session_of(world.bob), world.mfd, info.uuid, job::Wish::print).error().code ==
          Errc::not_found);
    CHECK(world.device.deliveries == 0);

    const service::Released released =
        must(world.desk.release(world.session_of(world.alice), world.mfd, info.uuid, job::Wish::print));
    CHECK(released.state == job::State::printed);
    CHECK(world.device.got == pdf);
    CHECK(world.release_blobs.list()->empty());
    CHECK(world.desk.release(world.session_of(world.alice), world.mfd, info.uuid, job::Wish::print).error().code ==
          Errc::illegal_transition);
    CHECK(world.device.deliveries == 1);
}

TEST_CASE("with the release server away a job waits at the intake, and comes through when it is back", "[service]") {
    World world;
    world.cut = true;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    const auto first = world.handover.run();
    CHECK(first.taken == 0);
    CHECK(first.unavailable);
    CHECK(world.intake_blobs.list()->size() == 2);

    // A restart finds it again by its files and its leaf.
    service::Handover again{{world.intake_blobs, world.intake_recorder, world}};
    const auto recovered = must(again.recover());
    CHECK(recovered.waiting == 1);
    CHECK(recovered.removed == 0);
    world.cut = false;
    CHECK(again.run().taken == 1);
    CHECK(world.intake_blobs.list()->empty());
    CHECK(must(world.desk.jobs(world.session_of(world.alice))).size() == 1);
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
    const auto recovered = must(world.handover.recover());
    CHECK(recovered.waiting == 0);
    CHECK(recovered.removed == 1);
    CHECK(world.intake_blobs.list()->empty());
}

TEST_CASE("an intake can't hand in another intake's files", "[service]") {
    World world;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    world.sent_by = InstanceId::make(world.clock, world.random);
    const auto progress = world.handover.run();
    CHECK(progress.taken == 0);
    REQUIRE(progress.refused.size() == 1);
    CHECK(progress.refused[0].second.code == Errc::denied);
    CHECK(must(world.desk.jobs(world.session_of(world.alice))).empty());
}

TEST_CASE("an attempt without an end leaves the job to its owner", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "x"), world.alice, "alice");
    CHECK(world.handover.run().taken == 1);
    world.device.end = job::Outcome::Kind::lost;
    const auto session = world.session_of(world.alice);
    CHECK(must(world.desk.release(session, world.mfd, info.uuid, job::Wish::print)).state == job::State::uncertain);
    CHECK(world.desk.release(session, world.mfd, info.uuid, job::Wish::print).error().code == Errc::illegal_transition);
    CHECK(must(world.desk.accept_as_printed(session, info.uuid)).state == job::State::printed);
    CHECK(world.release_blobs.list()->empty());
    CHECK(world.device.deliveries == 1);
}

TEST_CASE("an intake can't put another document in the place of one that was taken", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "what alice read"), world.alice, "alice");
    CHECK(world.handover.run().taken == 1);
    // Signed by the same intake, for the same job, document and owner.
    auto source = must(world.release_blobs.open({info.uuid, 1}));
    const spool::Header header = must(spool::inspect(*source)).header();
    must(world.release_blobs.remove({info.uuid, 1}));
    auto writer = must(spool::Writer::create(must(world.release_blobs.create({info.uuid, 1})), header, world.epoch_key,
                                             world.signer, world.random));
    must(writer.append(test::make_pdf(1, "what somebody slipped in")));
    (void)must(std::move(writer).finish());

    const auto session = world.session_of(world.alice);
    const auto released = must(world.desk.release(session, world.mfd, info.uuid, job::Wish::print));
    CHECK(released.state == job::State::aborted);
    CHECK(released.detail.contains("header_mismatch"));
    CHECK(world.device.deliveries == 0);
}

TEST_CASE("a job that can't be recorded is not accepted, and its files don't survive", "[service]") {
    World world;
    for (const auto how : {test::MemoryDisk::Failure::clean, test::MemoryDisk::Failure::unknown_lost}) {
        world.intake_log_disk->fail(0, how);
        const auto refused = world.try_print(test::make_pdf(1, "x"), world.alice, "alice");
        REQUIRE(!refused);
        CHECK(refused.error().code == Errc::log_unavailable);
        CHECK(world.handover.waiting() == 0);
        CHECK(world.intake_log->size() == 0);
    }
    // Opened anew, the log takes records again; what was not acknowledged goes.
    test::MemoryLogStore disk{world.intake_log_disk};
    const auto log = must(audit::Log::open(disk, "intake", world.log_key));
    service::Recorder recorder{{world.tenant, *log, nullptr, world.clock, world.random}};
    service::Handover again{{world.intake_blobs, recorder, world}};
    CHECK(must(again.recover()).waiting == 0);
    CHECK(world.intake_blobs.list()->empty());
}

TEST_CASE("a job that can't be recorded is not taken over, and stays at the intake", "[service]") {
    World world;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    world.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    const auto progress = world.handover.run();
    CHECK(progress.taken == 0);
    CHECK(progress.unavailable->code == Errc::log_unavailable);
    CHECK(must(world.desk.jobs(world.session_of(world.alice))).empty());
    CHECK(world.intake_blobs.list()->size() == 2);
    CHECK(world.handover.run().taken == 1);
}

TEST_CASE("without a record no byte goes to the device", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "x"), world.alice, "alice");
    CHECK(world.handover.run().taken == 1);
    const auto session = world.session_of(world.alice);
    world.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(world.desk.release(session, world.mfd, info.uuid, job::Wish::print).error().code == Errc::log_unavailable);
    CHECK(world.device.deliveries == 0);
    // The log is well again, and so is the job.
    CHECK(must(world.desk.release(session, world.mfd, info.uuid, job::Wish::print)).state == job::State::printed);
    CHECK(world.device.deliveries == 1);
}

TEST_CASE("an erased person's job is refused for good and holds up nobody", "[service]") {
    World world;
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    (void)world.print(test::make_pdf(1, "y"), world.bob, "bob");
    world.subjects.destroy(world.alice);
    const auto progress = world.handover.run();
    CHECK(progress.taken == 1);
    REQUIRE(progress.refused.size() == 1);
    CHECK(progress.refused[0].second.code == Errc::denied);
    CHECK(must(world.desk.jobs(world.session_of(world.bob))).size() == 1);
    CHECK(world.handover.waiting() == 0);
}

TEST_CASE("who has as many jobs waiting as they may have is refused another, and that is on record", "[service]") {
    World world;
    world.quota.jobs = 2;
    const auto remote = [&](job::State state, std::uint64_t bytes) {
        return service::RemoteJob{.id = JobId::make(world.clock, world.random), .state = state, .bytes = bytes};
    };
    world.there = {remote(job::State::held, 10), remote(job::State::printed, 10)};
    (void)world.print(test::make_pdf(1, "x"), world.alice, "alice");
    world.there->push_back(remote(job::State::held, 10));
    const auto refused = world.try_print(test::make_pdf(1, "x"), world.alice, "alice");
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::too_many);
    CHECK(refused.error().message().contains("no jobs are left"));
    const audit::Record record = must(audit::Record::parse(must(world.intake_log->entry(world.intake_log->size() - 1))));
    CHECK(record.kind == audit::Kind::quota_refused);
    CHECK(record.subject == world.alice);
    // While the release server is away, what it has doesn't count.
    world.there.reset();
    CHECK(world.try_print(test::make_pdf(1, "x"), world.alice, "alice"));
}

TEST_CASE("a document is refused at the byte that its owner has no room for", "[service]") {
    World world;
    const Bytes pdf = test::make_pdf(1, "x");
    world.there = {{.id = JobId::make(world.clock, world.random), .state = job::State::held, .bytes = 1000}};
    world.quota.bytes = 1000 + pdf.size() - 1;
    const auto refused = world.try_print(pdf, world.alice, "alice");
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::too_many);
    CHECK(refused.error().message().contains("no bytes are left"));
    CHECK(world.intake_blobs.list()->empty());
    world.quota.bytes += 1;
    CHECK(world.try_print(pdf, world.alice, "alice"));
}
