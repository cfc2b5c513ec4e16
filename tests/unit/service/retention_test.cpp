// SPDX-License-Identifier: Apache-2.0
// What is kept for how long, over the real database, spool and log.
#include <safeq/service/retention.hpp>

#include <filesystem>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/schema.hpp>
#include <safeq/service/housekeeping.hpp>
#include <safeq/service/release_desk.hpp>
#include <safeq/spool/writer.hpp>
#include <safeq/store/blob_folder.hpp>
#include <safeq/store/job_repository.hpp>
#include <safeq/store/log_folder.hpp>

#include "memory_epoch_seeds.hpp"
#include "support/temporary_folder.hpp"
#include "world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::must;

namespace {

constexpr service::Retention retention{.held = 72h, .kept = std::chrono::days{90}, .ended = std::chrono::days{7}};

/// A release server on a disk.
struct Site {
    test::TemporaryFolder root;
    ManualClock clock{Time{1'800'000'000'000ms}};
    std::chrono::steady_clock::time_point steady{1000h};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    SubjectId owner = SubjectId::make(clock, random);
    InstanceId intake = InstanceId::make(clock, random);
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    spool::EpochRing ring;
    spool::IntakeTable intakes;
    test::MemorySubjectKeys subjects;
    test::MemoryEpochSeeds seeds{ring, random};
    test::Device device;
    bool disk_fails = false;  ///< when files are to be deleted
    std::vector<std::string> failed;

    struct Daemon {
        explicit Daemon(Site& s)
            : database{must(store::Database::open(s.root / "release.db", store::Database::Purpose::release))},
              repository{*database},
              blobs{must(store::BlobFolder::open(s.root / "spool", store::system_file_ops(), 0))},
              log_store{must(store::open_log_folder(s.root / "log"))},
              log{must(audit::Log::open(*log_store, "release", s.key))},
              recorder{{s.tenant, *log, &s.subjects, s.clock, s.random}},
              jobs{repository, recorder, s.clock, s.random},
              gate{repository, s.clock},
              desk{{s.tenant, gate, jobs, *blobs, s.ring, s.intakes, s.subjects, recorder, s.device, s.clock,
                    retention}},
              survivors{{s.tenant, *blobs, s.ring, s.intakes, repository, s.random}},
              keeper{{.tenant = s.tenant,
                      .seeds = s.seeds,
                      .survivors = survivors,
                      .undisturbed = [](const auto& act) { return act(); },
                      .signer = s.key,
                      .signer_name = "release",
                      .recorder = recorder,
                      .clock = s.clock,
                      .rules = service::epoch_rules_2026(73h)}},
              house{{.tenant = s.tenant,
                     .jobs = jobs,
                     .keeper = keeper,
                     .recorder = recorder,
                     .clock = s.clock,
                     .retention = retention,
                     .unseen = 0ms,
                     .discard = [&s, this](const job::Job& job) -> Result<void> {
                         if (s.disk_fails) return fail(Errc::io_failed, "spool");
                         return desk.discard(job);
                     },
                     .explain = [&s](std::string_view what, const Error&) { s.failed.emplace_back(what); },
                     .steady = [&s] { return s.steady; }}} {}

        std::unique_ptr<store::Database> database;
        store::JobRepository repository;
        std::unique_ptr<store::BlobFolder> blobs;
        std::unique_ptr<audit::LogStore> log_store;
        std::unique_ptr<audit::Log> log;
        service::Recorder recorder;
        job::Jobs jobs;
        job::ReleaseGate gate;
        service::ReleaseDesk desk;
        service::Survivors survivors;
        service::EpochKeeper keeper;
        service::Housekeeping house;
    };
    std::unique_ptr<Daemon> daemon;

    Site() {
        intakes.set(intake, key.verifying_key());
        subjects.put(owner, audit::SubjectKey::random(random));
        restart();
        daemon->house.each_minute();
    }
    void restart() {
        daemon.reset();
        daemon = std::make_unique<Daemon>(*this);
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        steady += time;
    }

    /// A job as it is when it has been taken over: its sealed files, and its row.
    JobId hold() {
        pass(1ms);
        job::Job job{.id = JobId::make(clock, random),
                     .tenant = tenant,
                     .owner = owner,
                     .intake = intake,
                     .ipp_id = 1,
                     .created = clock.now(),
                     .changed = clock.now(),
                     .expires = clock.now() + retention.held,
                     .document = {.format = "application/pdf", .bytes = 40'000}};
        for (const std::uint32_t number : {0U, 1U}) {
            const spool::Header header{.tenant = tenant,
                                       .job = job.id,
                                       .document = number,
                                       .owner = owner,
                                       .intake = intake,
                                       .created = clock.now()};
            auto writer = must(spool::Writer::create(must(daemon->blobs->create({job.id, number})), header,
                                                     seeds.living.front().entry.key, key, random));
            must(writer.append(Bytes(40'000, std::byte{'x'})));
            (void)must(std::move(writer).finish());
        }
        REQUIRE(must(daemon->jobs.take(job)) == job::Insertion::inserted);
        return job.id;
    }
    Result<job::Job> row(JobId job) {
        const auto unit = must(daemon->repository.begin());
        return unit->find(tenant, job);
    }
    std::size_t files(JobId job) {
        std::size_t found = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator{root / "spool"})
            found += entry.path().filename().string().starts_with(job.text()) ? 1U : 0U;
        return found;
    }
    /// The kinds of the records about the job, in order.
    std::vector<std::string> told(JobId job) {
        std::vector<std::string> out;
        for (audit::Index at = 0; at < daemon->log->size(); ++at)
            if (const auto record = must(audit::decode(must(daemon->log->entry(at)))); record.job == job)
                out.push_back(record.kind.text());
        return out;
    }
};

}  // namespace

TEST_CASE("a job that nobody comes for expires, its files go, and a week later its row", "[service]") {
    Site site;
    const JobId job = site.hold();
    const JobId favourite = site.hold();
    REQUIRE(site.daemon->jobs.keep(site.tenant, site.owner, favourite, true, site.clock.now() + retention.kept));
    CHECK(site.files(job) == 2);

    site.pass(72h - 2ms);
    site.daemon->house.each_second();
    CHECK(must(site.row(job)).state == job::State::held);
    site.pass(1ms);
    site.daemon->house.each_second();
    CHECK(must(site.row(job)).state == job::State::expired);
    CHECK(site.files(job) == 0);
    CHECK(site.told(job) == std::vector<std::string>{"job_expired"});

    // All of it on the disk.
    site.restart();
    CHECK(must(site.row(job)).state == job::State::expired);
    CHECK(site.told(job) == std::vector<std::string>{"job_expired"});
    site.pass(retention.ended);
    site.daemon->house.each_minute();
    CHECK(site.row(job));
    site.pass(1ms);
    site.daemon->house.each_minute();
    CHECK(site.row(job).error().code == Errc::not_found);
    CHECK(site.told(job) == std::vector<std::string>{"job_expired"});

    // The favourite stays for as long as favourites do, sealed anew when the key of its day ends.
    CHECK(must(site.row(favourite)).state == job::State::held);
    CHECK(site.files(favourite) == 2);
    for (int day = 8; day <= 90; ++day) {
        site.pass(24h);
        site.daemon->house.each_second();
        site.daemon->house.each_minute();
    }
    CHECK(must(site.row(favourite)).state == job::State::expired);
    CHECK(site.files(favourite) == 0);
    CHECK(site.failed.empty());
}

TEST_CASE("files that could not be deleted when their job expired are gone before its row is", "[service]") {
    Site site;
    const JobId job = site.hold();
    site.pass(retention.held);
    site.disk_fails = true;
    site.daemon->house.each_second();
    CHECK(must(site.row(job)).state == job::State::expired);
    CHECK(site.files(job) == 2);
    CHECK(site.failed == std::vector<std::string>{"discard-failed"});

    site.restart();
    site.pass(retention.ended + 1ms);
    site.daemon->house.each_minute();
    CHECK(site.row(job));
    CHECK(site.failed.back() == "forget-failed");
    site.disk_fails = false;
    site.daemon->house.each_minute();
    CHECK(site.files(job) == 0);
    CHECK(site.row(job).error().code == Errc::not_found);
}
