// SPDX-License-Identifier: Apache-2.0
// Every single allocation of each act on the release database fails once, SQLite's own among them: it is done or not
// done, says that memory ran out and nothing else, and the database opens again and goes on.
#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <safeq/store/release_stores.hpp>

#include "support/allocation/failing_allocation.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Stores = store::ReleaseStores;

sqlite3_mem_methods real_memory{};

void* allocate(int size) noexcept { return test::allocation_fails() ? nullptr : real_memory.xMalloc(size); }
void* resize(void* memory, int size) noexcept {
    return test::allocation_fails() ? nullptr : real_memory.xRealloc(memory, size);
}

// Before SQLite is used for the first time.
[[maybe_unused]] const int memory_can_fail = [] {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
    sqlite3_mem_methods ours = real_memory;
    ours.xMalloc = &allocate;
    ours.xRealloc = &resize;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
}();

/// An act, and whether it is to be seen as done.
struct Act {
    std::string name;
    std::function<Result<void>(Stores&)> act;
    std::function<bool(Stores&)> done;
};

template <class T>
Result<void> without_value(Result<T> read) {
    if (!read) return std::unexpected(std::move(read).error());
    return {};
}

Result<void> in_one_unit(Stores& stores, const std::function<Result<void>(job::UnitOfWork&)>& change) {
    SAFEQ_TRY(const auto unit, stores.jobs.begin());
    SAFEQ_TRY_VOID(change(*unit));
    return unit->commit();
}

struct Scene {
    const test::TemporaryFolder root;
    const ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    const TenantId tenant = TenantId::make(clock, random);
    const crypto::WrapKey key = crypto::WrapKey::random(random);
    const auth::Account alice{.tenant = tenant, .subject = SubjectId::make(clock, random), .name = "alice"};
    const auth::Account bob{.tenant = tenant, .subject = SubjectId::make(clock, random), .name = "bob"};
    const job::Job held{.id = JobId::make(clock, random), .tenant = tenant, .owner = alice.subject};
    const job::Job other{.id = JobId::make(clock, random), .tenant = tenant, .owner = alice.subject};
    const job::Intent intent{.record = RecordId::make(clock, random), .tenant = tenant, .job = held.id};
    const job::Device mfd{.id = DeviceId::make(clock, random),
                          .tenant = tenant,
                          .name = "mfd",
                          .uri = "ipps://mfd.example/ipp/print",
                          .trust = job::CertificatePin{},
                          .factor_rule = "card"};
    token::TokenRecord session{.hash = {},
                               .id = token::TokenId::make(clock, random),
                               .kind = token::TokenKind::session,
                               .tenant = tenant,
                               .subject = alice.subject,
                               .device = mfd.id,
                               .label = {},
                               .created = clock.now(),
                               .idle_deadline = clock.now() + 1h,
                               .expires = clock.now() + 2h};
    const auth::ThrottleEntry wrong{.table = auth::ThrottleTable::account, .failures = 3, .since = clock.now()};

    Scene() {
        const auto stores = open(root / "release.db");
        REQUIRE(stores);
        REQUIRE((*stores)->subjects.create(alice.subject));
        REQUIRE((*stores)->accounts.save(alice));
        REQUIRE(in_one_unit(**stores, [&](job::UnitOfWork& unit) -> Result<void> {
            SAFEQ_TRY_VOID(without_value(unit.insert(held)));
            return unit.add_intent(intent);
        }));
        REQUIRE((*stores)->tokens.add(session));
    }

    Result<std::unique_ptr<Stores>> open(const std::filesystem::path& path) {
        return Stores::open(path, {tenant, key, clock, random});
    }

    void copy() const {
        std::filesystem::remove_all(root / "copy");
        std::filesystem::create_directory(root / "copy");
        for (const char* name : {"release.db", "subjects.db"})
            std::filesystem::copy_file(root / name, root / "copy" / name);
    }
    Result<std::unique_ptr<Stores>> open_again() { return open(root / "copy" / "release.db"); }
    Result<std::unique_ptr<Stores>> open_copy() {
        copy();
        return open_again();
    }

    std::vector<Act> acts() {
        const auto in_state = [this](Stores& s, job::State state) {
            return (*s.jobs.begin())->find(tenant, held.id)->state == state;
        };
        const auto always = [](Stores&) { return true; };
        return {
            Act{"subject key", [&](Stores& s) { return without_value(s.subjects.create(bob.subject)); },
                [&](Stores& s) { return s.subjects.key(bob.subject).has_value(); }},
            Act{"erasure", [&](Stores& s) { return s.subjects.destroy(alice.subject); },
                [&](Stores& s) { return !s.subjects.key(alice.subject); }},
            Act{"account",
                [&](Stores& s) {
                    auth::Account renamed = alice;
                    renamed.disabled = true;
                    return s.accounts.save(renamed);
                },
                [&](Stores& s) { return s.accounts.find_by_name(tenant, "alice")->disabled; }},
            Act{"accounts", [&](Stores& s) { return without_value(s.accounts.list(tenant)); }, always},
            Act{"job",
                [&](Stores& s) {
                    return in_one_unit(
                        s, [&](job::UnitOfWork& unit) -> Result<void> { return without_value(unit.insert(other)); });
                },
                [&](Stores& s) { return (*s.jobs.begin())->find(tenant, other.id).has_value(); }},
            Act{"release",
                [&](Stores& s) {
                    return in_one_unit(s, [&](job::UnitOfWork& unit) -> Result<void> {
                        job::Job next = held;
                        next.state = job::State::releasing;
                        next.attempt = 1;
                        SAFEQ_TRY_VOID(unit.update(next, job::State::held, 0));
                        return unit.remove_intent(tenant, intent.record);
                    });
                },
                [=](Stores& s) { return in_state(s, job::State::releasing); }},
            Act{"delete",
                [&](Stores& s) {
                    return in_one_unit(s, [&](job::UnitOfWork& unit) { return unit.erase(tenant, held.id); });
                },
                [&](Stores& s) { return !(*s.jobs.begin())->find(tenant, held.id); }},
            Act{"jobs",
                [&](Stores& s) {
                    return in_one_unit(s, [&](job::UnitOfWork& unit) -> Result<void> {
                        SAFEQ_TRY_VOID(without_value(unit.intents(tenant)));
                        return without_value(unit.list(tenant, {.owner = alice.subject, .limit = 10}));
                    });
                },
                always},
            Act{"token", [&](Stores& s) { return s.tokens.erase(tenant, session.id); },
                [&](Stores& s) { return !s.tokens.find(session.tenant, session.hash); }},
            Act{"token found", [&](Stores& s) { return without_value(s.tokens.find(session.tenant, session.hash)); },
                always},
            Act{"throttle", [&](Stores& s) { return s.throttle.save({&wrong, 1}); },
                [&](Stores& s) { return s.throttle.load()->size() == 1; }},
            Act{"device", [&](Stores& s) { return s.devices.add(mfd); },
                [&](Stores& s) { return s.devices.find(tenant, mfd.id).has_value(); }},
        };
    }
};

}  // namespace

TEST_CASE("an allocation that fails in the database undoes the act or leaves it done", "[store][oom]") {
    Scene scene;
    for (const Act& act : scene.acts()) {
        CAPTURE(act.name);
        std::unique_ptr<Stores> stores;
        const auto prepare = [&] { stores = *scene.open_copy(); };
        const auto step = [&] {
            const auto done = act.act(*stores);
            test::hold(done || done.error().code == Errc::out_of_memory);
            return done.has_value();
        };
        const test::Counts counts = test::each_allocation(prepare, step, [&](test::Ended ended) {
            stores.reset();
            stores = *scene.open_again();
            const bool done = act.done(*stores);
            test::hold(done || ended != test::Ended::well);
            if (!done) test::hold(act.act(*stores) && act.done(*stores));
        });
        CHECK(counts.failures > 1);
        CHECK(counts.stops * 20 < counts.failures);
    }
}

TEST_CASE("an allocation that fails while the database opens leaves it as it is", "[store][oom]") {
    Scene scene;
    const auto step = [&] {
        const auto stores = scene.open_again();
        test::hold(stores || stores.error().code == Errc::out_of_memory);
        return stores.has_value();
    };
    const test::Counts counts = test::each_allocation(
        [&] { scene.copy(); }, step,
        [&](test::Ended) {
            test::hold((*scene.open_again())->accounts.find_by_name(scene.tenant, "alice").has_value());
        });
    CHECK(counts.failures > 100);
    CHECK(counts.stops * 20 < counts.failures);
}
