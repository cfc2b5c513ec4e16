// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/replay_store.hpp>

#include "database_impl.hpp"

namespace safeq::store {

Result<std::unique_ptr<ReplayStore>> ReplayStore::open(Database& database, const token::ReplayLimits& limits,
                                                       Time now) {
    std::unique_ptr<ReplayStore> out{new ReplayStore{database, limits}};
    const Access db{database};
    SAFEQ_TRY(auto row, db->prepare("SELECT key, token, forget_at FROM spent WHERE forget_at > ?"));
    row.bind(now);
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return out;
        token::Spending spending{};
        row.fill(spending.key);
        spending.token = row.id<token::TokenId>();
        spending.forget_at = row.time();
        SAFEQ_TRY_VOID(row.check());
        SAFEQ_TRY_VOID(out->known_.spend(spending, now));
    }
}

Result<void> ReplayStore::spend(const token::Spending& spending, Time now) {
    // Whatever becomes of the database below, in this process it is spent.
    SAFEQ_TRY_VOID(known_.spend(spending, now));
    const Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    {
        SAFEQ_TRY(auto forget, db->prepare("DELETE FROM spent WHERE forget_at <= ?"));
        forget.bind(now);
        SAFEQ_TRY_VOID(forget.run());
    }
    {
        SAFEQ_TRY(auto add, db->prepare("INSERT INTO spent (key, token, forget_at) VALUES (?,?,?)"));
        add.bind(ByteView{spending.key}).bind(spending.token).bind(spending.forget_at);
        SAFEQ_TRY_VOID(add.run());
    }
    return transaction.commit();
}

}  // namespace safeq::store
