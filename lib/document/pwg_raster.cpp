// SPDX-License-Identifier: Apache-2.0
#include "document/pwg_raster.hpp"

#include <algorithm>
#include <limits>

namespace safeq::document {
namespace {

// Where the fields stand in a page header, and bounds far above any sheet of paper.
constexpr std::size_t width_at = 372, height_at = 376, bits_per_pixel_at = 388, bytes_per_line_at = 392,
                      color_order_at = 396;
constexpr std::uint32_t max_width = 1 << 20;
constexpr std::uint32_t max_height = 1 << 22;
constexpr std::uint32_t max_bits_per_pixel = 16 * 16;

std::uint32_t read_u32(std::span<const std::byte> in, std::size_t at) noexcept {
    std::uint32_t value = 0;
    for (const std::byte b : in.subspan(at, 4)) value = value << 8 | std::to_integer<std::uint32_t>(b);
    return value;
}

}  // namespace

bool PwgRasterWalker::append(ByteView bytes) noexcept {
    std::size_t at = 0;
    while (at < bytes.size() && at_ != At::broken) {
        const auto byte = std::to_integer<std::uint8_t>(bytes[at]);
        bool good = true;
        switch (at_) {
            case At::magic:
            case At::header: {
                const std::size_t size = at_ == At::magic ? magic_size : header_size;
                const std::size_t part = std::min(size - filled_, bytes.size() - at);
                std::ranges::copy(bytes.subspan(at, part), header_.begin() + static_cast<std::ptrdiff_t>(filled_));
                filled_ += part;
                at += part;
                if (filled_ < size) break;
                filled_ = 0;
                if (at_ == At::header) good = begin_page();
                else if (as_text(ByteView{header_}.first(magic_size)) == "RaS2") at_ = At::header;
                else good = false;
                break;
            }
            case At::repeat:
                good = on_repeat(byte);
                ++at;
                break;
            case At::control:
                good = on_control(byte);
                ++at;
                break;
            case At::pixel:
            case At::literal: {
                const std::uint64_t part = std::min<std::uint64_t>(skip_, bytes.size() - at);
                skip_ -= part;
                at += static_cast<std::size_t>(part);
                if (skip_ == 0) good = end_run();
                break;
            }
            case At::broken: break;
        }
        if (!good) at_ = At::broken;
    }
    return at_ != At::broken;
}

bool PwgRasterWalker::begin_page() noexcept {
    const std::uint32_t width = read_u32(header_, width_at), height = read_u32(header_, height_at);
    const std::uint32_t bits = read_u32(header_, bits_per_pixel_at), line = read_u32(header_, bytes_per_line_at);
    if (width == 0 || width > max_width || height == 0 || height > max_height) return false;
    if (bits == 0 || bits > max_bits_per_pixel || read_u32(header_, color_order_at) != 0) return false;
    if (line != (std::uint64_t{width} * bits + 7) / 8) return false;
    pixel_bytes_ = std::max<std::uint32_t>(1, bits / 8);
    if (line % pixel_bytes_ != 0) return false;
    line_bytes_ = line;
    lines_left_ = height;
    at_ = At::repeat;
    return true;
}

bool PwgRasterWalker::on_repeat(std::uint8_t count) noexcept {
    const std::uint64_t lines = std::uint64_t{count} + 1;
    if (lines > lines_left_) return false;
    lines_left_ -= lines;
    line_left_ = line_bytes_;
    at_ = At::control;
    return true;
}

bool PwgRasterWalker::on_control(std::uint8_t control) noexcept {
    if (control == 128) {  // the rest of the line is blank
        line_left_ = 0;
        return end_run();
    }
    const bool literal = control > 128;
    const std::uint64_t pixels = literal ? 257u - control : control + 1u;
    if (pixels * pixel_bytes_ > line_left_) return false;
    line_left_ -= pixels * pixel_bytes_;
    skip_ = literal ? pixels * pixel_bytes_ : pixel_bytes_;
    at_ = literal ? At::literal : At::pixel;
    return true;
}

bool PwgRasterWalker::end_run() noexcept {
    if (line_left_ > 0) at_ = At::control;
    else if (lines_left_ > 0) at_ = At::repeat;
    else {
        if (pages_ == std::numeric_limits<std::uint32_t>::max()) return false;
        ++pages_;
        at_ = At::header;
    }
    return true;
}

std::optional<std::uint32_t> PwgRasterWalker::finish() const noexcept {
    if (at_ != At::header || filled_ != 0 || pages_ == 0) return std::nullopt;
    return pages_;
}

}  // namespace safeq::document
