// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/clock_marks.hpp>

#include "database_impl.hpp"

namespace safeq::store {

Result<token::ClockMarks> clock_marks(Database& database) {
    const Access db{database};
    SAFEQ_TRY(auto row, db->prepare("SELECT latest, made_by, over_by FROM clock WHERE id = 1"));
    SAFEQ_TRY(const bool there, row.step());
    token::ClockMarks marks;
    if (!there) return marks;
    marks.latest = row.time();
    marks.made_by = row.time();
    marks.over_by = row.time();
    SAFEQ_TRY_VOID(row.check());
    return marks;
}

Result<void> keep_clock_marks(Database& database, const token::ClockMarks& marks) {
    const Access db{database};
    SAFEQ_TRY(auto put, db->prepare("INSERT OR REPLACE INTO clock (id, latest, made_by, over_by) VALUES (1,?,?,?)"));
    put.bind(marks.latest).bind(marks.made_by).bind(marks.over_by);
    return put.run();
}

}  // namespace safeq::store
