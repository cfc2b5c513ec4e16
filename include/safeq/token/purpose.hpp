// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>

#include <safeq/token/paseto.hpp>

namespace safeq::token {

/// How often a token may be shown.
enum class TokenUse : std::uint8_t { many, once };

/// Who may show a token: whoever has it, or the holder of a key.
enum class TokenHolder : std::uint8_t { bearer, key };

/// All that holds for the tokens of one purpose.
struct PurposeRules {
    std::string_view name;  ///< 1 to 40 lower-case letters, digits, hyphens; never used for another purpose
    PasetoForm form;
    TokenUse use;
    TokenHolder holder;
    std::chrono::milliseconds max_lifetime;
    std::chrono::milliseconds clock_skew;  ///< by how much two servers' clocks may differ
};

inline constexpr std::size_t max_purpose_bytes = 40;

/// Whether the text can be a `PurposeRules::name`.
[[nodiscard]] constexpr bool is_purpose_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= max_purpose_bytes && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

/// Whether the rules can be kept: a name, a lifetime of a day at the most, and a skew no longer than that lifetime.
[[nodiscard]] constexpr bool is_sound(const PurposeRules& rules) noexcept {
    using std::chrono::milliseconds;
    return is_purpose_name(rules.name) && rules.max_lifetime > milliseconds{0} &&
           rules.max_lifetime <= std::chrono::hours{24} && rules.clock_skew >= milliseconds{0} &&
           rules.clock_skew <= rules.max_lifetime;
}

/// A type that stands for what a token is good for; tokens of one purpose are never taken for another.
/// `struct MyPurpose { static constexpr PurposeRules rules{…}; };`
template <class P>
concept Purpose = requires {
    { P::rules } -> std::convertible_to<PurposeRules>;
} && is_sound(P::rules);

/// What the mobile terminal shows with each request: short-lived, bound to its device's key, renewed with a refresh
/// token.
struct MobileTerminal {
    static constexpr PurposeRules rules{.name = "mobile-terminal",
                                        .form = PasetoForm::v4_public,
                                        .use = TokenUse::many,
                                        .holder = TokenHolder::key,
                                        .max_lifetime = std::chrono::minutes{5},
                                        .clock_skew = std::chrono::seconds{30}};
};
static_assert(Purpose<MobileTerminal>);

}  // namespace safeq::token
