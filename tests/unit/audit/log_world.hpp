// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <vector>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/log.hpp>

#include "support/memory_audit.hpp"
#include "support/random.hpp"
#include "unit/audit/naive_tree.hpp"

namespace safeq::test {

/// A log's key and name, and records to put into it.
struct LogWorld {
    SeededRandom random;
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    std::string origin = "log.example/release";
    crypto::NoteKey verifier{origin, key.verifying_key()};
    ManualClock clock{*parse_rfc3339("2026-11-22T10:00:00.000Z")};
    std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();

    audit::Record record() {
        return {
            .id = RecordId::make(clock, random), .at = clock.now(), .kind = audit::Kind::sign_in, .tenant = TenantId{}};
    }
    std::vector<audit::Record> records(std::size_t count) {
        std::vector<audit::Record> out;
        for (std::size_t i = 0; i < count; ++i) out.push_back(record());
        return out;
    }
};

/// A log over a disk, opened; the store goes with it.
struct OpenLog {
    MemoryLogStore store;
    std::unique_ptr<audit::Log> log;

    OpenLog(const std::shared_ptr<MemoryDisk>& disk, const LogWorld& world, const audit::Log::Options& options = {})
        : store{disk} {
        auto opened = audit::Log::open(store, world.origin, world.key, options);
        if (!opened) FAIL(opened.error().message());
        log = *std::move(opened);
    }
    audit::Log* operator->() const { return log.get(); }
};

inline Errc open_error(const std::shared_ptr<MemoryDisk>& disk, const LogWorld& world) {
    MemoryLogStore store{disk};
    const auto opened = audit::Log::open(store, world.origin, world.key);
    REQUIRE(!opened);
    return opened.error().code;
}

}  // namespace safeq::test
