// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/subject_keys.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using audit::SubjectKey;

constexpr std::size_t plain_bytes = SubjectKey::size + 2 * sizeof(IdBytes);

Bytes wrap(const crypto::WrapKey& root, const SubjectKey& key, TenantId tenant, SubjectId subject) {
    crypto::Secret plain = crypto::Secret::zeroed(plain_bytes);
    auto at = std::ranges::copy(key.expose(), plain.fill().begin()).out;
    at = std::ranges::copy(tenant.bytes(), at).out;
    std::ranges::copy(subject.bytes(), at);
    return crypto::wrap_key(root, plain.expose());
}

Result<SubjectKey> unwrap(const crypto::WrapKey& root, ByteView wrapped, TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(const crypto::Secret plain, crypto::unwrap_key(root, wrapped));
    const ByteView bytes = plain.expose();
    if (bytes.size() != plain_bytes || !same_bytes(bytes.subspan(SubjectKey::size, sizeof(IdBytes)), tenant.bytes()) ||
        !same_bytes(bytes.last(sizeof(IdBytes)), subject.bytes()))
        return fail(Errc::authentication_failed, "subject key", "wrapped for somebody else");
    return SubjectKey::from(bytes.first(SubjectKey::size));
}

// Nothing where there is no row; an empty one where the key was destroyed.
Result<std::optional<std::optional<Bytes>>> read_row(sqlite::Connection& db, TenantId tenant, SubjectId subject) {
    using Row = std::optional<std::optional<Bytes>>;
    SAFEQ_TRY(auto row, db.prepare("SELECT wrapped FROM subject_key WHERE tenant = ? AND subject = ?"));
    row.bind(tenant).bind(subject);
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return Row{};
    auto wrapped = row.optional([&] { return row.bytes(); });
    SAFEQ_TRY_VOID(row.check());
    return Row{std::move(wrapped)};
}

}  // namespace

Result<SubjectKey> SubjectKeys::create(SubjectId subject) {
    if (subject.nil() || tenant_.nil()) return fail(Errc::invalid_argument, "subject key", "a nil id");
    const Access db{database_};
    SAFEQ_TRY(const auto row, read_row(*db, tenant_, subject));
    if (row) {
        if (!*row) return fail(Errc::key_destroyed, "subject key", subject.text());
        return unwrap(root_, **row, tenant_, subject);
    }
    SubjectKey key = SubjectKey::random(random_);
    SAFEQ_TRY(auto add, db->prepare("INSERT INTO subject_key (tenant, subject, wrapped, created) VALUES (?,?,?,?)"));
    add.bind(tenant_).bind(subject).bind(ByteView{wrap(root_, key, tenant_, subject)}).bind(clock_.now());
    SAFEQ_TRY_VOID(add.run());
    return key;
}

Result<SubjectKey> SubjectKeys::key(SubjectId subject) {
    const Access db{database_};
    SAFEQ_TRY(const auto row, read_row(*db, tenant_, subject));
    if (!row) return fail(Errc::key_unknown, "subject key", subject.text());
    if (!*row) return fail(Errc::key_destroyed, "subject key", subject.text());
    return unwrap(root_, **row, tenant_, subject);
}

Result<void> SubjectKeys::destroy(SubjectId subject) {
    {
        const Access db{database_};
        SAFEQ_TRY(const auto row, read_row(*db, tenant_, subject));
        if (!row) return fail(Errc::key_unknown, "subject key", subject.text());
        if (*row) {
            SAFEQ_TRY(auto destroy, db->prepare("UPDATE subject_key SET wrapped = NULL, destroyed = ? "
                                                "WHERE tenant = ? AND subject = ?"));
            destroy.bind(clock_.now()).bind(tenant_).bind(subject);
            SAFEQ_TRY_VOID(destroy.run());
        }
        // `secure_delete` has blanked the row; older pages in the write-ahead log still hold it.
        SAFEQ_TRY_VOID(db->empty_log());
    }
    // Not while ours is held: a unit of work over there may ask us for a key.
    if (sealed_ == nullptr) return {};
    const Access sealed{*sealed_};
    return sealed->empty_log();
}

Result<void> SubjectKeys::adopt(Database& former) {
    struct Row {
        SubjectId subject;
        std::optional<Bytes> wrapped;
        Time created;
        std::optional<Time> destroyed;
    };
    std::vector<Row> rows;
    const Access from{former};
    {
        SAFEQ_TRY(auto row,
                  from->prepare("SELECT subject, wrapped, created, destroyed FROM subject_key WHERE tenant = ?"));
        row.bind(tenant_);
        for (;;) {
            SAFEQ_TRY(const bool more, row.step());
            if (!more) break;
            Row one;
            one.subject = row.id<SubjectId>();
            one.wrapped = row.optional([&] { return row.bytes(); });
            one.created = row.time();
            one.destroyed = row.optional([&] { return row.time(); });
            SAFEQ_TRY_VOID(row.check());
            rows.push_back(std::move(one));
        }
    }
    // Also where a former go ended before this.
    if (rows.empty()) return from->empty_log();
    {
        const Access to{database_};
        SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*to));
        for (const Row& one : rows) {
            SAFEQ_TRY(auto add, to->prepare("INSERT INTO subject_key (tenant, subject, wrapped, created, destroyed) "
                                            "VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING"));
            add.bind(tenant_).bind(one.subject).bind(one.wrapped).bind(one.created).bind(one.destroyed);
            SAFEQ_TRY_VOID(add.run());
        }
        SAFEQ_TRY_VOID(transaction.commit());
    }
    {
        SAFEQ_TRY(auto clear, from->prepare("DELETE FROM subject_key WHERE tenant = ?"));
        clear.bind(tenant_);
        SAFEQ_TRY_VOID(clear.run());
    }
    return from->empty_log();
}

}  // namespace safeq::store
