// SPDX-License-Identifier: Apache-2.0
#pragma once

// The seam to SQLite: nothing outside lib/store sees its names.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace safeq::store::sqlite {

class Connection;

/// A prepared statement on loan from its connection, in use until the end of its scope. The first failure of a bind or
/// a column is kept and told by the next `step`, `run` or `check`.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // Parameters, from the first on, in the order of the calls.
    Statement& bind(ByteView bytes);
    Statement& bind(std::string_view text);
    Statement& bind(const Bytes& bytes) { return bind(ByteView{bytes}); }
    Statement& bind(const std::string& text) { return bind(std::string_view{text}); }
    Statement& bind(const char* text) { return bind(std::string_view{text}); }
    Statement& bind_integer(std::int64_t value);
    Statement& bind_null();
    /// *Errors*: `too_large` beyond the 63 bits that a row can hold.
    template <std::unsigned_integral T>
        requires(!std::same_as<T, bool>)
    Statement& bind(T value) {
        return bind_unsigned(value);
    }
    template <std::signed_integral T>
    Statement& bind(T value) {
        return bind_integer(value);
    }
    Statement& bind(bool value) { return bind_integer(value ? 1 : 0); }
    Statement& bind(Time time) { return bind_integer(time.time_since_epoch().count()); }
    template <class Tag>
    Statement& bind(const Id<Tag>& id) {
        return bind(ByteView{id.bytes()});
    }
    template <class T>
    Statement& bind(const std::optional<T>& value) {
        return value ? bind(*value) : bind_null();
    }

    /// Whether there is a row. Its columns are read from the first on, in the order of the calls.
    [[nodiscard]] Result<bool> step();
    /// For a statement that gives no row.
    [[nodiscard]] Result<void> run();

    [[nodiscard]] bool null();  ///< whether the next column is null; if so, it is passed over
    [[nodiscard]] Bytes bytes();
    [[nodiscard]] std::string text();
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] bool boolean();
    [[nodiscard]] Time time() { return Time{std::chrono::milliseconds{integer()}}; }
    template <std::unsigned_integral T>
    [[nodiscard]] T number() {
        const std::int64_t value = integer();
        if (value < 0 || static_cast<std::uint64_t>(value) > std::uint64_t{static_cast<T>(~T{0})})
            spoil("number out of range");
        return static_cast<T>(value);
    }
    /// A column of exactly as many bytes as `out`.
    void fill(MutableByteView out);
    template <class IdType>
    [[nodiscard]] IdType id() {
        IdBytes value{};
        fill(value);
        return IdType{value};
    }
    template <class Read>
    [[nodiscard]] auto optional(Read read) -> std::optional<decltype(read())> {
        if (null()) return std::nullopt;
        return read();
    }

    /// *Errors*: `malformed` when a column read so far held something else than asked for.
    [[nodiscard]] Result<void> check() const;

private:
    friend class Connection;
    Statement(Connection& connection, sqlite3_stmt* statement) noexcept
        : connection_{&connection}, statement_{statement} {}
    Statement& bind_unsigned(std::uint64_t value);
    void spoil(std::string_view detail);

    Connection* connection_;
    sqlite3_stmt* statement_;
    int parameter_ = 0;
    int column_ = 0;
    std::optional<Error> spoilt_;
};

/// One connection. After an error of the file system, or damage found, it does nothing more.
class Connection {
public:
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Statements without parameters or rows, such as a schema.
    [[nodiscard]] Result<void> execute(const std::string& sql);
    /// *Requires*: `sql` isn't on loan already, so no recursion into the same statement.
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    /// The one number that the statement gives.
    [[nodiscard]] Result<std::int64_t> number(std::string_view sql);

    /// Moves everything from the write-ahead log into the file, and cuts the log to nothing.
    [[nodiscard]] Result<void> empty_log();

    /// Rows changed by the last statement.
    [[nodiscard]] std::int64_t changes() const noexcept;
    [[nodiscard]] bool in_transaction() const noexcept;

    /// The failure that SQLite's last result code means.
    [[nodiscard]] Error error(int code);

private:
    Connection(sqlite3* handle, std::string name) noexcept : handle_{handle}, name_{std::move(name)} {}
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    sqlite3* handle_;
    std::string name_;
    std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, std::less<>> statements_;
    std::optional<Error> broken_;
};

/// From `BEGIN IMMEDIATE` to `commit`; rolled back where that isn't reached.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Connection& connection);
    Transaction(Transaction&& other) noexcept : connection_{std::exchange(other.connection_, nullptr)} {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    [[nodiscard]] Result<void> commit();

private:
    explicit Transaction(Connection& connection) noexcept : connection_{&connection} {}
    Connection* connection_;
};

}  // namespace safeq::store::sqlite
