// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include <catch2/catch_test_macros.hpp>

#include <safeq/service/custody.hpp>
#include <safeq/service/handover.hpp>
#include <safeq/service/release_desk.hpp>
#include <safeq/service/submit.hpp>

#include "support/documents.hpp"
#include "support/memory_audit.hpp"
#include "support/memory_auth.hpp"
#include "support/memory_jobs.hpp"
#include "support/memory_spool.hpp"
#include "support/random.hpp"

namespace safeq::test {

using namespace std::chrono_literals;

template <class T>
T must(Result<T> result) {
    INFO((result ? std::string{} : result.error().message()));
    REQUIRE(result);
    return *std::move(result);
}

inline void must(const Result<void>& result) {
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
    std::atomic<std::int32_t> last_ = 0;
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
        last_uri = consignment.device.uri;
        // What happens may be that nothing happens any more.
        if (const auto happens = while_it_prints) happens();
        return {.outcome = {.kind = end}, .detail = {}};
    }

    job::Outcome::Kind end = job::Outcome::Kind::printed;
    Bytes got;
    int deliveries = 0;
    std::string last_uri;                        ///< of the device as it was told
    std::function<void()> while_it_prints = {};  ///< what happens before it says how that ended
};

/// Both servers in one process, and the way between them, which can be cut. What is on disk stays when one is started
/// anew.
struct World : service::Upstream {
    ManualClock clock{Time{1'800'000'000'000ms}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    InstanceId instance = InstanceId::make(clock, random);
    crypto::SigningKey signer = crypto::SigningKey::generate(random);
    crypto::SigningKey log_key = crypto::SigningKey::generate(random);

    // On the release server's disk.
    spool::EpochRing ring;
    spool::IntakeTable intakes;
    test::MemoryBlobStore release_blobs;
    test::MemoryRepository repository;
    test::MemoryCredentialStore accounts;
    test::MemorySubjectKeys subjects;
    std::shared_ptr<test::MemoryDisk> release_log_disk = std::make_shared<test::MemoryDisk>();
    Device device;

    // On the intake's.
    spool::EpochPublicKey epoch_key{};
    test::MemoryBlobStore intake_blobs;
    std::shared_ptr<test::MemoryDisk> intake_log_disk = std::make_shared<test::MemoryDisk>();
    Counter numbers;

    struct Release {
        explicit Release(World& w)
            : disk{w.release_log_disk},
              log{must(audit::Log::open(disk, "release", w.log_key))},
              recorder{{w.tenant, *log, &w.subjects, w.clock, w.random}},
              jobs{w.repository, recorder, w.clock, w.random},
              gate{w.repository, w.clock},
              desk{{w.tenant,
                    gate,
                    jobs,
                    w.release_blobs,
                    w.ring,
                    w.intakes,
                    w.subjects,
                    recorder,
                    w.device,
                    w.clock,
                    {72h}}},
              custody{{w.tenant,
                       w.release_blobs,
                       w.ring,
                       w.intakes,
                       w.repository,
                       jobs,
                       w.accounts,
                       w.subjects,
                       recorder,
                       *log,
                       w.clock,
                       w.random,
                       {72h}}} {}

        test::MemoryLogStore disk;
        std::unique_ptr<audit::Log> log;
        service::Recorder recorder;
        job::Jobs jobs;
        job::ReleaseGate gate;
        service::ReleaseDesk desk;
        service::Custody custody;
    };
    struct Intake {
        explicit Intake(World& w)
            : disk{w.intake_log_disk},
              log{must(audit::Log::open(disk, "intake", w.log_key))},
              recorder{{w.tenant, *log, nullptr, w.clock, w.random}},
              handover{{w.intake_blobs, recorder, w, w.clock}} {}

        test::MemoryLogStore disk;
        std::unique_ptr<audit::Log> log;
        service::Recorder recorder;
        service::Handover handover;
    };
    std::unique_ptr<Release> release = std::make_unique<Release>(*this);
    std::unique_ptr<Intake> intake = std::make_unique<Intake>(*this);

    void restart() {
        release.reset();
        intake.reset();
        release = std::make_unique<Release>(*this);
        intake = std::make_unique<Intake>(*this);
    }

    bool cut = false;
    std::optional<std::vector<service::RemoteJob>> there;  ///< what the release server says that somebody has
    job::Waiting unlisted;                                 ///< and what waits there beside that
    service::UserQuota quota;
    InstanceId sent_by = instance;

    SubjectId alice = add("alice");
    SubjectId bob = add("bob");
    job::Device mfd{.id = DeviceId::make(clock, random), .tenant = tenant, .name = "mfd", .factor_rule = "card+pin"};

    World() {
        begin_epoch();
        intakes.set(instance, signer.verifying_key());
    }

    void begin_epoch() {
        auto key = crypto::XwingPrivateKey::generate(random);
        epoch_key = key.public_key();
        (void)must(ring.add(std::move(key)));
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

    /// What an intake's use case acts on.
    service::Submit::Parts submit_parts(service::EpochSource& epochs) {
        return {.tenant = tenant,
                .instance = instance,
                .blobs = intake_blobs,
                .epochs = epochs,
                .numbers = numbers,
                .signer = signer,
                .recorder = intake->recorder,
                .handover = intake->handover,
                .upstream = *this,
                .clock = clock,
                .random = random,
                .base_uri = "ipps://localhost",
                .printer_name = "test",
                .max_document_bytes = 1 << 24,
                .max_incoming = 10,
                .quota = quota,
                .taken = {}};
    }

    Result<ipp::JobInfo> try_print(const Bytes& document, SubjectId subject, std::string name,
                                   std::string format = "application/pdf", std::vector<ipp::Attribute> asked = {}) {
        OneEpoch epochs{epoch_key};
        service::Submit submit{submit_parts(epochs)};
        const ipp::Caller caller{.path = "/ipp/print", .owner = ipp::Owner{subject, name}, .peer_address = {}};
        SAFEQ_TRY(auto sink, submit.print(caller, {.job_name = "CANARY title",
                                                   .document_format = std::move(format),
                                                   .attributes = std::move(asked)}));
        SAFEQ_TRY_VOID(sink->append(document));
        return sink->finish();
    }

    // Upstream, without a network.
    Result<service::Identity> identify(service::Shown, std::string, std::string, const crypto::Secret&) override {
        return fail(Errc::denied, "identify");
    }
    Result<void> send(const spool::BlobName& name, spool::BlobSource& file) override {
        if (cut) return fail(Errc::unavailable, "release");
        SAFEQ_TRY(auto sink, release->custody.receive(sent_by, name));
        SAFEQ_TRY(const std::uint64_t size, file.size());
        Bytes bytes(size);
        // As the daemon's client tells it: a body that ends too early and a connection that does are one.
        if (const auto read = spool::read_exactly(file, 0, bytes, "file"); !read)
            return fail(Errc::unavailable, "release", read.error().message());
        SAFEQ_TRY_VOID(sink->write(bytes));
        return sink->commit();
    }
    Result<void> take(JobId job) override {
        if (cut) return fail(Errc::unavailable, "release");
        return release->custody.take(sent_by, job);
    }
    Result<service::RemoteJobs> jobs(SubjectId) override {
        if (!there) return fail(Errc::unavailable, "release");
        service::RemoteJobs out{.jobs = *there, .waiting = unlisted};
        for (const service::RemoteJob& one : *there) {
            if (job::is_terminal(one.state)) continue;
            ++out.waiting.jobs;
            out.waiting.bytes += one.bytes;
        }
        return out;
    }
    Result<void> cancel(SubjectId, JobId) override { return fail(Errc::unavailable, "release"); }
};

/// The intake's log has it that this job ended, and why.
inline void check_failed(World& world, JobId job, SubjectId owner, std::string_view why) {
    const RecordId id = audit::derive_record_id(audit::Kind::job_failed, world.tenant, job.bytes());
    const auto at = must(world.intake->log->find(id));
    REQUIRE(at);
    const audit::Record record = must(audit::Record::parse(must(world.intake->log->entry(*at))));
    CHECK(record.job == job);
    CHECK(record.subject == owner);
    REQUIRE(record.text(audit::field::reason) != nullptr);
    CHECK(*record.text(audit::field::reason) == why);
}

}  // namespace safeq::test
