// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <safeq/core/bytes.hpp>

namespace safeq::document {

/// Walks through a PWG raster stream, whatever its size, with one page header in memory. *Source*: PWG 5102.4.
class PwgRasterWalker final {
public:
    /// Returns whether the stream still follows its format.
    bool append(ByteView bytes) noexcept;

    /// The pages that were complete; nothing when the stream broke its format or ends within a page.
    [[nodiscard]] std::optional<std::uint32_t> finish() const noexcept;

private:
    enum class At { magic, header, repeat, control, pixel, literal, broken };
    static constexpr std::size_t magic_size = 4;
    static constexpr std::size_t header_size = 1796;

    bool begin_page() noexcept;
    bool on_repeat(std::uint8_t count) noexcept;
    bool on_control(std::uint8_t control) noexcept;
    bool end_run() noexcept;

    At at_ = At::magic;
    std::array<std::byte, header_size> header_{};
    std::size_t filled_ = 0;
    std::uint64_t skip_ = 0;  // bytes of pixels still to come in this run
    std::uint64_t pixel_bytes_ = 0;
    std::uint64_t line_bytes_ = 0;
    std::uint64_t line_left_ = 0;   // decoded bytes that the line still lacks
    std::uint64_t lines_left_ = 0;  // of the page, this line's repeats not counted
    std::uint32_t pages_ = 0;
};

}  // namespace safeq::document
