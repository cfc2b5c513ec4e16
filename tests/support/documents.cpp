// SPDX-License-Identifier: Apache-2.0
#include "support/documents.hpp"

#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace safeq::test {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '(' || c == ')' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

void put_u32(Bytes& out, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

void put_text(Bytes& out, std::size_t at, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) out[at + i] = static_cast<std::byte>(text[i]);
}

void add(Bytes& out, std::initializer_list<unsigned> bytes) {
    for (const unsigned b : bytes) out.push_back(static_cast<std::byte>(b));
}

}  // namespace

Bytes make_pdf(std::uint32_t pages, std::string_view text) {
    std::string out = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n";
    std::vector<std::size_t> offsets;
    const auto object = [&](const std::string& body) {
        offsets.push_back(out.size());
        out += fmt::format("{} 0 obj\n{}\nendobj\n", offsets.size(), body);
    };
    std::string kids;
    for (std::uint32_t page = 0; page < pages; ++page) kids += fmt::format("{} 0 R ", 4 + 2 * page);
    object("<< /Type /Catalog /Pages 2 0 R >>");
    object(fmt::format("<< /Type /Pages /Count {} /Kids [ {}] >>", pages, kids));
    object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    for (std::uint32_t page = 0; page < pages; ++page) {
        const std::string content =
            fmt::format("BT /F1 24 Tf 72 720 Td ({} - page {}) Tj ET\n", escaped(text), page + 1);
        object(
            fmt::format("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R "
                        "/Resources << /Font << /F1 3 0 R >> >> >>",
                        5 + 2 * page));
        object(fmt::format("<< /Length {} >>\nstream\n{}endstream", content.size(), content));
    }
    const std::size_t table = out.size();
    out += fmt::format("xref\n0 {}\n0000000000 65535 f \n", offsets.size() + 1);
    for (const std::size_t offset : offsets) out += fmt::format("{:010} 00000 n \n", offset);
    out += fmt::format("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n", offsets.size() + 1, table);
    return to_bytes(out);
}

Bytes make_pwg_raster(std::uint32_t pages) {
    constexpr std::size_t header_size = 1796;
    constexpr std::uint32_t width = 8, height = 6;
    Bytes out = to_bytes("RaS2");
    for (std::uint32_t page = 0; page < pages; ++page) {
        Bytes header(header_size);
        put_text(header, 0, "PwgRaster");
        put_u32(header, 276, 150);
        put_u32(header, 280, 150);
        put_u32(header, 340, 1);  // copies
        put_u32(header, 352, 4);  // page size in points
        put_u32(header, 356, 3);
        put_u32(header, 372, width);
        put_u32(header, 376, height);
        put_u32(header, 384, 8);      // bits per color
        put_u32(header, 388, 8);      // bits per pixel
        put_u32(header, 392, width);  // bytes per line
        put_u32(header, 400, 18);     // sGray
        put_u32(header, 420, 1);      // colors
        put_u32(header, 452, pages);  // total pages
        put_text(header, 1732, "custom_0.05x0.04in");
        out.insert(out.end(), header.begin(), header.end());
        add(out, {1, 7, 0xff});                              // two white lines of one run
        add(out, {0, 256 + 1 - 8, 1, 2, 3, 4, 5, 6, 7, 8});  // one line of literal pixels
        add(out, {1, 2, 0x80, 256 + 1 - 2, 9, 10, 128});     // two lines: run, literal, blank to the end
        add(out, {0, 3, page & 0xff, 3, 0});                 // one line of two runs
    }
    return out;
}

Bytes make_jpeg() {
    Bytes out;
    add(out, {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0});
    add(out, {0xff, 0xdb, 0, 67, 0});
    for (int i = 0; i < 64; ++i) add(out, {1});
    add(out, {0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0});
    // One code each: category 0 for the direct coefficient, end of block for the others.
    add(out, {0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    add(out, {0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    add(out, {0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9});
    return out;
}

}  // namespace safeq::test
