// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include <safeq/store/database.hpp>

#include "folder.hpp"
#include "sqlite.hpp"

namespace safeq::store {

struct Database::Impl {
    // Recursive: who describes a change inside a unit of work may need a subject's key from the same database.
    std::recursive_mutex mutex;
    File lock;
    std::unique_ptr<sqlite::Connection> connection;
};

/// The database, held for one call: `Access db{database}; SAFEQ_TRY(auto row, db->prepare(…));`
class Access {
public:
    explicit Access(Database& database) : lock_{database.impl().mutex}, connection_{*database.impl().connection} {}
    [[nodiscard]] sqlite::Connection* operator->() const noexcept { return &connection_; }
    [[nodiscard]] sqlite::Connection& operator*() const noexcept { return connection_; }

private:
    std::unique_lock<std::recursive_mutex> lock_;
    sqlite::Connection& connection_;
};

}  // namespace safeq::store
