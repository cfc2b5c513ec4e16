// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <catch2/catch_test_macros.hpp>
#include <safeq/job/job.hpp>
#include <safeq/store/database.hpp>

#include "support/random.hpp"

namespace safeq::test {

/// Jobs of one owner, to be kept.
struct JobDesk {
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    TenantId other_tenant = TenantId::make(clock, random);
    SubjectId owner = SubjectId::make(clock, random);
    InstanceId intake = InstanceId::make(clock, random);

    job::Job job(std::int32_t number = 1) {
        clock.advance(std::chrono::milliseconds{1});
        job::Job job;
        job.id = JobId::make(clock, random);
        job.tenant = tenant;
        job.owner = owner;
        job.intake = intake;
        job.ipp_id = number;
        job.created = job.changed = clock.now();
        job.expires = clock.now() + std::chrono::hours{24};
        job.document = {.format = "application/pdf", .bytes = 123'456'789'012, .pages = 12, .copies = 2, .count = 3};
        job.kept = true;
        job.title = to_bytes("sealed title");
        job.pins = Bytes(64, std::byte{0x17});
        return job;
    }
    job::Intent intent(const job::Job& job) {
        return {.record = RecordId::make(clock, random),
                .tenant = job.tenant,
                .job = job.id,
                .kind = job::IntentKind::releasing,
                .event = job::Event::release,
                .attempt = 7,
                .record_json = to_bytes("{}")};
    }
};

inline std::unique_ptr<store::Database> open_release(const std::filesystem::path& path) {
    auto database = store::Database::open(path, store::Database::Purpose::release);
    if (!database) FAIL(database.error().message());
    return *std::move(database);
}

}  // namespace safeq::test
