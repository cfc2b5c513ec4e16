// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/auth/card.hpp>
#include <safeq/auth/imported_hash.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::auth {

inline constexpr std::size_t max_user_name_bytes = 255;
inline constexpr std::size_t max_display_name_bytes = 255;
inline constexpr std::size_t max_cards = 16;

/// Checks a user name. Names are compared byte by byte: `Alice` and `alice` are two people, and so are names that only
/// look alike. So that nothing has two spellings, a name must be written in Unicode's composed form (NFC): a
/// character that NFC would replace, and a free-standing combining accent, are refused. Neither spaces at the ends.
/// *Errors*: `malformed` when empty or with spaces at an end; `too_large`, `invalid_utf8`, `control_character`;
/// `not_canonical` for what isn't composed.
[[nodiscard]] Result<void> check_user_name(std::string_view name);

/// A person who may sign in.
struct Account {
    TenantId tenant;
    SubjectId subject;
    std::string name;  ///< unique in the tenant, byte by byte
    std::optional<std::string> display_name = {};
    std::optional<StoredPassword> password = {};
    std::optional<PhcString> pin = {};
    std::vector<CardRecord> cards = {};  ///< each unique in the tenant
    bool disabled = false;
    Time created{};
    std::uint64_t revision = 0;  ///< how often it was saved anew; the store counts, whatever is given it
    bool erasing = false;        ///< an erasure of the person was begun, and is to be finished

    friend bool operator==(const Account&, const Account&) = default;
};

/// Checks what can be checked without a store: ids, names, the number of cards, none twice.
/// *Errors*: `invalid_argument`, `too_many`, `duplicate`; those of `check_user_name`.
[[nodiscard]] Result<void> check(const Account& account);

/// Which of the two stored strings of an account.
enum class Verifier { password, pin };

/// Where accounts are kept. *Threads*: safe from several threads.
class CredentialStore {
public:
    virtual ~CredentialStore() = default;

    /// The account of exactly this name. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<Account> find_by_name(TenantId tenant, std::string_view name) = 0;
    /// *Errors*: `not_found`.
    [[nodiscard]] virtual Result<Account> find_by_subject(TenantId tenant, SubjectId subject) = 0;
    /// The account that has a card of one of these lookups (one a pepper). *Errors*: `not_found`; `conflict` when
    /// different accounts have them.
    [[nodiscard]] virtual Result<Account> find_by_card(TenantId tenant, std::span<const crypto::MacTag> lookups) = 0;

    /// Adds the account, or replaces the one of its tenant and subject, whose revision grows by one. *Errors*:
    /// `already_exists` when another account of the tenant has the name or a card; those of `check`.
    [[nodiscard]] virtual Result<void> save(const Account& account) = 0;

    /// Adds new accounts, all or none. *Errors*: as `save`; `already_exists` also for a subject that is there.
    [[nodiscard]] virtual Result<void> add_all(std::span<const Account> accounts) = 0;

    /// Replaces one stored string, if it still is `from`: a sign-in that hashes a password anew must not undo a change
    /// of password that happens meanwhile. It is the same password, so the revision stays. *Errors*: `not_found`;
    /// `conflict` when it is another by now.
    [[nodiscard]] virtual Result<void> replace(TenantId tenant, SubjectId subject, Verifier which,
                                               const StoredPassword& from, const PhcString& to) = 0;
    /// Replaces one card's record, if it is still there. *Errors*: `not_found`; `conflict`; `already_exists`.
    [[nodiscard]] virtual Result<void> replace(TenantId tenant, SubjectId subject, const CardRecord& from,
                                               const CardRecord& to) = 0;

    /// All, by name.
    [[nodiscard]] virtual Result<std::vector<Account>> list(TenantId tenant) = 0;
    /// Those that are `erasing`. Asked for often, and mostly nobody.
    [[nodiscard]] virtual Result<std::vector<SubjectId>> erasing(TenantId tenant) = 0;

protected:
    CredentialStore() = default;
    CredentialStore(const CredentialStore&) = default;
    CredentialStore& operator=(const CredentialStore&) = default;
};

/// Who a directory says it is.
struct DirectoryEntry {
    SubjectId subject;
    std::string name;
    std::optional<std::string> display_name;
};

/// Somebody else's store of names and passwords. *Threads*: safe from several threads; may block.
class Directory {
public:
    virtual ~Directory() = default;

    /// *Errors*: `credential_wrong`, the same for a wrong password and an unknown name; `unavailable`.
    [[nodiscard]] virtual Result<DirectoryEntry> check(TenantId tenant, std::string_view name,
                                                       const crypto::Secret& password) = 0;

protected:
    Directory() = default;
    Directory(const Directory&) = default;
    Directory& operator=(const Directory&) = default;
};

}  // namespace safeq::auth
