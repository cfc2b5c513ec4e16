// SPDX-License-Identifier: Apache-2.0
#include "sqlite.hpp"

#include <limits>

#include <fmt/format.h>
#include <sqlite3.h>

#include <safeq/core/fail_point.hpp>

#include "checked_vfs.hpp"

namespace safeq::store::sqlite {
namespace {

Errc code_of(int result) noexcept {
    if (result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY ||
        result == SQLITE_CONSTRAINT_ROWID)
        return Errc::already_exists;
    if (result == SQLITE_IOERR_DATA) return Errc::malformed;  // a page without its checksum
    switch (result & 0xff) {
        case SQLITE_FULL: return Errc::disk_full;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Errc::locked;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Errc::malformed;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH:
        case SQLITE_CANTOPEN: return Errc::permission;
        case SQLITE_NOMEM: return Errc::out_of_memory;
        case SQLITE_IOERR: return Errc::io_failed;
        case SQLITE_TOOBIG: return Errc::too_large;
        default: return Errc::internal;
    }
}

// A file whose sync or read has failed can't be trusted to hold what this process believes.
bool ends_all(int result) noexcept {
    switch (result & 0xff) {
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return true;
        default: return false;
    }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_{other.connection_},
      statement_{std::exchange(other.statement_, nullptr)},
      parameter_{other.parameter_},
      column_{other.column_},
      spoilt_{std::move(other.spoilt_)} {}

Statement::~Statement() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    // Bound secrets don't stay in the library's memory longer than the call.
    sqlite3_clear_bindings(statement_);
}

void Statement::spoil(std::string_view detail) {
    if (!spoilt_) spoilt_ = Error{Errc::malformed, "database row", fmt::format("column {}: {}", column_, detail)};
}

Statement& Statement::bind(ByteView bytes) {
    // A null pointer would bind NULL in place of an empty blob.
    const void* const data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    const int result = sqlite3_bind_blob64(statement_, ++parameter_, data, bytes.size(), SQLITE_TRANSIENT);
    if (result != SQLITE_OK && !spoilt_) spoilt_ = connection_->error(result);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    const char* const data = text.empty() ? "" : text.data();
    const int result = sqlite3_bind_text64(statement_, ++parameter_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (result != SQLITE_OK && !spoilt_) spoilt_ = connection_->error(result);
    return *this;
}

Statement& Statement::bind_integer(std::int64_t value) {
    const int result = sqlite3_bind_int64(statement_, ++parameter_, value);
    if (result != SQLITE_OK && !spoilt_) spoilt_ = connection_->error(result);
    return *this;
}

Statement& Statement::bind_unsigned(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        if (!spoilt_) spoilt_ = Error{Errc::too_large, "database row", "a number over 63 bits"};
        value = 0;
    }
    return bind_integer(static_cast<std::int64_t>(value));
}

Statement& Statement::bind_null() {
    const int result = sqlite3_bind_null(statement_, ++parameter_);
    if (result != SQLITE_OK && !spoilt_) spoilt_ = connection_->error(result);
    return *this;
}

Result<bool> Statement::step() {
    SAFEQ_TRY_VOID(check());
    column_ = 0;
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return std::unexpected(connection_->error(result));
}

Result<void> Statement::run() {
    SAFEQ_TRY(const bool row, step());
    if (row) return fail(Errc::internal, "database", "a row where none was expected");
    return {};
}

bool Statement::null() {
    if (sqlite3_column_type(statement_, column_) != SQLITE_NULL) return false;
    ++column_;
    return true;
}

Bytes Statement::bytes() {
    const int at = column_++;
    if (sqlite3_column_type(statement_, at) != SQLITE_BLOB) {
        spoil("no bytes");
        return {};
    }
    const auto* const data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, at));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, at));
    return size == 0 ? Bytes{} : Bytes{data, data + size};
}

std::string Statement::text() {
    const int at = column_++;
    if (sqlite3_column_type(statement_, at) != SQLITE_TEXT) {
        spoil("no text");
        return {};
    }
    const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, at));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, at))};
}

std::int64_t Statement::integer() {
    const int at = column_++;
    if (sqlite3_column_type(statement_, at) != SQLITE_INTEGER) {
        spoil("no number");
        return 0;
    }
    return sqlite3_column_int64(statement_, at);
}

bool Statement::boolean() {
    const std::int64_t value = integer();
    if (value != 0 && value != 1) spoil("neither 0 nor 1");
    return value == 1;
}

void Statement::fill(MutableByteView out) {
    const Bytes value = bytes();
    if (value.size() != out.size()) {
        spoil(fmt::format("{} bytes, not {}", value.size(), out.size()));
        return;
    }
    std::memcpy(out.data(), value.data(), out.size());
}

Result<void> Statement::check() const {
    if (spoilt_) return std::unexpected(*spoilt_);
    return {};
}

void Connection::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path) {
    sqlite3* handle = nullptr;
    // One mutex of ours guards the connection, so SQLite needs none of its own.
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    const char* const layer = checked_vfs();
    if (layer == nullptr) return fail(Errc::out_of_memory, path.string());
    const int result = sqlite3_open_v2(path.c_str(), &handle, flags, layer);
    if (handle == nullptr) return fail(Errc::out_of_memory, path.string());
    // Closed, too, where there is no memory for the rest: an open one holds the file's lock.
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> owned{handle, &sqlite3_close_v2};
    std::unique_ptr<Connection> connection{new Connection{handle, path.string()}};
    (void)owned.release();
    if (result != SQLITE_OK) return std::unexpected(connection->error(result));
    int reserved = checksum_bytes;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    sqlite3_busy_timeout(handle, 0);
    // What is stored is never code: no triggers, no views, no writes to the schema by what a damaged file says.
    for (const int option : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
                             SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML})
        sqlite3_db_config(handle, option, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    return connection;
}

Connection::~Connection() {
    statements_.clear();
    sqlite3_close_v2(handle_);
}

Result<void> Connection::execute(const std::string& sql) {
    if (broken_) return std::unexpected(*broken_);
    const int result = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return std::unexpected(error(result));
    return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
    if (broken_) return std::unexpected(*broken_);
    auto at = statements_.find(sql);
    if (at == statements_.end()) {
        sqlite3_stmt* made = nullptr;
        const int result = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                              SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        std::unique_ptr<sqlite3_stmt, Finalize> owned{made};
        if (result != SQLITE_OK) return std::unexpected(error(result));
        at = statements_.try_emplace(std::string{sql}, std::move(owned)).first;
    }
    return Statement{*this, at->second.get()};
}

Result<std::int64_t> Connection::number(std::string_view sql) {
    SAFEQ_TRY(auto statement, prepare(sql));
    SAFEQ_TRY(const bool row, statement.step());
    if (!row) return fail(Errc::malformed, name_, fmt::format("no answer to {}", sql));
    const std::int64_t value = statement.integer();
    SAFEQ_TRY_VOID(statement.check());
    return value;
}

Result<void> Connection::empty_log() {
    SAFEQ_TRY(const std::int64_t busy, number("PRAGMA wal_checkpoint(TRUNCATE)"));
    if (busy != 0) return fail(Errc::locked, name_, "the write-ahead log can't be emptied now");
    return {};
}

std::int64_t Connection::changes() const noexcept { return sqlite3_changes64(handle_); }

bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }

Error Connection::error(int result) {
    // The library's own sentence may quote what was asked; ours has the code's name and the system's error alone.
    Error failure{code_of(result), name_,
                  fmt::format("{}, {}", sqlite3_errstr(result), sqlite3_extended_errcode(handle_))};
    if (ends_all(result) && !broken_) broken_ = failure;
    return failure;
}

Result<Transaction> Transaction::begin(Connection& connection) {
    if (connection.in_transaction()) return fail(Errc::internal, "transaction", "this thread has one open already");
    SAFEQ_TRY(auto statement, connection.prepare("BEGIN IMMEDIATE"));
    SAFEQ_TRY_VOID(statement.run());
    return Transaction{connection};
}

Transaction::~Transaction() {
    // SQLite has rolled back by itself after some errors.
    if (connection_ == nullptr || !connection_->in_transaction()) return;
    [[maybe_unused]] const auto undone = connection_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
    if (connection_ == nullptr) return fail(Errc::internal, "transaction", "ended");
    SAFEQ_FAIL_POINT("database.commit");
    SAFEQ_TRY(auto statement, connection_->prepare("COMMIT"));
    SAFEQ_TRY_VOID(statement.run());
    connection_ = nullptr;
    SAFEQ_FAIL_POINT("database.committed");
    return {};
}

}  // namespace safeq::store::sqlite
