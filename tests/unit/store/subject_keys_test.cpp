// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/subject_keys.hpp>

#include <sqlite3.h>

#include <fstream>

#include <catch2/catch_test_macros.hpp>

#include "raw_database.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using store::Database;

namespace {

struct World {
    test::TemporaryFolder root;
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    crypto::WrapKey wrap = crypto::WrapKey::random(random);
    std::unique_ptr<Database> database = open();

    std::unique_ptr<Database> open() { return *Database::open(root / "db", Database::Purpose::release); }
    store::SubjectKeys keys(const crypto::WrapKey& with) { return {*database, tenant, with.clone(), clock, random}; }
    store::SubjectKeys keys() { return keys(wrap); }
    SubjectId subject() { return SubjectId::make(clock, random); }

    // The wrapped bytes as they stand in the row.
    Bytes wrapped(SubjectId subject) {
        database.reset();
        sqlite3* handle = nullptr;
        REQUIRE(sqlite3_open((root / "db").c_str(), &handle) == SQLITE_OK);
        sqlite3_stmt* row = nullptr;
        REQUIRE(sqlite3_prepare_v2(handle, "SELECT wrapped FROM subject_key WHERE subject = ?", -1, &row, nullptr) ==
                SQLITE_OK);
        sqlite3_bind_blob(row, 1, subject.bytes().data(), 16, SQLITE_TRANSIENT);
        REQUIRE(sqlite3_step(row) == SQLITE_ROW);
        const auto* const data = static_cast<const std::byte*>(sqlite3_column_blob(row, 0));
        Bytes bytes{data, data + sqlite3_column_bytes(row, 0)};
        sqlite3_finalize(row);
        sqlite3_close(handle);
        database = open();
        return bytes;
    }
    std::size_t found_on_disk(ByteView needle) const {
        std::size_t found = 0;
        for (const auto& entry : std::filesystem::directory_iterator{root.path()}) {
            std::ifstream in{entry.path(), std::ios::binary};
            const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
            if (bytes.contains(as_text(needle))) ++found;
        }
        return found;
    }
};

bool same(const Result<audit::SubjectKey>& a, const Result<audit::SubjectKey>& b) {
    return a && b && crypto::equal(a->expose(), b->expose());
}

}  // namespace

TEST_CASE("keys of a release database move to their own, once, and none comes back", "[store]") {
    World w;
    const SubjectId ada = w.subject();
    const SubjectId grace = w.subject();
    const SubjectId bob = w.subject();
    const auto key = w.keys().create(ada);
    REQUIRE(w.keys().create(grace));
    REQUIRE(w.keys().destroy(grace));
    const auto own = store::Database::open(w.root / "subjects.db", Database::Purpose::subjects);
    REQUIRE(own);
    store::SubjectKeys keys{**own, w.tenant, w.wrap.clone(), w.clock, w.random, w.database.get()};
    REQUIRE(keys.adopt(*w.database));
    CHECK(same(key, keys.key(ada)));
    CHECK(keys.key(grace).error().code == Errc::key_destroyed);
    CHECK(w.keys().key(ada).error().code == Errc::key_unknown);
    REQUIRE(keys.create(bob));
    REQUIRE(keys.destroy(ada));

    // An older copy of what the release database held: the destroyed key stays destroyed.
    REQUIRE(w.keys().create(ada));
    REQUIRE(keys.adopt(*w.database));
    CHECK(keys.key(ada).error().code == Errc::key_destroyed);
    CHECK(keys.key(bob));
    CHECK(keys.adopt(*w.database));
    CHECK(store::Database::open(w.root / "subjects.db", Database::Purpose::release).error().code == Errc::locked);
}

TEST_CASE("a subject's key is made once and found again, also after a restart", "[store]") {
    World w;
    const SubjectId ada = w.subject();
    const SubjectId grace = w.subject();
    CHECK(w.keys().key(ada).error().code == Errc::key_unknown);
    const auto key = w.keys().create(ada);
    REQUIRE(key);
    CHECK(same(key, w.keys().create(ada)));
    CHECK_FALSE(same(key, w.keys().create(grace)));
    w.database.reset();
    w.database = w.open();
    CHECK(same(key, w.keys().key(ada)));
    CHECK(w.keys().create({}).error().code == Errc::invalid_argument);
}

TEST_CASE("a key is its tenant's, and opens under its root key only", "[store]") {
    World w;
    const SubjectId ada = w.subject();
    REQUIRE(w.keys().create(ada));
    store::SubjectKeys elsewhere{*w.database, TenantId::make(w.clock, w.random), w.wrap.clone(), w.clock, w.random};
    CHECK(elsewhere.key(ada).error().code == Errc::key_unknown);
    CHECK(elsewhere.destroy(ada).error().code == Errc::key_unknown);
    const auto other = crypto::WrapKey::random(w.random);
    CHECK(w.keys(other).key(ada).error().code == Errc::authentication_failed);
    CHECK(w.keys(other).create(ada).error().code == Errc::authentication_failed);
}

TEST_CASE("a row in another's place is refused", "[store]") {
    World w;
    const SubjectId ada = w.subject();
    const SubjectId grace = w.subject();
    REQUIRE(w.keys().create(ada));
    REQUIRE(w.keys().create(grace));
    w.database.reset();
    REQUIRE(test::execute_raw(w.root / "db",
                              "UPDATE subject_key SET wrapped = (SELECT max(wrapped) FROM "
                              "subject_key)") == SQLITE_OK);
    w.database = w.open();
    const bool ada_opens = w.keys().key(ada).has_value();
    const bool grace_opens = w.keys().key(grace).has_value();
    CHECK(ada_opens != grace_opens);
}

TEST_CASE("a destroyed key is gone from every file, and doesn't come back", "[store]") {
    World w;
    const SubjectId ada = w.subject();
    const SubjectId grace = w.subject();
    const auto key = w.keys().create(ada);
    REQUIRE(w.keys().create(grace));
    const Bytes wrapped = w.wrapped(ada);
    REQUIRE(wrapped.size() == 72);
    CHECK(w.found_on_disk(wrapped) >= 1);
    CHECK(w.found_on_disk(key->expose()) == 0);
    REQUIRE(w.keys().destroy(ada));
    REQUIRE(w.keys().destroy(ada));
    CHECK(w.found_on_disk(wrapped) == 0);
    CHECK(w.keys().key(ada).error().code == Errc::key_destroyed);
    CHECK(w.keys().create(ada).error().code == Errc::key_destroyed);
    CHECK(w.keys().key(grace));
    CHECK(w.keys().destroy(w.subject()).error().code == Errc::key_unknown);
}

TEST_CASE("a key that was never checkpointed is gone from the write-ahead log, too", "[store]") {
    World w;
    std::vector<SubjectId> subjects;
    for (int i = 0; i < 50; ++i) {
        subjects.push_back(w.subject());
        REQUIRE(w.keys().create(subjects.back()));
    }
    std::vector<Bytes> wrapped;
    wrapped.push_back(w.wrapped(subjects[7]));
    // Touch its neighbours so that its page is in the log again.
    for (int i = 0; i < 20; ++i) REQUIRE(w.keys().create(w.subject()));
    CHECK(w.found_on_disk(wrapped[0]) == 2);
    REQUIRE(w.keys().destroy(subjects[7]));
    CHECK(w.found_on_disk(wrapped[0]) == 0);
}
