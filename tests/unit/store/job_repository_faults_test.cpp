// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/job_repository.hpp>
#include <safeq/store/subject_keys.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <random>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "faulty_vfs.hpp"
#include "job_desk.hpp"
#include "raw_database.hpp"
#include "support/memory_jobs.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using job::Intent;
using job::Job;
using job::State;
using store::Database;
using test::open_release;
using Desk = test::JobDesk;

TEST_CASE("power lost, a failed call or a full disk at any point: a unit is there whole or not at all", "[store]") {
    using Fault = test::FaultyVfs::Fault;
    for (const Fault fault : {Fault::power, Fault::once, Fault::full_disk}) {
        std::size_t acknowledged = 0;
        std::size_t lost = 0;
        std::size_t n = 1;
        for (bool reached = true; reached; ++n) {
            const test::TemporaryFolder root;
            Desk desk;
            const Job before = desk.job();
            Job moved = before;
            moved.state = State::releasing;
            moved.attempt = 1;
            moved.title = Bytes(20'000, std::byte{0x5a});
            const Intent intent = desk.intent(moved);
            {
                const auto database = open_release(root / "db");
                auto unit = *store::JobRepository{*database}.begin();
                REQUIRE(unit->insert(before));
                REQUIRE(unit->commit());
            }
            bool done = false;
            {
                const test::FaultyVfs vfs{n, fault};
                if (const auto database = Database::open(root / "db", Database::Purpose::release)) {
                    store::JobRepository repository{**database};
                    const auto change = [&]() -> Result<void> {
                        SAFEQ_TRY(const auto unit, repository.begin());
                        SAFEQ_TRY_VOID(unit->update(moved, State::held, 0));
                        SAFEQ_TRY_VOID(unit->add_intent(intent));
                        return unit->commit();
                    };
                    done = change().has_value();
                }
                reached = vfs.calls() >= n;
            }
            INFO("call " << n << ", fault " << static_cast<int>(fault));
            const auto database = open_release(root / "db");
            auto unit = *store::JobRepository{*database}.begin();
            const auto found = unit->find(desk.tenant, before.id);
            REQUIRE(found);
            const auto intents = unit->intents(desk.tenant);
            REQUIRE(intents);
            CHECK((*found == before || *found == moved));
            CHECK(intents->size() == (*found == moved ? 1u : 0u));
            if (done) {
                ++acknowledged;
                CHECK(*found == moved);
            }
            if (*found == before) ++lost;
        }
        CHECK(n > 8);
        CHECK(acknowledged >= 1);
        CHECK(lost >= 5);
    }
}

TEST_CASE("after an error of the file system nothing more is done with the file", "[store]") {
    const test::TemporaryFolder root;
    Desk desk;
    {
        open_release(root / "db");
    }
    std::size_t broken = 0;
    for (std::size_t n = 1; n < 40; ++n) {
        const test::FaultyVfs vfs{n, test::FaultyVfs::Fault::once};
        const auto database = Database::open(root / "db", Database::Purpose::release);
        if (!database) continue;
        store::JobRepository repository{**database};
        const auto change = [&]() -> Result<void> {
            SAFEQ_TRY(const auto unit, repository.begin());
            SAFEQ_TRY_VOID(unit->insert(desk.job()));
            return unit->commit();
        };
        const auto first = change();
        if (first) continue;
        CHECK(first.error().code == Errc::io_failed);
        CHECK(repository.begin().error().code == Errc::io_failed);
        ++broken;
    }
    CHECK(broken >= 2);
}
