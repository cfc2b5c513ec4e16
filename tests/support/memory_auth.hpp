// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <safeq/auth/account.hpp>
#include <safeq/auth/throttle.hpp>
#include <safeq/token/store.hpp>

namespace safeq::test {

/// What the stores below answer while `down` is set.
[[nodiscard]] inline std::unexpected<Error> store_is_down() { return fail(Errc::unavailable, "memory store", "down"); }

/// Accounts in memory.
class MemoryCredentialStore final : public auth::CredentialStore {
public:
    std::atomic<bool> down = false;

    Result<auth::Account> find_by_name(TenantId tenant, std::string_view name) override {
        return find([&](const auth::Account& a) { return a.tenant == tenant && a.name == name; });
    }
    Result<auth::Account> find_by_subject(TenantId tenant, SubjectId subject) override {
        return find([&](const auth::Account& a) { return a.tenant == tenant && a.subject == subject; });
    }
    Result<auth::Account> find_by_card(TenantId tenant, std::span<const crypto::MacTag> lookups) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        const auth::Account* found = nullptr;
        for (const auth::Account& account : accounts_) {
            if (account.tenant != tenant || !has_card(account, lookups)) continue;
            if (found != nullptr) return fail(Errc::conflict, "card");
            found = &account;
        }
        if (found == nullptr) return fail(Errc::not_found, "account");
        return *found;
    }
    Result<void> save(const auth::Account& account) override {
        if (down) return store_is_down();
        SAFEQ_TRY_VOID(auth::check(account));
        const std::scoped_lock lock{mutex_};
        if (clashes(account)) return fail(Errc::already_exists, "account");
        auth::Account copy = account;
        copy.revision = 0;
        for (const auth::Account& before : accounts_)
            if (same(before, account.tenant, account.subject)) copy.revision = before.revision + 1;
        accounts_.reserve(accounts_.size() + 1);
        std::erase_if(accounts_, [&](const auth::Account& a) { return same(a, account.tenant, account.subject); });
        accounts_.push_back(std::move(copy));
        return {};
    }
    Result<void> add_all(std::span<const auth::Account> accounts) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        std::vector<auth::Account> all = accounts_;
        for (const auth::Account& account : accounts) {
            SAFEQ_TRY_VOID(auth::check(account));
            const bool there = std::ranges::any_of(
                all, [&](const auth::Account& a) { return same(a, account.tenant, account.subject); });
            if (there || clashes(all, account)) return fail(Errc::already_exists, "account");
            all.push_back(account);
            all.back().revision = 0;
        }
        accounts_ = std::move(all);
        return {};
    }
    Result<void> replace(TenantId tenant, SubjectId subject, auth::Verifier which, const auth::StoredPassword& from,
                         const auth::PhcString& to) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        for (auth::Account& account : accounts_) {
            if (!same(account, tenant, subject)) continue;
            const bool password = which == auth::Verifier::password;
            const bool as_it_was = password ? account.password == from
                                            : account.pin.has_value() && auth::StoredPassword{*account.pin} == from;
            if (!as_it_was) return fail(Errc::conflict, "verifier");
            if (password) account.password = to;
            else account.pin = to;
            return {};
        }
        return fail(Errc::not_found, "account");
    }
    Result<void> replace(TenantId tenant, SubjectId subject, const auth::CardRecord& from,
                         const auth::CardRecord& to) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        for (auth::Account& account : accounts_) {
            if (!same(account, tenant, subject)) continue;
            const auto found = std::ranges::find(account.cards, from);
            if (found == account.cards.end()) return fail(Errc::conflict, "card");
            auth::Account changed = account;
            changed.cards[static_cast<std::size_t>(found - account.cards.begin())] = to;
            if (clashes(changed)) return fail(Errc::already_exists, "card");
            account = std::move(changed);
            return {};
        }
        return fail(Errc::not_found, "account");
    }
    Result<std::vector<auth::Account>> list(TenantId tenant) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        std::vector<auth::Account> out;
        std::ranges::copy_if(accounts_, std::back_inserter(out), [&](const auto& a) { return a.tenant == tenant; });
        std::ranges::sort(out, {}, &auth::Account::name);
        return out;
    }
    Result<std::vector<SubjectId>> erasing(TenantId tenant) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        std::vector<SubjectId> out;
        for (const auth::Account& account : accounts_)
            if (account.tenant == tenant && account.erasing) out.push_back(account.subject);
        return out;
    }

private:
    static bool same(const auth::Account& account, TenantId tenant, SubjectId subject) {
        return account.tenant == tenant && account.subject == subject;
    }
    static bool has_card(const auth::Account& account, std::span<const crypto::MacTag> lookups) {
        return std::ranges::any_of(account.cards, [&](const auth::CardRecord& card) {
            return std::ranges::find(lookups, card.lookup) != lookups.end();
        });
    }
    bool clashes(const auth::Account& account) const { return clashes(accounts_, account); }
    static bool clashes(const std::vector<auth::Account>& all, const auth::Account& account) {
        std::vector<crypto::MacTag> lookups;
        for (const auth::CardRecord& card : account.cards) lookups.push_back(card.lookup);
        return std::ranges::any_of(all, [&](const auth::Account& other) {
            return other.tenant == account.tenant && other.subject != account.subject &&
                   (other.name == account.name || has_card(other, lookups));
        });
    }
    template <class Predicate>
    Result<auth::Account> find(Predicate&& wanted) {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        const auto found = std::ranges::find_if(accounts_, wanted);
        if (found == accounts_.end()) return fail(Errc::not_found, "account");
        return *found;
    }

    std::mutex mutex_;
    std::vector<auth::Account> accounts_;
};

/// A throttle's counters in memory.
class MemoryThrottleStore final : public auth::ThrottleStore {
public:
    std::atomic<bool> down = false;

    Result<std::vector<auth::ThrottleEntry>> load() override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        std::vector<auth::ThrottleEntry> out;
        for (const auto& [key, entry] : entries_) out.push_back(entry);
        return out;
    }
    Result<void> save(std::span<const auth::ThrottleEntry> changes) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        for (const auth::ThrottleEntry& entry : changes) {
            if (entry.nothing()) entries_.erase({entry.table, entry.key});
            else entries_.insert_or_assign({entry.table, entry.key}, entry);
        }
        return {};
    }

private:
    std::mutex mutex_;
    std::map<std::pair<auth::ThrottleTable, auth::ThrottleKey>, auth::ThrottleEntry> entries_;
};

/// Tokens in memory.
class MemoryTokenStore final : public token::TokenStore {
public:
    std::atomic<bool> down = false;
    std::function<void()> before_add = {};  ///< what happens at the moment in which a token is added

    Result<void> add(const token::TokenRecord& record) override {
        if (down) return store_is_down();
        if (const auto happens = before_add) happens();
        const std::scoped_lock lock{mutex_};
        return insert(record);
    }
    Result<void> add_within(const token::TokenRecord& record, std::size_t most) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        const auto count = std::ranges::count_if(
            records_, [&](const token::TokenRecord& r) { return is_of(r, record) && !r.expired_at(record.created); });
        if (static_cast<std::size_t>(count) >= most) return fail(Errc::too_many, "token");
        return insert(record);
    }
    Result<void> replace(const token::TokenRecord& record) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        std::vector<token::TokenRecord> before = records_;
        std::erase_if(records_, [&](const token::TokenRecord& r) { return is_of(r, record); });
        auto added = insert(record);
        if (!added) records_ = std::move(before);
        return added;
    }
    Result<token::TokenRecord> find(TenantId tenant, const token::TokenHash& hash) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        const auto found = std::ranges::find_if(
            records_, [&](const token::TokenRecord& r) { return r.tenant == tenant && r.hash == hash; });
        if (found == records_.end()) return fail(Errc::not_found, "token");
        return *found;
    }
    Result<void> slide(TenantId tenant, token::TokenId id, Time idle_deadline) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        const auto found = at(tenant, id);
        if (found == records_.end()) return fail(Errc::not_found, "token");
        if (!found->idle_deadline || *found->idle_deadline < idle_deadline) found->idle_deadline = idle_deadline;
        return {};
    }
    Result<void> erase(TenantId tenant, token::TokenId id) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        const auto found = at(tenant, id);
        if (found == records_.end()) return fail(Errc::not_found, "token");
        records_.erase(found);
        return {};
    }
    Result<std::size_t> erase_at(TenantId tenant, DeviceId device) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        return std::erase_if(records_,
                             [&](const token::TokenRecord& r) { return r.tenant == tenant && r.device == device; });
    }
    Result<std::vector<token::TokenRecord>> list(TenantId tenant, SubjectId subject, token::TokenKind kind) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        std::vector<token::TokenRecord> out;
        std::ranges::copy_if(records_, std::back_inserter(out), [&](const token::TokenRecord& r) {
            return r.tenant == tenant && r.subject == subject && r.kind == kind;
        });
        std::ranges::sort(out, {}, [](const token::TokenRecord& r) { return std::pair{r.created, r.id}; });
        return out;
    }
    Result<std::size_t> erase_expired(Time now) override {
        if (down) return store_is_down();
        const std::scoped_lock lock{mutex_};
        return std::erase_if(records_, [&](const token::TokenRecord& r) { return r.expired_at(now); });
    }

    [[nodiscard]] std::size_t size() {
        const std::scoped_lock lock{mutex_};
        return records_.size();
    }
    /// Everything that is kept, as a thief of the store would see it.
    [[nodiscard]] std::vector<token::TokenRecord> all() {
        const std::scoped_lock lock{mutex_};
        return records_;
    }

private:
    static bool is_of(const token::TokenRecord& r, const token::TokenRecord& like) {
        return r.tenant == like.tenant && r.subject == like.subject && r.kind == like.kind;
    }
    Result<void> insert(const token::TokenRecord& record) {
        const bool taken = std::ranges::any_of(
            records_, [&](const token::TokenRecord& r) { return r.hash == record.hash || r.id == record.id; });
        if (taken) return fail(Errc::already_exists, "token");
        records_.push_back(record);
        return {};
    }
    std::vector<token::TokenRecord>::iterator at(TenantId tenant, token::TokenId id) {
        return std::ranges::find_if(records_, [&](const auto& r) { return r.tenant == tenant && r.id == id; });
    }

    std::mutex mutex_;
    std::vector<token::TokenRecord> records_;
};

}  // namespace safeq::test
