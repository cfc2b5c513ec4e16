// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/ipp/value.hpp>

namespace safeq::ipp::detail {

/// *Units*: hundredths of a millimetre.
struct MediaSize {
    std::int32_t width = 0;
    std::int32_t length = 0;
    friend bool operator==(const MediaSize&, const MediaSize&) = default;
};

/// The size in a self-describing media name, "iso_a4_210x297mm" or "na_letter_8.5x11in"; nothing for any other name.
/// *Source*: PWG 5101.1, 5.
[[nodiscard]] std::optional<MediaSize> media_size(std::string_view name) noexcept;

/// The margin that every device can keep: a sixth of an inch.
inline constexpr std::int32_t media_margin = 423;
inline constexpr std::string_view media_type = "stationery";
inline constexpr std::string_view media_source = "auto";

[[nodiscard]] Collection media_size_collection(MediaSize size);
[[nodiscard]] Collection media_col(MediaSize size);

/// The one of `supported` that a media-col asks for, by its size; nothing when the collection holds anything that isn't
/// supported; an empty text when it names no size.
[[nodiscard]] std::optional<std::string> match_media_col(const Collection& wanted,
                                                         const std::vector<std::string>& supported);

}  // namespace safeq::ipp::detail
