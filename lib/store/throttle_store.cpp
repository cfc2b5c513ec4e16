// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/throttle_store.hpp>

#include <cstring>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using auth::ThrottleEntry;
using auth::ThrottleKey;
using sqlite::Statement;

constexpr auto last_table = static_cast<std::uint8_t>(auth::ThrottleTable::address);

Result<ThrottleEntry> read_entry(Statement& row) {
    const auto table = row.number<std::uint8_t>();
    if (table > last_table) return fail(Errc::malformed, "database row", "no such table of the throttle");
    ThrottleEntry entry{};
    entry.table = static_cast<auth::ThrottleTable>(table);
    row.fill(entry.key);
    entry.failures = row.number<std::uint32_t>();
    entry.since = row.time();
    const Bytes familiar = row.bytes();
    SAFEQ_TRY_VOID(row.check());
    if (familiar.size() % sizeof(ThrottleKey) != 0) return fail(Errc::malformed, "database row", "half a key");
    entry.familiar.resize(familiar.size() / sizeof(ThrottleKey));
    if (!familiar.empty()) std::memcpy(entry.familiar.data(), familiar.data(), familiar.size());
    return entry;
}

}  // namespace

Result<std::vector<ThrottleEntry>> ThrottleStore::load() {
    const Access db{database_};
    SAFEQ_TRY(auto row,
              db->prepare("SELECT counter, key, failures, since, familiar FROM throttle ORDER BY counter, key"));
    std::vector<ThrottleEntry> entries;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return entries;
        SAFEQ_TRY(ThrottleEntry entry, read_entry(row));
        entries.push_back(std::move(entry));
    }
}

Result<void> ThrottleStore::save(std::span<const ThrottleEntry> changes) {
    if (changes.empty()) return {};
    const Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    for (const ThrottleEntry& entry : changes) {
        const auto table = static_cast<std::uint8_t>(entry.table);
        if (entry.nothing()) {
            SAFEQ_TRY(auto remove, db->prepare("DELETE FROM throttle WHERE counter = ? AND key = ?"));
            remove.bind(table).bind(ByteView{entry.key});
            SAFEQ_TRY_VOID(remove.run());
            continue;
        }
        SAFEQ_TRY(auto save,
                  db->prepare("INSERT INTO throttle (counter, key, failures, since, familiar) VALUES (?,?,?,?,?) "
                              "ON CONFLICT (counter, key) DO UPDATE SET failures = excluded.failures, "
                              "since = excluded.since, familiar = excluded.familiar"));
        save.bind(table).bind(ByteView{entry.key}).bind(entry.failures).bind(entry.since);
        save.bind(ByteView{std::as_bytes(std::span{entry.familiar})});
        SAFEQ_TRY_VOID(save.run());
    }
    return transaction.commit();
}

}  // namespace safeq::store
