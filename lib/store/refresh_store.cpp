// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/refresh_store.hpp>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using sqlite::Statement;
using token::RefreshFamily;

std::unexpected<Error> not_found() { return fail(Errc::not_found, "refresh family"); }

constexpr std::string_view by_selector =
    "SELECT id, selector, current, device_key, tenant, subject, created, idle_deadline, expires "
    "FROM refresh_family WHERE tenant = ? AND selector = ?";
constexpr std::string_view by_subject =
    "SELECT id, selector, current, device_key, tenant, subject, created, idle_deadline, expires "
    "FROM refresh_family WHERE tenant = ? AND subject = ? ORDER BY created, id";

Result<RefreshFamily> read_family(Statement& row) {
    RefreshFamily family{};
    family.id = row.id<SessionId>();
    row.fill(family.selector.bytes);
    row.fill(family.current.bytes);
    row.fill(family.device.bytes);
    family.tenant = row.id<TenantId>();
    family.subject = row.id<SubjectId>();
    family.created = row.time();
    family.idle_deadline = row.time();
    family.expires = row.time();
    SAFEQ_TRY_VOID(row.check());
    return family;
}

}  // namespace

Result<void> RefreshStore::add(const RefreshFamily& family) {
    const Access db{database_};
    SAFEQ_TRY(auto add, db->prepare("INSERT INTO refresh_family (id, selector, current, device_key, tenant, subject, "
                                    "created, idle_deadline, expires) VALUES (?,?,?,?,?,?,?,?,?)"));
    add.bind(family.id).bind(ByteView{family.selector.bytes}).bind(ByteView{family.current.bytes});
    add.bind(ByteView{family.device.bytes}).bind(family.tenant).bind(family.subject);
    add.bind(family.created).bind(family.idle_deadline).bind(family.expires);
    return add.run();
}

Result<RefreshFamily> RefreshStore::find(TenantId tenant, const token::TokenHash& selector) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare(by_selector));
    row.bind(tenant).bind(ByteView{selector.bytes});
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return not_found();
    return read_family(row);
}

Result<void> RefreshStore::rotate(TenantId tenant, SessionId id, const token::TokenHash& from,
                                  const token::TokenHash& to, Time idle_deadline) {
    const Access db{database_};
    {
        SAFEQ_TRY(auto rotate, db->prepare("UPDATE refresh_family SET current = ?, idle_deadline = ? "
                                           "WHERE tenant = ? AND id = ? AND current = ?"));
        rotate.bind(ByteView{to.bytes}).bind(idle_deadline).bind(tenant).bind(id).bind(ByteView{from.bytes});
        SAFEQ_TRY_VOID(rotate.run());
    }
    if (db->changes() != 0) return {};
    SAFEQ_TRY(auto there, db->prepare("SELECT 1 FROM refresh_family WHERE tenant = ? AND id = ?"));
    there.bind(tenant).bind(id);
    SAFEQ_TRY(const bool found, there.step());
    if (!found) return not_found();
    return fail(Errc::conflict, "refresh family", "not its current token");
}

Result<void> RefreshStore::erase(TenantId tenant, SessionId id) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM refresh_family WHERE tenant = ? AND id = ?"));
    erase.bind(tenant).bind(id);
    SAFEQ_TRY_VOID(erase.run());
    if (db->changes() == 0) return not_found();
    return {};
}

Result<std::vector<RefreshFamily>> RefreshStore::list(TenantId tenant, SubjectId subject) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare(by_subject));
    row.bind(tenant).bind(subject);
    std::vector<RefreshFamily> out;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return out;
        SAFEQ_TRY(RefreshFamily family, read_family(row));
        out.push_back(family);
    }
}

Result<std::size_t> RefreshStore::erase_expired(Time now) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM refresh_family WHERE idle_deadline <= ? OR expires <= ?"));
    erase.bind(now).bind(now);
    SAFEQ_TRY_VOID(erase.run());
    return static_cast<std::size_t>(db->changes());
}

}  // namespace safeq::store
