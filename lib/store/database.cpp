// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/database.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <fmt/format.h>
#include <sqlite3.h>

#include "database_impl.hpp"
#include "schema.hpp"
#include "wal_check.hpp"

namespace safeq::store {
namespace {

namespace fs = std::filesystem;

Result<File> open_file(const fs::path& path) {
    const int descriptor =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    if (descriptor < 0) return std::unexpected(system_error(errno, path.string(), "open"));
    return File{system_file_ops(), descriptor};
}

// One process a file: SQLite's own locks would let a second one in between transactions.
Result<File> lock(const fs::path& path) {
    fs::path name = path;
    name += ".lock";
    SAFEQ_TRY(File file, open_file(name));
    if (flock(file.descriptor(), LOCK_EX | LOCK_NB) < 0)
        return std::unexpected(system_error(errno, path.string(), "another process has the database"));
    return file;
}

// Made by us so that it never has wider rights, not even for a moment.
Result<void> make_or_check(const fs::path& path) {
    SAFEQ_TRY(const File file, open_file(path));
    struct stat found{};
    if (::fstat(file.descriptor(), &found) < 0) return std::unexpected(system_error(errno, path.string(), "look at"));
    if (!S_ISREG(found.st_mode)) return fail(Errc::permission, path.string(), "not a regular file");
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(
            Errc::permission, path.string(),
            fmt::format("mode {:04o} gives others rights on the database; use chmod 600", found.st_mode & 07777u));
    if (found.st_uid != geteuid())
        return fail(Errc::permission, path.string(), "the database belongs to somebody else");
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path{"."};
    const File parent{system_file_ops(), ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (parent.descriptor() < 0 || ::fsync(parent.descriptor()) < 0)
        return std::unexpected(system_error(errno, folder.string(), "sync folder"));
    return {};
}

Result<void> configure(sqlite::Connection& connection) {
    // Exclusive: the write-ahead log's index stays in memory, and nobody else can open the file.
    SAFEQ_TRY_VOID(
        connection.execute("PRAGMA page_size = 4096; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL"));
    // Deleted rows are overwritten: what is erased must not lie in free pages.
    SAFEQ_TRY_VOID(
        connection.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; "
                           "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0"));
    SAFEQ_TRY(const std::int64_t synchronous, connection.number("PRAGMA synchronous"));
    SAFEQ_TRY(const std::int64_t foreign_keys, connection.number("PRAGMA foreign_keys"));
    if (synchronous != 2 || foreign_keys != 1)
        return fail(Errc::internal, "database", "SQLite does not take its settings");
    SAFEQ_TRY(auto mode, connection.prepare("PRAGMA journal_mode"));
    SAFEQ_TRY(const bool row, mode.step());
    if (!row || mode.text() != "wal")
        return fail(Errc::unsupported, "database", "no write-ahead log on this file system");
    return {};
}

// SQLite's check tells of a page that it had no memory for as of a broken one.
bool is_want_of_memory(std::string_view verdict) {
    return verdict.ends_with(fmt::format("error code={}", SQLITE_NOMEM)) ||
           verdict.ends_with(fmt::format("error code={}", SQLITE_IOERR_NOMEM));
}

Result<void> check_integrity(sqlite::Connection& connection, const std::string& name) {
    SAFEQ_TRY(auto check, connection.prepare("PRAGMA quick_check(1)"));
    SAFEQ_TRY(const bool row, check.step());
    const std::string verdict = row ? check.text() : "no answer";
    if (is_want_of_memory(verdict)) return fail(Errc::out_of_memory, name, "while it was checked");
    if (verdict != "ok") return fail(Errc::malformed, name, fmt::format("the database is damaged: {}", verdict));
    return {};
}

Result<void> migrate(sqlite::Connection& connection, Database::Purpose purpose, const std::string& name) {
    SAFEQ_TRY(const std::int64_t application, connection.number("PRAGMA application_id"));
    SAFEQ_TRY(const std::int64_t version, connection.number("PRAGMA user_version"));
    SAFEQ_TRY(const std::int64_t tables, connection.number("SELECT count(*) FROM sqlite_schema"));
    const bool fresh = application == 0 && version == 0 && tables == 0;
    if (!fresh && application != application_id(purpose))
        return fail(Errc::config_invalid, name, "a database of another program or purpose");
    const auto steps = schema_steps(purpose);
    const auto newest = static_cast<std::int64_t>(steps.size());
    if (version < 0 || version > newest)
        return fail(Errc::bad_version, name, fmt::format("schema version {}, this program knows {}", version, newest));
    if (version == newest) return {};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(connection));
    for (std::int64_t at = version; at < newest; ++at)
        SAFEQ_TRY_VOID(connection.execute(steps[static_cast<std::size_t>(at)]));
    SAFEQ_TRY_VOID(connection.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id(purpose), newest)));
    return transaction.commit();
}

}  // namespace

Database::Database(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Purpose purpose) {
    auto impl = std::make_unique<Impl>();
    SAFEQ_TRY(impl->lock, lock(path));
    SAFEQ_TRY_VOID(make_or_check(path));
    SAFEQ_TRY_VOID(sqlite::check_wal(path));
    SAFEQ_TRY(impl->connection, sqlite::Connection::open(path));
    SAFEQ_TRY_VOID(configure(*impl->connection));
    SAFEQ_TRY_VOID(check_integrity(*impl->connection, path.string()));
    SAFEQ_TRY_VOID(migrate(*impl->connection, purpose, path.string()));
    return std::unique_ptr<Database>{new Database{std::move(impl)}};
}

}  // namespace safeq::store
