// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/password_rules.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

#include "auth/composition.hpp"

namespace safeq::auth {
namespace {

constexpr std::string_view where = "password";

constexpr bool between(char32_t point, char32_t first, char32_t last) noexcept {
    return point >= first && point <= last;
}

// The lower-case letter for a two-byte one, where both are two bytes long: Latin-1, Latin Extended-A, Greek, Cyrillic.
char32_t folded(char32_t point) noexcept {
    // Here each capital stands before its small letter; of the dotted I (U+0130) that is an `i`, one byte.
    if ((between(point, 0x100, 0x137) && point != 0x130) || between(point, 0x14a, 0x177)) return point | 1u;
    if (between(point, 0x139, 0x148) || between(point, 0x179, 0x17e)) return point + (point & 1u);
    if (point == 0x178) return 0xff;
    if (point >= 0xc0 && point <= 0xde && point != 0xd7) return point + 0x20;
    if (point >= 0x391 && point <= 0x3a9 && point != 0x3a2) return point + 0x20;
    if (point >= 0x410 && point <= 0x42f) return point + 0x20;
    if (point >= 0x400 && point <= 0x40f) return point + 0x50;
    return point;
}

// In place, so that no copy of a password is left behind.
void fold(std::span<char> text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 'A' && byte <= 'Z') {
            text[i] = static_cast<char>(byte + ('a' - 'A'));
        } else if (byte >= 0xc2 && byte <= 0xdf && i + 1 < text.size()) {
            const auto next = static_cast<unsigned char>(text[i + 1]);
            const char32_t point = folded(((byte & 0x1fu) << 6) | (next & 0x3fu));
            text[i] = static_cast<char>(0xc0u | (point >> 6));
            text[++i] = static_cast<char>(0x80u | (point & 0x3fu));
        }
    }
}

crypto::Secret folded_copy(const crypto::Secret& password) {
    crypto::Secret copy = password.clone();
    const auto bytes = copy.fill();
    fold({reinterpret_cast<char*>(bytes.data()), bytes.size()});
    return copy;
}

std::string folded_copy(std::string_view text) {
    std::string copy{text};
    fold(copy);
    return copy;
}

std::size_t characters(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

// Without digits, signs and spaces at the ends.
std::string_view letters_within(std::string_view text) noexcept {
    const auto other = [](char c) { return static_cast<unsigned char>(c) < 0x80 && (c < 'a' || c > 'z'); };
    while (!text.empty() && other(text.front())) text.remove_prefix(1);
    while (!text.empty() && other(text.back())) text.remove_suffix(1);
    return text;
}

bool repeats(std::string_view text, std::string_view word) noexcept {
    if (word.empty() || text.empty() || text.size() % word.size() != 0) return false;
    for (; !text.empty(); text.remove_prefix(word.size()))
        if (!text.starts_with(word)) return false;
    return true;
}

bool made_of(std::string_view password, std::string_view word) {
    const std::string lower = folded_copy(word);
    return repeats(password, lower) || repeats(letters_within(password), letters_within(lower));
}

}  // namespace

Result<Blocklist> Blocklist::parse(std::string text) {
    if (text.size() > max_text_bytes) return fail(Errc::too_large, "blocklist", "over 256 MiB");
    if (!is_utf8(text)) return fail(Errc::invalid_utf8, "blocklist");
    std::string_view rest = text;
    std::string_view last;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.ends_with('\r'))
            return fail(Errc::malformed, "blocklist", fmt::format("line {} is empty or ends in a return", number));
        if (number > 1 && line <= last)
            return fail(Errc::malformed, "blocklist", fmt::format("line {} isn't after the one before it", number));
        if (folded_copy(line) != line)
            return fail(Errc::not_canonical, "blocklist", fmt::format("line {} has capitals", number));
        last = line;
    }
    return Blocklist{std::move(text)};
}

bool Blocklist::contains(const crypto::Secret& password) const {
    const crypto::Secret copy = folded_copy(password);
    const std::string_view wanted = as_text(copy.expose());
    const std::string_view text = text_;
    // Both stand at the beginning of a line, or at the end of the text.
    std::size_t low = 0;
    std::size_t high = text.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::size_t before = middle == 0 ? std::string_view::npos : text.rfind('\n', middle - 1);
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        if (line == wanted) return true;
        if (line < wanted) low = std::min(end + 1, text.size());
        else high = begin;
    }
    return false;
}

Result<void> PasswordRules::check(const crypto::Secret& password, PasswordUse use,
                                  std::span<const std::string_view> about) const {
    const std::string_view text = as_text(password.expose());
    SAFEQ_TRY_VOID(check_name(text, limits_.most_bytes, where));
    const std::uint32_t least = use == PasswordUse::alone ? limits_.least_alone : limits_.least_beside;
    if (characters(text) < least)
        return fail(Errc::invalid_argument, std::string{where}, fmt::format("shorter than {} characters", least));
    if (!is_composed(text)) return fail(Errc::not_canonical, std::string{where}, "not in composed form (NFC)");
    if (blocklist_ != nullptr && blocklist_->contains(password))
        return fail(Errc::weak_parameters, std::string{where}, "one of those that are guessed first");
    const crypto::Secret lower = folded_copy(password);
    const auto tells = [&](std::string_view word) { return made_of(as_text(lower.expose()), word); };
    if (std::ranges::any_of(about, tells) || std::ranges::any_of(service_words_, tells))
        return fail(Errc::weak_parameters, std::string{where}, "it says whose or where it is");
    return {};
}

}  // namespace safeq::auth
