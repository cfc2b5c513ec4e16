// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/error.hpp>

namespace safeq::auth {

/// A kind of proof of who someone is.
enum class FactorKind : std::uint8_t {
    card,
    password,
    pin,
    token,  ///< something that the caller has verified already: a mobile terminal's assertion, a client certificate
};

inline constexpr std::array all_factor_kinds{FactorKind::card, FactorKind::password, FactorKind::pin,
                                             FactorKind::token};

/// "card", "password", "pin", "token".
[[nodiscard]] std::string_view name(FactorKind kind) noexcept;

/// A set of kinds.
class FactorSet final {
public:
    constexpr FactorSet() noexcept = default;
    constexpr FactorSet(std::initializer_list<FactorKind> kinds) noexcept {
        for (const FactorKind kind : kinds) add(kind);
    }

    /// Puts a kind into the set; one that is in already changes nothing.
    constexpr void add(FactorKind kind) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | bit(kind)); }
    /// Whether this kind is here.
    [[nodiscard]] constexpr bool contains(FactorKind kind) const noexcept { return (bits_ & bit(kind)) != 0; }
    /// Whether every kind of `other` is here.
    [[nodiscard]] constexpr bool contains(const FactorSet& other) const noexcept {
        return (bits_ & other.bits_) == other.bits_;
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }

    /// In alphabetical order with `+` between, for example "card+pin".
    [[nodiscard]] std::string text() const;

    friend constexpr bool operator==(const FactorSet&, const FactorSet&) noexcept = default;

private:
    static constexpr std::uint8_t bit(FactorKind kind) noexcept {
        return static_cast<std::uint8_t>(1u << static_cast<unsigned>(kind));
    }
    std::uint8_t bits_ = 0;
};

/// What a device asks for: one of several sets of factors, written "card+pin|password". Canonical: factors of a set
/// and the sets themselves stand in alphabetical order, none twice, none that another set of the rule already covers.
/// A PIN alone is no set, because it doesn't say who it is.
class FactorRule final {
public:
    /// *Errors*: `malformed`; `weak_parameters` for a PIN alone; `duplicate`, also where one set holds another;
    /// `not_canonical`, with the right spelling in the detail; `too_large` over 128 bytes.
    [[nodiscard]] static Result<FactorRule> parse(std::string_view text);

    /// From sets in any order. *Errors*: `invalid_argument` for no set or an empty one; `weak_parameters`, `duplicate`.
    [[nodiscard]] static Result<FactorRule> of(std::vector<FactorSet> sets);

    [[nodiscard]] std::string text() const;
    [[nodiscard]] const std::vector<FactorSet>& sets() const noexcept { return sets_; }

    /// Whether what was given holds at least one of the sets.
    [[nodiscard]] bool satisfied_by(const FactorSet& given) const noexcept;

    friend bool operator==(const FactorRule&, const FactorRule&) = default;

private:
    explicit FactorRule(std::vector<FactorSet> sets) noexcept : sets_{std::move(sets)} {}
    std::vector<FactorSet> sets_;
};

}  // namespace safeq::auth
