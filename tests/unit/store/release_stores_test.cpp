// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/release_stores.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;

TEST_CASE("all stores of a release database share one file and come back with it", "[store]") {
    const test::TemporaryFolder root;
    const ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    test::SeededRandom random;
    const auto tenant = TenantId::make(clock, random);
    const auth::Account alice{.tenant = tenant, .subject = SubjectId::make(clock, random), .name = "alice"};
    const job::Job job{.id = JobId::make(clock, random), .tenant = tenant, .owner = alice.subject};
    const auto key = crypto::WrapKey::random(random);
    {
        const auto stores = store::ReleaseStores::open(root / "release.db", {tenant, key, clock, random});
        REQUIRE(stores);
        REQUIRE((*stores)->subjects.create(alice.subject));
        REQUIRE((*stores)->accounts.save(alice));
        const auto unit = (*stores)->jobs.begin();
        REQUIRE(unit);
        REQUIRE((*unit)->insert(job));
        REQUIRE((*unit)->commit());
    }
    const auto stores = store::ReleaseStores::open(root / "release.db", {tenant, key, clock, random});
    REQUIRE(stores);
    CHECK((*stores)->accounts.find_by_name(tenant, "alice") == alice);
    CHECK((*(*stores)->jobs.begin())->find(tenant, job.id) == job);
    CHECK((*stores)->tokens.list(tenant, alice.subject, token::TokenKind::session)->empty());
    CHECK((*stores)->revocations.issued_until({tenant, token::RevocationScope::subject, {}}) == std::nullopt);
    CHECK((*stores)->throttle.load()->empty());
    CHECK((*stores)->devices.list(tenant)->empty());
    // The same file, by another adapter of the room.
    store::AccountStore beside{(*stores)->database(), (*stores)->subjects, key, random};
    CHECK(beside.list(tenant)->size() == 1);
}

TEST_CASE("a copy of a release database tells nothing of who was erased since", "[store]") {
    const test::TemporaryFolder root;
    const ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    test::SeededRandom random;
    const auto tenant = TenantId::make(clock, random);
    const auto key = crypto::WrapKey::random(random);
    const auth::Account alice{.tenant = tenant, .subject = SubjectId::make(clock, random), .name = "alice"};
    const auth::Account bob{.tenant = tenant, .subject = SubjectId::make(clock, random), .name = "bob"};
    const auto open = [&] { return store::ReleaseStores::open(root / "release.db", {tenant, key, clock, random}); };
    {
        const auto stores = open();
        REQUIRE(stores);
        for (const auth::Account& account : {alice, bob}) {
            REQUIRE((*stores)->subjects.create(account.subject));
            REQUIRE((*stores)->accounts.save(account));
        }
    }
    std::filesystem::copy(root / "release.db", root / "copy.db");
    REQUIRE((*open())->subjects.destroy(alice.subject));
    std::filesystem::rename(root / "copy.db", root / "release.db");
    const auto stores = open();
    REQUIRE(stores);
    CHECK((*stores)->accounts.find_by_subject(tenant, alice.subject)->name == "erased-" + alice.subject.text());
    CHECK((*stores)->accounts.find_by_name(tenant, "bob") == bob);
}

TEST_CASE("a release database is opened once, and only where its folder is", "[store]") {
    const test::TemporaryFolder root;
    const ManualClock clock{Time{}};
    test::SeededRandom random;
    const auto key = crypto::WrapKey::random(random);
    const auto open = [&](const std::filesystem::path& path) {
        return store::ReleaseStores::open(path, {TenantId::make(clock, random), key, clock, random});
    };
    CHECK(open(root / "missing" / "release.db").error().code == Errc::not_found);
    const auto stores = open(root / "release.db");
    REQUIRE(stores);
    CHECK(open(root / "release.db").error().code == Errc::locked);
    REQUIRE(store::Database::open(root / "report.db", store::Database::Purpose::report));
    CHECK(open(root / "report.db").error().code == Errc::config_invalid);
}
