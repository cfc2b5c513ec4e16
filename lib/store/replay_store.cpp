// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/replay_store.hpp>

#include <safeq/store/clock_marks.hpp>

#include "database_impl.hpp"

namespace safeq::store {

Result<std::unique_ptr<ReplayStore>> ReplayStore::open(Database& database, const token::ReplayLimits& limits,
                                                       token::ClockGuard& clock) {
    std::unique_ptr<ReplayStore> out{new ReplayStore{database, limits, clock}};
    const Time now = clock.now();
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
        const auto known = out->known_.spend(spending);
        // Its time may come while this runs.
        if (!known && known.error().code != Errc::expired) return std::unexpected{known.error()};
    }
}

Result<void> ReplayStore::spend(const token::Spending& spending) {
    // Whatever becomes of the database below, in this process it is spent.
    SAFEQ_TRY_VOID(known_.spend(spending));
    const Time now = clock_.now();
    const Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    {
        SAFEQ_TRY(auto forget, db->prepare("DELETE FROM spent WHERE forget_at <= ?"));
        forget.bind(now);
        SAFEQ_TRY_VOID(forget.run());
    }
    // With the marks: were the clock wrong, a restart would else let be spent again what is forgotten here.
    if (db->changes() != 0) SAFEQ_TRY_VOID(keep_clock_marks(database_, clock_.marks()));
    {
        SAFEQ_TRY(auto add, db->prepare("INSERT INTO spent (key, token, forget_at) VALUES (?,?,?)"));
        add.bind(ByteView{spending.key}).bind(spending.token).bind(spending.forget_at);
        SAFEQ_TRY_VOID(add.run());
    }
    return transaction.commit();
}

}  // namespace safeq::store
