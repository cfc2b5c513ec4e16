// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/error.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::auth {

/// Lengths of a new password. Characters are Unicode code points.
struct PasswordLimits {
    std::uint32_t least_alone;   ///< characters of one that signs in by itself
    std::uint32_t least_beside;  ///< characters of one that counts only beside another factor
    std::size_t most_bytes;
};

/// *Source*: NIST SP 800-63B-4, section 3.1.1.2 (which asks for a maximum of at least 64 characters).
inline constexpr PasswordLimits password_limits_2026{.least_alone = 15, .least_beside = 8, .most_bytes = 1024};
static_assert(password_limits_2026.least_alone >= 15 && password_limits_2026.least_beside >= 8);
static_assert(password_limits_2026.most_bytes >= 64 * 4);

/// What a new password will be good for.
enum class PasswordUse : std::uint8_t { alone, beside_another };

/// Passwords that guessers try first. Holds the text itself and searches it in place: as much memory as the file has
/// bytes, whatever the number of lines. *Threads*: const calls are safe from several threads.
class Blocklist final {
public:
    static constexpr std::size_t max_text_bytes = std::size_t{256} << 20;

    /// One password a line in UTF-8, in lower case (Latin, Greek and Cyrillic), in the order of their bytes and none
    /// twice, as the recipe of docs/credentials.md makes it.
    /// *Errors*: `too_large`, `invalid_utf8`; `malformed` for an empty line or one out of order, `not_canonical` for
    /// one with capitals, both with the line's number.
    [[nodiscard]] static Result<Blocklist> parse(std::string text);

    /// Whether it holds the whole password, in whatever case it is written. *Secrets*: its time depends on the
    /// password; for choosing one, never for checking one.
    [[nodiscard]] bool contains(const crypto::Secret& password) const;

private:
    explicit Blocklist(std::string text) noexcept : text_{std::move(text)} {}
    std::string text_;
};

/// Whether a new password may be had. Rules of NIST SP 800-63B-4: a length, a list of passwords that are guessed first,
/// nothing that says whose or where it is; no rule on which characters, no change from time to time.
/// Passwords aren't normalised: their bytes count. So that the same password gives the same bytes on every keyboard, a
/// new one must be in Unicode's composed form (NFC), which is what keyboards give.
/// *Threads*: const calls are safe from several threads.
class PasswordRules final {
public:
    /// Borrows the blocklist, which must outlive it; none where null. `service_words` name the place, as "safeq".
    PasswordRules(const PasswordLimits& limits, const Blocklist* blocklist, std::vector<std::string> service_words)
        : limits_{limits}, blocklist_{blocklist}, service_words_{std::move(service_words)} {}

    /// `about` are words that say whose password it is: user name, display name.
    /// *Errors*: `invalid_argument` when it is too short; `too_large`; `invalid_utf8`; `control_character`;
    /// `not_canonical` when it isn't composed; `weak_parameters` when it is on the blocklist, or is one of the words:
    /// alone or repeated, with digits and signs around it or without. The detail never repeats it.
    [[nodiscard]] Result<void> check(const crypto::Secret& password, PasswordUse use,
                                     std::span<const std::string_view> about) const;

private:
    PasswordLimits limits_;
    const Blocklist* blocklist_;
    std::vector<std::string> service_words_;
};

}  // namespace safeq::auth
