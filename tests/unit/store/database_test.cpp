// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/database.hpp>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "faulty_vfs.hpp"
#include "raw_database.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using store::Database;
using Purpose = Database::Purpose;
namespace fs = std::filesystem;

namespace {

std::string code_of(const Result<std::unique_ptr<Database>>& database) {
    return database ? "opened" : std::string{name(database.error().code)};
}

void execute(const fs::path& path, const char* sql) {
    INFO(sql);
    CHECK(test::execute_raw(path, sql) == SQLITE_OK);
}

void make(const fs::path& path) { REQUIRE(Database::open(path, Purpose::release)); }

}  // namespace

TEST_CASE("a database is made private, and opened again", "[store]") {
    const test::TemporaryFolder root;
    const fs::path path = root / "release.db";
    make(path);
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777u) == 0600u);
    CHECK(code_of(Database::open(path, Purpose::release)) == "opened");
    CHECK(code_of(Database::open(root / "none/release.db", Purpose::release)) == "not_found");
}

TEST_CASE("one opener a file, in this process and in another", "[store]") {
    const test::TemporaryFolder root;
    const fs::path path = root / "release.db";
    const auto first = Database::open(path, Purpose::release);
    REQUIRE(first);
    CHECK(code_of(Database::open(path, Purpose::release)) == "locked");
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto second = Database::open(path, Purpose::release);
        _exit(!second && second.error().code == Errc::locked ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    // A program that knows nothing of our lock is kept out by SQLite's own.
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
    CHECK(sqlite3_exec(other, "SELECT count(*) FROM job", nullptr, nullptr, nullptr) == SQLITE_BUSY);
    sqlite3_close(other);
}

TEST_CASE("a database that others may read is refused", "[store]") {
    const test::TemporaryFolder root;
    const fs::path path = root / "release.db";
    make(path);
    for (const mode_t mode : {0640u, 0604u, 0666u}) {
        REQUIRE(chmod(path.c_str(), mode) == 0);
        CHECK(code_of(Database::open(path, Purpose::release)) == "permission");
    }
    REQUIRE(chmod(path.c_str(), 0600) == 0);
    fs::create_symlink(path, root / "link.db");
    CHECK(code_of(Database::open(root / "link.db", Purpose::release)) == "permission");
    fs::create_directory(root / "folder.db");
    CHECK(code_of(Database::open(root / "folder.db", Purpose::release)) != "opened");
}

TEST_CASE("newer schemas and databases of others are refused", "[store]") {
    const test::TemporaryFolder root;
    const fs::path path = root / "release.db";
    make(path);
    CHECK(code_of(Database::open(path, Purpose::report)) == "config_invalid");
    execute(path, "PRAGMA user_version = 1000");
    CHECK(code_of(Database::open(path, Purpose::release)) == "bad_version");
    execute(path, "PRAGMA user_version = -1");
    CHECK(code_of(Database::open(path, Purpose::release)) == "bad_version");
    const fs::path foreign = root / "foreign.db";
    execute(foreign, "CREATE TABLE their_table (x)");
    REQUIRE(chmod(foreign.c_str(), 0600) == 0);
    CHECK(code_of(Database::open(foreign, Purpose::release)) == "config_invalid");
}

TEST_CASE("what is damaged or no database is refused with the reason", "[store]") {
    const test::TemporaryFolder root;
    const fs::path text = root / "text.db";
    std::ofstream{text} << std::string(8192, 'x');
    REQUIRE(chmod(text.c_str(), 0600) == 0);
    const auto refused = Database::open(text, Purpose::release);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::malformed);
    CHECK(refused.error().where == text.string());

    const fs::path path = root / "release.db";
    make(path);
    const auto size = fs::file_size(path);
    REQUIRE(size > 16'384);
    {
        std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
        for (std::uintmax_t page = 4096; page < size; page += 4096) {
            file.seekp(static_cast<std::streamoff>(page));
            file << std::string(64, '\xee');
        }
    }
    const auto damaged = Database::open(path, Purpose::release);
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().code == Errc::malformed);

    make(root / "cut.db");
    fs::resize_file(root / "cut.db", size - 4096);
    CHECK(code_of(Database::open(root / "cut.db", Purpose::release)) == "malformed");
}

TEST_CASE("HOSTILE 6: a flipped bit of a database is found, wherever it is", "[store]") {
    const test::TemporaryFolder root;
    const fs::path path = root / "release.db";
    make(path);
    execute(path,
            "INSERT INTO subject_key (tenant, subject, wrapped, created) WITH RECURSIVE n(i) AS (VALUES (0) UNION "
            "ALL SELECT i + 1 FROM n WHERE i < 200) SELECT randomblob(16), randomblob(16), randomblob(72), i FROM n");
    REQUIRE_FALSE(fs::exists(root / "release.db-wal"));
    const auto size = fs::file_size(path);
    const bool all = std::getenv("SAFEQ_LONG") != nullptr;
    std::mt19937_64 random{6};
    for (std::size_t i = 0; i < (all ? 100'000U : 2'000U); ++i) {
        const std::uint64_t bit = random() % (size * 8);
        const auto flip = [&] {
            std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
            file.seekg(static_cast<std::streamoff>(bit / 8));
            const auto byte = static_cast<char>(file.get() ^ (1 << (bit % 8)));
            file.seekp(static_cast<std::streamoff>(bit / 8));
            file.put(byte);
        };
        flip();
        const std::string outcome = code_of(Database::open(path, Purpose::release));
        INFO("bit " << bit << " of " << size * 8 << ": " << outcome);
        REQUIRE((outcome == "malformed" || outcome == "io_failed" || outcome == "config_invalid"));
        flip();
    }
    CHECK(code_of(Database::open(path, Purpose::release)) == "opened");
}

namespace {

std::string contents(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void put_contents(const fs::path& file, const std::string& bytes) {
    std::ofstream{file, std::ios::binary} << bytes;
    REQUIRE(chmod(file.c_str(), 0600) == 0);
}

/// What a kill leaves: a database whose last `changes` transactions are in the write-ahead log alone.
struct Killed {
    Killed(const fs::path& folder, int changes) : path{folder / "release.db"} {
        make(path);
        sqlite3* handle = nullptr;
        REQUIRE(sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, store::sqlite::checked_vfs()) ==
                SQLITE_OK);
        const auto run = [&](const char* sql) {
            REQUIRE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        };
        run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        for (int i = 0; i < changes; ++i)
            run("INSERT INTO subject_key (tenant, subject, wrapped, created) "
                "VALUES (randomblob(16), randomblob(16), randomblob(72), 1)");
        database = contents(path);
        wal = contents(log());
        sqlite3_close(handle);
        REQUIRE(wal.size() > 32 + 4120);
    }

    [[nodiscard]] fs::path log() const { return path.string() + "-wal"; }

    /// Rows that are there when it is opened with these files; the error's name where it isn't.
    std::string open_with(const std::string& log_bytes) const {
        put_contents(path, database);
        put_contents(log(), log_bytes);
        const std::string outcome = code_of(Database::open(path, Purpose::release));
        if (outcome != "opened") return outcome;
        sqlite3* handle = nullptr;
        std::string rows = "?";
        REQUIRE(sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, store::sqlite::checked_vfs()) ==
                SQLITE_OK);
        REQUIRE(sqlite3_exec(handle, "PRAGMA locking_mode = EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_stmt* count = nullptr;
        REQUIRE(sqlite3_prepare_v2(handle, "SELECT count(*) FROM subject_key", -1, &count, nullptr) == SQLITE_OK);
        if (sqlite3_step(count) == SQLITE_ROW) rows = std::to_string(sqlite3_column_int(count, 0));
        sqlite3_finalize(count);
        sqlite3_close(handle);
        return rows;
    }

    fs::path path;
    std::string database, wal;
};

}  // namespace

TEST_CASE("HOSTILE 6: a flipped bit of what a kill left in the write-ahead log is found", "[store]") {
    const test::TemporaryFolder root;
    const Killed killed{root.path(), 5};
    REQUIRE(killed.open_with(killed.wal) == "5");
    const bool all = std::getenv("SAFEQ_LONG") != nullptr;
    std::mt19937_64 random{66};
    const std::uint64_t bits = killed.wal.size() * 8;
    const auto check = [&](std::uint64_t bit) {
        std::string flipped = killed.wal;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const std::string outcome = killed.open_with(flipped);
        INFO("bit " << bit << " of " << bits << ": " << outcome);
        REQUIRE(outcome == "malformed");
    };
    // The headers whole, and something of everything.
    for (std::uint64_t bit = 0; bit < 32 * 8; ++bit) check(bit);
    const std::uint64_t last = bits - 4120 * 8;
    for (std::uint64_t bit = last; bit < last + 24 * 8; ++bit) check(bit);
    for (int i = 0; i < (all ? 100'000 : 500); ++i) check(random() % bits);
}

TEST_CASE("a transaction that was never finished is no damage, and what was finished before it stays", "[store]") {
    const test::TemporaryFolder root;
    const Killed killed{root.path(), 4};
    const auto frames = (killed.wal.size() - 32) / 4120;
    REQUIRE(frames >= 4);
    std::mt19937_64 random{67};
    for (int i = 0; i < 200; ++i) {
        // Cut off anywhere in the last frame, with or without what was there before.
        std::string torn = killed.wal.substr(0, killed.wal.size() - 1 - random() % 4119);
        if (i % 2 == 0) {
            while (torn.size() < killed.wal.size()) torn += static_cast<char>(random());
        }
        const std::string rows = killed.open_with(torn);
        INFO(torn.size());
        CHECK((rows == "3" || rows == "4"));
    }
    // An empty one, one that grew and was not written yet.
    CHECK(killed.open_with("") == "0");
    CHECK(killed.open_with(std::string(killed.wal.size(), '\0')) == "0");
}

TEST_CASE("damage of any size before the last transaction is found", "[store]") {
    const test::TemporaryFolder root;
    const Killed killed{root.path(), 6};
    std::mt19937_64 random{68};
    for (int i = 0; i < 200; ++i) {
        std::string damaged = killed.wal;
        const std::size_t sector = random() % (4120 * 2 / 512);
        for (std::size_t at = 0; at < 512; ++at) damaged[32 + sector * 512 + at] = static_cast<char>(random());
        CHECK(killed.open_with(damaged) == "malformed");
    }
}

TEST_CASE("a page in another's place is found", "[store]") {
    const test::TemporaryFolder root;
    const fs::path path = root / "release.db";
    make(path);
    std::string bytes(fs::file_size(path), '\0');
    std::ifstream{path, std::ios::binary}.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    std::swap_ranges(bytes.begin() + 4096, bytes.begin() + 8192, bytes.begin() + 8192);
    std::ofstream{path, std::ios::binary} << bytes;
    CHECK(code_of(Database::open(path, Purpose::release)) == "malformed");
}

TEST_CASE("a first start that loses power anywhere can be repeated", "[store]") {
    std::size_t n = 1;
    for (bool reached = true; reached; ++n) {
        const test::TemporaryFolder root;
        const fs::path path = root / "release.db";
        {
            const test::FaultyVfs vfs{n};
            [[maybe_unused]] const bool made = Database::open(path, Purpose::release).has_value();
            reached = vfs.calls() >= n;
        }
        INFO("call " << n);
        CHECK(code_of(Database::open(path, Purpose::release)) == "opened");
        CHECK(code_of(Database::open(path, Purpose::release)) == "opened");
    }
    CHECK(n > 20);
}
