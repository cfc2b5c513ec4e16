// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/crypto/hash.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::auth {

/// The installation's secret that goes into every stored password, PIN and card, and lies apart from the database.
using PepperKey = crypto::Key<32, struct PepperTag>;

/// The keys that are derived from a `PepperKey`, each for one use.
/// @{
using PasswordPepper = crypto::Key<32, struct PasswordPepperTag>;
using PinPepper = crypto::Key<32, struct PinPepperTag>;
using CardPepper = crypto::Key<32, struct CardPepperTag>;
using ImportPepper = crypto::Key<32, struct ImportPepperTag>;
using NobodyPepper = crypto::Key<32, struct NobodyPepperTag>;
/// @}

/// Names a pepper in what is stored. Derived from the key, so that it can't name another one; says nothing about it.
struct PepperId {
    std::array<std::byte, 8> bytes{};

    /// 16 lower-case hexadecimal digits.
    [[nodiscard]] std::string text() const { return to_hex(bytes); }
    /// *Errors*: `malformed`, `not_canonical`.
    [[nodiscard]] static Result<PepperId> parse(std::string_view text);

    friend bool operator==(const PepperId&, const PepperId&) = default;
    friend auto operator<=>(const PepperId&, const PepperId&) = default;
};

/// A pepper and the keys derived from it (HKDF-SHA-256 with `password/v1`, `pin/v1`, `card/v1`, `import/v1`,
/// `nobody/v1`).
/// *Secrets*: all keys are wiped with it.
class Pepper final {
public:
    explicit Pepper(const PepperKey& key);

    [[nodiscard]] const PepperId& id() const noexcept { return id_; }
    [[nodiscard]] const PasswordPepper& for_passwords() const& noexcept { return password_; }
    [[nodiscard]] const PinPepper& for_pins() const& noexcept { return pin_; }
    [[nodiscard]] const CardPepper& for_cards() const& noexcept { return card_; }
    /// For hashes that other systems made, see `ImportedHash`.
    [[nodiscard]] const ImportPepper& for_imports() const& noexcept { return import_; }
    /// For the salts of those who aren't there, see `Hasher::verify_nobody`.
    [[nodiscard]] const NobodyPepper& for_nobody() const& noexcept { return nobody_; }

private:
    PepperId id_;
    PasswordPepper password_;
    PinPepper pin_;
    CardPepper card_;
    ImportPepper import_;
    NobodyPepper nobody_;
};

/// The pepper that new records get, and those before it that stored records may still name.
/// *Threads*: const calls are safe from several threads.
class PepperRing final {
public:
    explicit PepperRing(Pepper current);

    /// Adds one that was current before. *Errors*: `duplicate`; `too_many` beyond 8.
    [[nodiscard]] Result<void> add_previous(Pepper previous);

    [[nodiscard]] const Pepper& current() const& noexcept { return peppers_.front(); }
    /// Null when no pepper of that id is here.
    [[nodiscard]] const Pepper* find(const PepperId& id) const noexcept;
    /// The current one first.
    [[nodiscard]] const std::vector<Pepper>& all() const& noexcept { return peppers_; }

private:
    std::vector<Pepper> peppers_;
};

}  // namespace safeq::auth
