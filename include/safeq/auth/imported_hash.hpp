// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <safeq/auth/foreign_hash.hpp>
#include <safeq/auth/pepper.hpp>
#include <safeq/auth/phc.hpp>

namespace safeq::auth {

/// Another system's password hash as it is stored here until its owner signs in and it is hashed anew:
/// `$import-bcrypt$v=1$c=12,keyid=…$salt$tag`. The hash itself isn't kept, only its HMAC under the pepper: whoever
/// steals the database can't guess from it, however cheap the old function was.
/// In exactly one spelling: `parse(x)->text() == x`, or `x` is refused.
class ImportedHash final {
public:
    static constexpr std::size_t max_text_bytes = 256;

    /// What to store for a hash from elsewhere. Takes no work: nothing is computed but the HMAC.
    [[nodiscard]] static ImportedHash of(const ForeignHash& foreign, const Pepper& pepper);

    /// *Errors*: as `ForeignHash::parse`.
    [[nodiscard]] static Result<ImportedHash> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    [[nodiscard]] ForeignFunction function() const noexcept { return function_; }
    [[nodiscard]] std::uint32_t cost() const noexcept { return cost_; }
    [[nodiscard]] ByteView salt() const noexcept { return salt_; }
    [[nodiscard]] const PepperId& pepper() const noexcept { return pepper_; }

    /// Whether `hash`, computed with the same function, cost and salt, is the one imported. *Requires*: the pepper of
    /// `pepper()`. *Secrets*: constant time in the bytes.
    [[nodiscard]] bool matches(const Pepper& pepper, ByteView hash) const;

    friend bool operator==(const ImportedHash&, const ImportedHash&) = default;

private:
    ImportedHash() = default;
    [[nodiscard]] crypto::MacTag tag_of(const Pepper& pepper, ByteView hash) const;

    ForeignFunction function_ = ForeignFunction::bcrypt;
    std::uint32_t cost_ = 0;
    PepperId pepper_;
    Bytes salt_;
    crypto::MacTag tag_{};
};

/// A password as an account has it: ours, or imported and not yet hashed anew.
class StoredPassword final {
public:
    StoredPassword(PhcString own) noexcept : stored_{std::move(own)} {}  // NOLINT(google-explicit-constructor)
    StoredPassword(ImportedHash imported) noexcept
        : stored_{std::move(imported)} {}  // NOLINT(google-explicit-constructor)

    /// *Errors*: as `PhcString::parse` and `ImportedHash::parse`.
    [[nodiscard]] static Result<StoredPassword> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    /// Null when it is imported.
    [[nodiscard]] const PhcString* own() const noexcept { return std::get_if<PhcString>(&stored_); }
    /// Null when it is ours.
    [[nodiscard]] const ImportedHash* imported() const noexcept { return std::get_if<ImportedHash>(&stored_); }

    /// Whether the two are the same stored string, for stores; never a way to check a password.
    friend bool operator==(const StoredPassword&, const StoredPassword&) = default;

private:
    std::variant<PhcString, ImportedHash> stored_;
};

}  // namespace safeq::auth
