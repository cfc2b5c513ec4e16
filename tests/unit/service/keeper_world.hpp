// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <safeq/audit/schema.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>

#include "epoch_world.hpp"
#include "memory_epoch_seeds.hpp"

namespace safeq::service::test_support {

/// A keeper of epochs over seeds in memory, and jobs that are sealed to them.
struct KeeperWorld : EpochWorld {
    InstanceId intake = InstanceId::make(clock, random);
    test::MemoryEpochSeeds seeds{ring, random};
    std::unique_ptr<service::EpochKeeper> keeper;

    KeeperWorld() {
        intakes.set(intake, signer.verifying_key());
        restart();
    }

    void restart() { keeper = keeper_of(seeds); }

    spool::EpochKeyEntry current() {
        const auto note = must(keeper->signed_list());
        const auto list =
            must(spool::EpochList::open(note, {"release", signer.verifying_key()}, tenant, 0, clock.now()));
        return *must(list.current(clock.now()));
    }

    /// A job with a ticket and one document, sealed to `epoch`; `row` nothing: not taken yet.
    JobId job(const spool::EpochPublicKey& epoch, std::optional<job::State> row, bool kept = false) {
        job::Job job{.id = JobId::make(clock, random),
                     .tenant = tenant,
                     .owner = SubjectId::make(clock, random),
                     .intake = intake,
                     .ipp_id = 1,
                     .created = clock.now(),
                     .changed = clock.now(),
                     .expires = clock.now() + std::chrono::hours{72},
                     .document = {.format = "application/pdf", .bytes = 20'000}};
        job.kept = kept;
        for (const std::uint32_t number : {0U, 1U}) {
            auto writer = must(spool::Writer::create(must(blobs.create({job.id, number})), header(job, number), epoch,
                                                     signer, random));
            REQUIRE(writer.append(Bytes(20'000, std::byte{'x'})));
            must(std::move(writer).finish());
        }
        owners[job.id] = job;
        if (row) {
            job.state = *row;
            const auto unit = must(repository.begin());
            must(unit->insert(job));
            REQUIRE(unit->commit());
        }
        return job.id;
    }

    [[nodiscard]] spool::Header header(const job::Job& job, std::uint32_t number) const {
        return {.tenant = tenant,
                .job = job.id,
                .document = number,
                .owner = job.owner,
                .intake = intake,
                .created = job.created};
    }

    /// The error with which a file opens now, `ok` where it does, to its last byte.
    std::optional<Errc> opens(JobId id, std::uint32_t number, Bytes file) {
        auto reader = spool::Reader::open(std::make_unique<test::MemoryBlobSource>(std::move(file)),
                                          header(owners.at(id), number), ring, intakes);
        if (!reader) return reader.error().code;
        const auto all = reader->verify_all();
        return all ? std::nullopt : std::optional{all.error().code};
    }
    std::optional<Errc> opens(JobId id, std::uint32_t number = 1) {
        return opens(id, number, blobs.bytes({id, number}));
    }

    std::vector<audit::Record> records(audit::Kind kind) {
        std::vector<audit::Record> out;
        must(log->publish());
        for (std::uint64_t i = 0; i < log->size(); ++i) {
            const auto record = must(audit::decode(must(log->entry(i))));
            if (record.kind == audit::KindName{kind}) out.push_back(record);
        }
        return out;
    }

    std::map<JobId, job::Job> owners;
};

}  // namespace safeq::service::test_support
