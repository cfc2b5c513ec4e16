// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/pairing_store.hpp>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using token::PairingRecord;

std::unexpected<Error> not_found() { return fail(Errc::not_found, "pairing"); }

constexpr std::uint32_t most_attempts = UINT32_MAX;

}  // namespace

Result<void> PairingStore::put(const PairingRecord& record) {
    const Access db{database_};
    SAFEQ_TRY(auto put, db->prepare("INSERT OR REPLACE INTO pairing (tenant, device, id, begun_by, code, attempts, "
                                    "created, expires) VALUES (?,?,?,?,?,?,?,?)"));
    put.bind(record.tenant).bind(record.device).bind(record.id).bind(record.by).bind(ByteView{record.code});
    put.bind(record.attempts).bind(record.created).bind(record.expires);
    return put.run();
}

Result<PairingRecord> PairingStore::attempt(TenantId tenant, DeviceId device) {
    const Access db{database_};
    // One statement: the count is durable before anybody compares a code.
    SAFEQ_TRY(auto row,
              db->prepare("UPDATE pairing SET attempts = min(attempts + 1, ?) WHERE tenant = ? AND device = ? "
                          "RETURNING id, begun_by, code, attempts, created, expires"));
    row.bind(most_attempts).bind(tenant).bind(device);
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return not_found();
    PairingRecord record{};
    record.tenant = tenant;
    record.device = device;
    record.id = row.id<token::PairingId>();
    record.by = row.id<SubjectId>();
    row.fill(record.code);
    record.attempts = row.number<std::uint32_t>();
    record.created = row.time();
    record.expires = row.time();
    SAFEQ_TRY_VOID(row.check());
    SAFEQ_TRY([[maybe_unused]] const bool more, row.step());  // ends the statement, and so makes it durable
    return record;
}

Result<void> PairingStore::erase(TenantId tenant, DeviceId device, token::PairingId id) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM pairing WHERE tenant = ? AND device = ? AND id = ?"));
    erase.bind(tenant).bind(device).bind(id);
    SAFEQ_TRY_VOID(erase.run());
    if (db->changes() == 0) return not_found();
    return {};
}

Result<void> PairingStore::erase(TenantId tenant, DeviceId device) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM pairing WHERE tenant = ? AND device = ?"));
    erase.bind(tenant).bind(device);
    SAFEQ_TRY_VOID(erase.run());
    if (db->changes() == 0) return not_found();
    return {};
}

Result<std::size_t> PairingStore::erase_expired(Time now) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM pairing WHERE expires <= ?"));
    erase.bind(now);
    SAFEQ_TRY_VOID(erase.run());
    return static_cast<std::size_t>(db->changes());
}

}  // namespace safeq::store
