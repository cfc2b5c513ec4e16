// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/token_store.hpp>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using sqlite::Statement;
using token::TokenKind;
using token::TokenRecord;

Result<TokenRecord> read_token(Statement& row) {
    TokenRecord record{};
    row.fill(record.hash.bytes);
    record.id = row.id<token::TokenId>();
    SAFEQ_TRY(record.kind, token::token_kind(row.number<std::uint8_t>()));
    record.tenant = row.id<TenantId>();
    record.subject = row.id<SubjectId>();
    record.device = row.optional([&] { return row.id<DeviceId>(); });
    record.device_key = row.optional([&] {
        token::TokenHash key;
        row.fill(key.bytes);
        return key;
    });
    record.label = row.text();
    record.created = row.time();
    record.idle_deadline = row.optional([&] { return row.time(); });
    record.expires = row.optional([&] { return row.time(); });
    SAFEQ_TRY_VOID(row.check());
    return record;
}

Result<void> insert(const Access& db, const TokenRecord& record) {
    SAFEQ_TRY(
        auto add,
        db->prepare(
            "INSERT INTO token (hash, id, kind, tenant, subject, device, device_key, label, created, idle_deadline, "
            "expires) VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
    const auto device_key = record.device_key ? std::optional{ByteView{record.device_key->bytes}} : std::nullopt;
    add.bind(ByteView{record.hash.bytes}).bind(record.id).bind(static_cast<std::uint8_t>(record.kind));
    add.bind(record.tenant).bind(record.subject).bind(record.device).bind(device_key);
    add.bind(record.label).bind(record.created);
    add.bind(record.idle_deadline).bind(record.expires);
    return add.run();
}

}  // namespace

Result<void> TokenStore::add(const TokenRecord& record) {
    const Access db{database_};
    return insert(db, record);
}

Result<void> TokenStore::add_within(const TokenRecord& record, std::size_t most) {
    const Access db{database_};  // held from counting to adding
    {
        SAFEQ_TRY(auto row, db->prepare("SELECT count(*) FROM token WHERE tenant = ? AND subject = ? AND kind = ? "
                                        "AND coalesce(idle_deadline > ?, 1) AND coalesce(expires > ?, 1)"));
        row.bind(record.tenant).bind(record.subject).bind(static_cast<std::uint8_t>(record.kind));
        row.bind(record.created).bind(record.created);
        SAFEQ_TRY([[maybe_unused]] const bool there, row.step());
        const auto count = row.number<std::uint64_t>();
        SAFEQ_TRY_VOID(row.check());
        if (count >= most) return fail(Errc::too_many, "token");
    }
    return insert(db, record);
}

Result<void> TokenStore::replace(const TokenRecord& record) {
    const Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    {
        SAFEQ_TRY(auto erase, db->prepare("DELETE FROM token WHERE tenant = ? AND subject = ? AND kind = ?"));
        erase.bind(record.tenant).bind(record.subject).bind(static_cast<std::uint8_t>(record.kind));
        SAFEQ_TRY_VOID(erase.run());
    }
    SAFEQ_TRY_VOID(insert(db, record));
    return transaction.commit();
}

Result<TokenRecord> TokenStore::find(TenantId tenant, const token::TokenHash& hash) {
    const Access db{database_};
    SAFEQ_TRY(auto row,
              db->prepare(
                  "SELECT hash, id, kind, tenant, subject, device, device_key, label, created, idle_deadline, expires "
                  "FROM token WHERE tenant = ? AND hash = ?"));
    row.bind(tenant).bind(ByteView{hash.bytes});
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return fail(Errc::not_found, "token");
    return read_token(row);
}

Result<void> TokenStore::slide(TenantId tenant, token::TokenId id, Time idle_deadline) {
    const Access db{database_};
    SAFEQ_TRY(auto slide, db->prepare("UPDATE token SET idle_deadline = max(coalesce(idle_deadline, ?), ?) "
                                      "WHERE tenant = ? AND id = ?"));
    slide.bind(idle_deadline).bind(idle_deadline).bind(tenant).bind(id);
    SAFEQ_TRY_VOID(slide.run());
    if (db->changes() == 0) return fail(Errc::not_found, "token");
    return {};
}

Result<void> TokenStore::erase(TenantId tenant, token::TokenId id) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM token WHERE tenant = ? AND id = ?"));
    erase.bind(tenant).bind(id);
    SAFEQ_TRY_VOID(erase.run());
    if (db->changes() == 0) return fail(Errc::not_found, "token");
    return {};
}

Result<std::size_t> TokenStore::erase_at(TenantId tenant, DeviceId device) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM token WHERE tenant = ? AND device = ?"));
    erase.bind(tenant).bind(device);
    SAFEQ_TRY_VOID(erase.run());
    return static_cast<std::size_t>(db->changes());
}

Result<std::vector<TokenRecord>> TokenStore::list(TenantId tenant, SubjectId subject, TokenKind kind) {
    const Access db{database_};
    SAFEQ_TRY(auto row,
              db->prepare(
                  "SELECT hash, id, kind, tenant, subject, device, device_key, label, created, idle_deadline, expires "
                  "FROM token WHERE tenant = ? AND subject = ? AND kind = ? ORDER BY created, id"));
    row.bind(tenant).bind(subject).bind(static_cast<std::uint8_t>(kind));
    std::vector<TokenRecord> records;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return records;
        SAFEQ_TRY(TokenRecord record, read_token(row));
        records.push_back(std::move(record));
    }
}

Result<std::size_t> TokenStore::erase_expired(Time now) {
    const Access db{database_};
    SAFEQ_TRY(auto erase, db->prepare("DELETE FROM token WHERE idle_deadline <= ? OR expires <= ?"));
    erase.bind(now).bind(now);
    SAFEQ_TRY_VOID(erase.run());
    return static_cast<std::size_t>(db->changes());
}

}  // namespace safeq::store
