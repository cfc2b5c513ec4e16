// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include <safeq/audit/personal.hpp>
#include <safeq/report/export.hpp>
#include <safeq/report/projection.hpp>

#include "support/memory_audit.hpp"
#include "support/memory_report.hpp"
#include "support/random.hpp"

namespace safeq::test {

/// Records as an intake and a release server write them.
struct ReportWorld {
    SeededRandom random;
    ManualClock clock{*parse_rfc3339("2026-11-22T10:00:00.000Z")};
    TenantId tenant = TenantId::make(clock, random);
    DeviceId device = DeviceId::make(clock, random);
    MemorySubjectKeys keys;
    MemoryReportStore store;
    std::string intake = "log.example/intake";
    std::string release = "log.example/release";

    SubjectId person() {
        const SubjectId subject = SubjectId::make(clock, random);
        keys.put(subject, audit::SubjectKey::random(random));
        return subject;
    }
    audit::Record record(audit::Kind kind) {
        clock.advance(std::chrono::seconds{1});
        return {.id = RecordId::make(clock, random), .at = clock.now(), .kind = kind, .tenant = tenant};
    }
    audit::Record added(SubjectId subject, const std::string& name) {
        audit::Record made = record(audit::Kind::user_added);
        made.subject = subject;
        add_personal(made, subject, audit::field::user_name, name);
        return made;
    }
    audit::Record of_job(audit::Kind kind, JobId job) {
        audit::Record made = record(kind);
        made.job = job;
        return made;
    }
    audit::Record accepted(JobId job, SubjectId owner) {
        audit::Record made = of_job(audit::Kind::job_accepted, job);
        made.subject = owner;
        made.add(audit::field::format, "application/pdf").add(audit::field::bytes, 5000);
        return made;
    }
    audit::Record held(JobId job, SubjectId owner, const std::string& title, const std::string& user) {
        audit::Record made = of_job(audit::Kind::job_held, job);
        made.subject = owner;
        made.add(audit::field::format, "application/pdf").add(audit::field::bytes, 5000).add(audit::field::pages, 3);
        made.add(audit::field::copies, 2);
        add_personal(made, owner, audit::field::title, title);
        add_personal(made, owner, audit::field::user_name, user);
        return made;
    }
    void add_personal(audit::Record& made, SubjectId owner, std::string_view field, const std::string& text) {
        made.personal.push_back(
            *audit::seal_personal(*keys.key(owner), {release, made.id}, owner, field, text, random));
    }

    /// Takes records as the next entries of a log.
    Result<void> take(const std::string& origin, const std::vector<audit::Record>& records) {
        std::vector<Bytes> entries;
        for (const audit::Record& each : records) entries.push_back(*each.encode());
        return take_entries(origin, entries);
    }
    Result<void> take_entries(const std::string& origin, const std::vector<Bytes>& entries) {
        report::Projection projection{store, origin};
        SAFEQ_TRY(audit::FollowerState after, projection.state());
        const audit::Index first = after.seen.size();
        std::vector<ByteView> views;
        for (const Bytes& entry : entries) {
            after.seen.append(audit::leaf_hash(entry));
            views.emplace_back(entry);
        }
        return projection.take({first, views, after});
    }
};

}  // namespace safeq::test
