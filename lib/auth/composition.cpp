// SPDX-License-Identifier: Apache-2.0
#include "auth/composition.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "auth/composition_data.hpp"

namespace safeq::auth {
namespace {

char32_t next(std::string_view text, std::size_t& at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t point = length == 1 ? first : first & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte(at + i) & 0x3fu);
    at += length;
    return point;
}

template <class Range>
const Range* lookup(const Range* begin, const Range* end, char32_t point) noexcept {
    const Range* const after =
        std::upper_bound(begin, end, point, [](char32_t p, const Range& r) { return p < r.first; });
    if (after == begin || std::prev(after)->last < point) return nullptr;
    return std::prev(after);
}

unsigned combining_class(char32_t point) noexcept {
    const MarkRange* const found = lookup(std::begin(marks), std::end(marks), point);
    return found == nullptr ? 0 : found->combining_class;
}

bool joins(char32_t base, char32_t mark) noexcept {
    return std::any_of(std::begin(composable), std::end(composable),
                       [&](const Composable& pair) { return pair.mark == mark && pair.base == base; });
}

}  // namespace

bool is_composed(std::string_view text) noexcept {
    char32_t starter = 0;
    unsigned last_class = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t point = next(text, at);
        if (point < 0xc0) {
            starter = point;
            last_class = 0;
            continue;
        }
        if (lookup(std::begin(never_composed), std::end(never_composed), point) != nullptr) return false;
        const unsigned its_class = combining_class(point);
        if (its_class != 0 && its_class < last_class) return false;
        // A mark reaches its base over marks of lower classes, so every mark since the starter is held against it.
        if (joins(starter, point)) return false;
        if (its_class == 0) starter = point;
        last_class = its_class;
    }
    return true;
}

}  // namespace safeq::auth
