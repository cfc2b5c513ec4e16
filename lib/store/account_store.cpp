// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/account_store.hpp>

#include <algorithm>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using auth::Account;
using auth::CardRecord;
using auth::PhcString;
using auth::StoredPassword;
using sqlite::Connection;
using sqlite::Statement;

constexpr std::string_view select_all =
    "SELECT tenant, subject, names, password, pin, disabled, created, revision, erasing FROM account WHERE tenant = ?";
constexpr std::string_view select_by_name =
    "SELECT tenant, subject, names, password, pin, disabled, created, revision, erasing FROM account WHERE tenant = ? "
    "AND lookup = ?";
constexpr std::string_view select_by_subject =
    "SELECT tenant, subject, names, password, pin, disabled, created, revision, erasing FROM account WHERE tenant = ? "
    "AND subject = ?";

template <class Verifier>
std::optional<std::string> text_of(const std::optional<Verifier>& verifier) {
    return verifier ? std::optional{verifier->text()} : std::nullopt;
}

template <class Verifier>
Result<std::optional<Verifier>> read_verifier(Statement& row) {
    if (row.null()) return std::optional<Verifier>{};
    SAFEQ_TRY(Verifier verifier, Verifier::parse(row.text()));
    return std::optional{std::move(verifier)};
}

struct Row {
    Account account;  // without names and cards
    Bytes names;      // sealed
};

Result<Row> read_row(Statement& row) {
    Row out;
    Account& account = out.account;
    account.tenant = row.id<TenantId>();
    account.subject = row.id<SubjectId>();
    out.names = row.bytes();
    SAFEQ_TRY(account.password, read_verifier<StoredPassword>(row));
    SAFEQ_TRY(account.pin, read_verifier<PhcString>(row));
    account.disabled = row.boolean();
    account.created = row.time();
    account.revision = row.number<std::uint64_t>();
    account.erasing = row.boolean();
    SAFEQ_TRY_VOID(row.check());
    return out;
}

Result<std::vector<CardRecord>> read_cards(Connection& db, TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(auto row, db.prepare("SELECT pepper, lookup FROM card WHERE tenant = ? AND subject = ? ORDER BY number"));
    row.bind(tenant).bind(subject);
    std::vector<CardRecord> cards;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return cards;
        CardRecord card;
        row.fill(card.pepper.bytes);
        row.fill(card.lookup);
        SAFEQ_TRY_VOID(row.check());
        cards.push_back(card);
    }
}

Result<Row> find_one(Connection& db, Statement& row) {
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return fail(Errc::not_found, "account");
    SAFEQ_TRY(Row found, read_row(row));
    SAFEQ_TRY(found.account.cards, read_cards(db, found.account.tenant, found.account.subject));
    return found;
}

Result<Row> find_subject(Connection& db, TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(auto row, db.prepare(select_by_subject));
    row.bind(tenant).bind(subject);
    return find_one(db, row);
}

constexpr std::string_view insert_account =
    "INSERT INTO account (tenant, subject, lookup, names, password, pin, disabled, created, erasing) "
    "VALUES (?,?,?,?,?,?,?,?,?)";

Result<void> run(Statement& insert, const Account& account, const crypto::MacTag& lookup, ByteView names) {
    insert.bind(account.tenant).bind(account.subject).bind(ByteView{lookup}).bind(names);
    insert.bind(text_of(account.password)).bind(text_of(account.pin)).bind(account.disabled).bind(account.created);
    insert.bind(account.erasing);
    return insert.run();
}

Result<void> add_cards(Connection& db, const Account& account) {
    std::uint32_t number = 0;
    for (const CardRecord& card : account.cards) {
        SAFEQ_TRY(auto add,
                  db.prepare("INSERT INTO card (tenant, lookup, pepper, subject, number) VALUES (?,?,?,?,?)"));
        add.bind(account.tenant)
            .bind(ByteView{card.lookup})
            .bind(ByteView{card.pepper.bytes})
            .bind(account.subject)
            .bind(number++);
        SAFEQ_TRY_VOID(add.run());
    }
    return {};
}

// After a compare-and-set that changed nothing.
Result<void> unchanged(Connection& db, TenantId tenant, SubjectId subject) {
    SAFEQ_TRY([[maybe_unused]] const Row there, find_subject(db, tenant, subject));
    return fail(Errc::conflict, "account", "it is another by now");
}

std::string erased_name(SubjectId subject) { return "erased-" + subject.text(); }

Bytes context_of(const Account& account) {
    return ByteWriter{}
        .field("safeq/account-names/v1")
        .field(account.tenant.bytes())
        .field(account.subject.bytes())
        .take();
}

}  // namespace

crypto::MacTag AccountStore::lookup(TenantId tenant, std::string_view name) const {
    return crypto::hmac_sha256(lookup_key_, {tenant.bytes(), as_bytes(name)});
}

Result<Bytes> AccountStore::seal(const Account& account) {
    const auto key = keys_.key(account.subject);
    if (!key) {
        // An erasure that is repeated: there is nothing left to hide.
        if (key.error().code == Errc::key_destroyed && account.name == erased_name(account.subject) &&
            !account.display_name)
            return Bytes{};
        return std::unexpected(key.error());
    }
    ByteWriter names;
    names.field(account.name).u8(account.display_name ? 1 : 0).field(account.display_name.value_or(""));
    const Bytes context = context_of(account);
    return audit::seal_under(*key, {names.view()}, {context}, random_);
}

Result<void> AccountStore::open(Account& account, ByteView sealed) {
    const auto key = keys_.key(account.subject);
    if (!key && key.error().code == Errc::key_destroyed) {
        account.name = erased_name(account.subject);
        return {};
    }
    if (!key) return std::unexpected(key.error());
    const Bytes context = context_of(account);
    SAFEQ_TRY(const Bytes names, audit::open_under(*key, sealed, {context}));
    ByteReader reader{names};
    SAFEQ_TRY(const std::uint32_t length, reader.u32("name"));
    SAFEQ_TRY(const ByteView name, reader.take(length, "name"));
    SAFEQ_TRY(const std::uint8_t shown, reader.u8("display name"));
    SAFEQ_TRY(const std::uint32_t display_length, reader.u32("display name"));
    SAFEQ_TRY(const ByteView display, reader.take(display_length, "display name"));
    SAFEQ_TRY_VOID(reader.finish("names"));
    account.name = as_text(name);
    if (shown != 0) account.display_name = std::string{as_text(display)};
    return {};
}

Result<Account> AccountStore::find_by_name(TenantId tenant, std::string_view name) {
    const Access db{database_};
    Result<Row> found = [&]() -> Result<Row> {
        SAFEQ_TRY(auto row, db->prepare(select_by_name));
        row.bind(tenant).bind(ByteView{lookup(tenant, name)});
        return find_one(*db, row);
    }();
    if (!found && found.error().code == Errc::not_found) SAFEQ_TRY_VOID(find_decoy(tenant));
    if (!found) return std::unexpected{std::move(found).error()};
    SAFEQ_TRY_VOID(open(found->account, found->names));
    return std::move(found->account);
}

// Whoever stays the same from one call to the next: a search each time would take longer with each erased account.
Result<void> AccountStore::find_decoy(TenantId tenant) {
    const Access db{database_};
    auto decoy = decoys_.find(tenant);
    if (decoy == decoys_.end()) {
        SAFEQ_TRY(auto row, db->prepare("SELECT subject FROM account WHERE tenant = ? AND NOT disabled LIMIT 1"));
        row.bind(tenant);
        SAFEQ_TRY(const bool there, row.step());
        if (!there) return {};  // nor is there anybody to be found out
        decoy = decoys_.emplace(tenant, row.id<SubjectId>()).first;
        SAFEQ_TRY_VOID(row.check());
    }
    const auto found = find_by_subject(tenant, decoy->second);
    if (!found || found->disabled) decoys_.erase(decoy);
    if (!found && found.error().code != Errc::not_found) return std::unexpected{found.error()};
    return {};
}

Result<Account> AccountStore::find_by_subject(TenantId tenant, SubjectId subject) {
    const Access db{database_};
    SAFEQ_TRY(Row found, find_subject(*db, tenant, subject));
    SAFEQ_TRY_VOID(open(found.account, found.names));
    return std::move(found.account);
}

Result<Account> AccountStore::find_by_card(TenantId tenant, std::span<const crypto::MacTag> lookups) {
    const Access db{database_};
    std::optional<SubjectId> found;
    for (const crypto::MacTag& lookup : lookups) {
        SAFEQ_TRY(auto row, db->prepare("SELECT subject FROM card WHERE tenant = ? AND lookup = ?"));
        row.bind(tenant).bind(ByteView{lookup});
        SAFEQ_TRY(const bool there, row.step());
        if (!there) continue;
        const auto subject = row.id<SubjectId>();
        SAFEQ_TRY_VOID(row.check());
        if (found && *found != subject) return fail(Errc::conflict, "card", "two accounts have it");
        found = subject;
    }
    if (!found) {
        SAFEQ_TRY_VOID(find_decoy(tenant));
        return fail(Errc::not_found, "account");
    }
    return find_by_subject(tenant, *found);
}

Result<void> AccountStore::save(const Account& account) {
    SAFEQ_TRY_VOID(auth::check(account));
    SAFEQ_TRY(const Bytes names, seal(account));
    const Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    {
        SAFEQ_TRY(auto save,
                  db->prepare(std::string{insert_account} +
                              " ON CONFLICT (tenant, subject) DO UPDATE SET "
                              "lookup = excluded.lookup, names = excluded.names, "
                              "password = excluded.password, pin = excluded.pin, disabled = excluded.disabled, "
                              "created = excluded.created, erasing = excluded.erasing, revision = revision + 1"));
        SAFEQ_TRY_VOID(run(save, account, lookup(account.tenant, account.name), names));
        SAFEQ_TRY(auto clear, db->prepare("DELETE FROM card WHERE tenant = ? AND subject = ?"));
        clear.bind(account.tenant).bind(account.subject);
        SAFEQ_TRY_VOID(clear.run());
    }
    SAFEQ_TRY_VOID(add_cards(*db, account));
    return transaction.commit();
}

Result<void> AccountStore::add_all(std::span<const Account> accounts) {
    for (const Account& account : accounts) SAFEQ_TRY_VOID(auth::check(account));
    const Access db{database_};
    SAFEQ_TRY(auto transaction, sqlite::Transaction::begin(*db));
    for (const Account& account : accounts) {
        SAFEQ_TRY(auto add, db->prepare(insert_account));
        SAFEQ_TRY(const Bytes names, seal(account));
        SAFEQ_TRY_VOID(run(add, account, lookup(account.tenant, account.name), names));
        SAFEQ_TRY_VOID(add_cards(*db, account));
    }
    return transaction.commit();
}

Result<void> AccountStore::replace(TenantId tenant, SubjectId subject, auth::Verifier which, const StoredPassword& from,
                                   const PhcString& to) {
    const Access db{database_};
    {
        SAFEQ_TRY(auto replace,
                  db->prepare(which == auth::Verifier::password
                                  ? "UPDATE account SET password = ? WHERE tenant = ? AND subject = ? AND password = ?"
                                  : "UPDATE account SET pin = ? WHERE tenant = ? AND subject = ? AND pin = ?"));
        replace.bind(to.text()).bind(tenant).bind(subject).bind(from.text());
        SAFEQ_TRY_VOID(replace.run());
    }
    if (db->changes() == 0) return unchanged(*db, tenant, subject);
    return {};
}

Result<void> AccountStore::replace(TenantId tenant, SubjectId subject, const CardRecord& from, const CardRecord& to) {
    const Access db{database_};
    {
        SAFEQ_TRY(auto replace, db->prepare("UPDATE card SET pepper = ?, lookup = ? "
                                            "WHERE tenant = ? AND subject = ? AND pepper = ? AND lookup = ?"));
        replace.bind(ByteView{to.pepper.bytes}).bind(ByteView{to.lookup}).bind(tenant).bind(subject);
        replace.bind(ByteView{from.pepper.bytes}).bind(ByteView{from.lookup});
        SAFEQ_TRY_VOID(replace.run());
    }
    if (db->changes() == 0) return unchanged(*db, tenant, subject);
    return {};
}

Result<std::vector<Account>> AccountStore::list(TenantId tenant) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare(select_all));
    row.bind(tenant);
    std::vector<Account> accounts;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) break;
        SAFEQ_TRY(Row found, read_row(row));
        SAFEQ_TRY_VOID(open(found.account, found.names));
        accounts.push_back(std::move(found.account));
    }
    for (Account& account : accounts) {
        SAFEQ_TRY(account.cards, read_cards(*db, tenant, account.subject));
    }
    std::ranges::sort(accounts, {}, &Account::name);
    return accounts;
}

Result<std::vector<SubjectId>> AccountStore::erasing(TenantId tenant) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare("SELECT subject FROM account WHERE tenant = ? AND erasing = 1 ORDER BY subject"));
    row.bind(tenant);
    std::vector<SubjectId> out;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return out;
        out.push_back(row.id<SubjectId>());
        SAFEQ_TRY_VOID(row.check());
    }
}

}  // namespace safeq::store
