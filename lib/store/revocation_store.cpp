// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/revocation_store.hpp>

#include <safeq/store/clock_marks.hpp>

#include "database_impl.hpp"

namespace safeq::store {

Result<void> RevocationStore::add(const token::Revocation& revocation) {
    const Access db{database_};
    SAFEQ_TRY(auto add,
              db->prepare("INSERT INTO revocation (tenant, scope, id, issued_until, forget_at) VALUES (?,?,?,?,?) "
                          "ON CONFLICT (tenant, scope, id) DO UPDATE SET "
                          "issued_until = max(issued_until, excluded.issued_until), "
                          "forget_at = max(forget_at, excluded.forget_at)"));
    add.bind(revocation.key.tenant).bind(static_cast<std::uint8_t>(revocation.key.scope));
    add.bind(ByteView{revocation.key.id}).bind(revocation.issued_until).bind(revocation.forget_at);
    return add.run();
}

Result<std::optional<Time>> RevocationStore::issued_until(const token::RevocationKey& key) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare("SELECT issued_until FROM revocation WHERE tenant = ? AND scope = ? AND id = ?"));
    row.bind(key.tenant).bind(static_cast<std::uint8_t>(key.scope)).bind(ByteView{key.id});
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return std::optional<Time>{};
    const Time until = row.time();
    SAFEQ_TRY_VOID(row.check());
    return std::optional{until};
}

Result<std::size_t> RevocationStore::forget(Time now, const token::ClockMarks& marks) {
    const Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    // With the marks: were the clock wrong, a restart would else make good again what was withdrawn.
    SAFEQ_TRY_VOID(keep_clock_marks(database_, marks));
    {
        SAFEQ_TRY(auto forget, db->prepare("DELETE FROM revocation WHERE forget_at <= ?"));
        forget.bind(now);
        SAFEQ_TRY_VOID(forget.run());
    }
    const auto forgotten = static_cast<std::size_t>(db->changes());
    SAFEQ_TRY_VOID(transaction.commit());
    return forgotten;
}

}  // namespace safeq::store
