// SPDX-License-Identifier: Apache-2.0
#include <safeq/document/format.hpp>

#include <algorithm>
#include <array>

namespace safeq::document {
namespace {

struct Entry {
    Format format;
    std::string_view mime;
    std::string_view name;
};

constexpr std::array entries{
    Entry{Format::unknown, "application/octet-stream", "unknown format"}, Entry{Format::pdf, "application/pdf", "PDF"},
    Entry{Format::pwg_raster, "image/pwg-raster", "PWG raster"},          Entry{Format::jpeg, "image/jpeg", "JPEG"},
    Entry{Format::postscript, "application/postscript", "PostScript"},
};

constexpr std::string_view uel = "\x1b%-12345X";

// Blank bytes, and a mark of UTF-8 that editors leave, may come before a text format's header.
std::string_view without_blanks(std::string_view text) noexcept {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const std::size_t at = text.find_first_not_of(std::string_view{" \t\r\n\f\0", 6});
    return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

}  // namespace

Format sniff(ByteView first_bytes) noexcept {
    const std::string_view text = as_text(first_bytes.first(std::min(first_bytes.size(), sniff_bytes)));
    if (text.starts_with("RaS2")) return Format::pwg_raster;
    if (text.starts_with("\xff\xd8\xff")) return Format::jpeg;
    const std::string_view body = without_blanks(text);
    // PostScript often comes after a Control-D, which ends a job before it.
    if (body.starts_with("%!") || body.starts_with("\x04%!")) return Format::postscript;
    const std::size_t pdf = text.find("%PDF-");
    if (pdf == std::string_view::npos || text.find(uel) < pdf || text.find("%!") < pdf) return Format::unknown;
    return Format::pdf;
}

std::string_view mime_type(Format format) noexcept { return std::ranges::find(entries, format, &Entry::format)->mime; }

Format format_of(std::string_view mime_type) noexcept {
    const auto found = std::ranges::find(entries, mime_type, &Entry::mime);
    return found == entries.end() ? Format::unknown : found->format;
}

std::string_view name(Format format) noexcept { return std::ranges::find(entries, format, &Entry::format)->name; }

}  // namespace safeq::document
