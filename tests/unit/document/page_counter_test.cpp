// SPDX-License-Identifier: Apache-2.0
#include <safeq/document/page_counter.hpp>

#include <string>

#include <fmt/format.h>
#include <catch2/catch_test_macros.hpp>

#include "support/documents.hpp"

using namespace safeq;
using namespace safeq::document;

namespace {

std::optional<std::uint32_t> pages(ByteView in, std::size_t piece = 1u << 20,
                                   PageBudget budget = PageBudget::standard()) {
    PageCounter counter{budget};
    for (std::size_t at = 0; at < in.size(); at += piece)
        counter.append(in.subspan(at, std::min(piece, in.size() - at)));
    return counter.finish();
}

std::optional<std::uint32_t> pages(std::string_view in) { return pages(as_bytes(in)); }

// A PDF of these objects, numbered from 1; the first is the catalogue.
std::string pdf(const std::vector<std::string>& objects, std::string_view trailer = {}) {
    std::string out = "%PDF-1.5\n", table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        table += fmt::format("{:010} 00000 n \n", out.size());
        out += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
    }
    return fmt::format(
        "{}xref\n0 {}\n0000000000 65535 f \n{}trailer\n<< /Size {} /Root 1 0 R {}>>\nstartxref\n{}\n%%EOF\n", out,
        objects.size() + 1, table, objects.size() + 1, trailer, out.size());
}

const std::string catalogue = "<< /Type /Catalog /Pages 2 0 R >>";

}  // namespace

TEST_CASE("pages are counted, however the document is cut") {
    for (const std::uint32_t count : {1u, 2u, 7u, 300u}) {
        const Bytes pdf_file = test::make_pdf(count, "text (with) \\ parentheses");
        const Bytes raster = test::make_pwg_raster(count);
        for (const std::size_t piece : {1u, 3u, 1000u, 1024u, 1u << 20}) {
            CHECK(pages(pdf_file, piece) == count);
            CHECK(pages(raster, piece) == count);
        }
    }
    CHECK(pages(test::make_jpeg()) == 1u);
}

TEST_CASE("the format is known once there are enough bytes") {
    PageCounter counter{PageBudget::standard()};
    const Bytes raster = test::make_pwg_raster(1);
    counter.append(ByteView{raster}.first(100));
    CHECK(counter.format() == Format::unknown);
    counter.append(ByteView{raster}.subspan(100));
    CHECK(counter.format() == Format::pwg_raster);
    CHECK(counter.finish() == 1u);
    counter.append(raster);
    CHECK(counter.finish() == 1u);
}

TEST_CASE("what isn't known has no count") {
    CHECK(pages("") == std::nullopt);
    CHECK(pages("hello") == std::nullopt);
    CHECK(pages("%!PS\nshowpage\n") == std::nullopt);
}

TEST_CASE("a raster that is cut or broken has no count") {
    const Bytes whole = test::make_pwg_raster(2);
    REQUIRE(pages(whole) == 2u);
    const std::size_t page = (whole.size() - 4) / 2;
    for (std::size_t size = 4; size < whole.size(); ++size)
        CHECK(pages(ByteView{whole}.first(size)) == (size == 4 + page ? std::optional{1u} : std::nullopt));

    const auto with = [&](std::size_t at, unsigned value) {
        Bytes broken = test::make_pwg_raster(1);
        broken.at(at) = static_cast<std::byte>(value);
        return pages(broken);
    };
    const std::size_t header = 4, lines = header + 1796;
    CHECK(with(header + 0, 'X') == 1u);
    CHECK(with(header + 372, 0xff) == std::nullopt);  // a width that no paper has
    CHECK(with(header + 375, 9) == std::nullopt);     // a width that disagrees with the line's length
    CHECK(with(header + 376, 0xff) == std::nullopt);  // a height that no paper has
    CHECK(with(header + 379, 0) == std::nullopt);     // no height
    CHECK(with(header + 379, 7) == std::nullopt);     // a line more than there is
    CHECK(with(header + 391, 0) == std::nullopt);     // no bits
    CHECK(with(header + 399, 1) == std::nullopt);     // planes apart
    CHECK(with(lines, 6) == std::nullopt);            // more repeats than lines
    CHECK(with(lines + 1, 8) == std::nullopt);        // a run over the line's end
}

TEST_CASE("a PDF that is cut, empty or nonsense has no count") {
    const Bytes whole = test::make_pdf(3, "x");
    CHECK(pages(ByteView{whole}.first(whole.size() / 2)) == std::nullopt);
    CHECK(pages("%PDF-1.7") == std::nullopt);
    CHECK(pages("%PDF-1.7\n" + std::string(5000, '<')) == std::nullopt);
    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Kids [ ] >>"})) == std::nullopt);
    CHECK(pages(pdf({catalogue, "(no pages)"})) == std::nullopt);
}

TEST_CASE("pages are counted by what is there, not by what the file says") {
    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Count 1000000 /Kids [3 0 R 4 0 R] >>", "<< /Type /Page >>",
                     "<< /Type /Page >>"})) == 2u);
    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Count -1 /Kids [3 0 R] >>", "<< /Type /Pages /Kids [4 0 R] >>",
                     "<< /Type /Page >>"})) == 1u);
}

TEST_CASE("an encrypted PDF has no count") {
    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Kids [3 0 R] >>", "<< /Type /Page >>"},
                    "/Encrypt << /Filter /Standard /V 1 /R 2 /O <00> /U <00> /P -4 >> /ID [<00><00>] ")) ==
          std::nullopt);
}

TEST_CASE("trees without end or beyond all depth do no harm") {
    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Kids [2 0 R] >>"})) == std::nullopt);
    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Kids [3 0 R 3 0 R] >>", "<< /Type /Page >>"})) == std::nullopt);

    std::vector<std::string> deep{catalogue};
    for (int i = 0; i < 20'000; ++i) deep.push_back(fmt::format("<< /Type /Pages /Kids [{} 0 R] >>", i + 3));
    deep.emplace_back("<< /Type /Page >>");
    CHECK(pages(pdf(deep)) == 1u);

    std::vector<std::string> chain{catalogue, "<< /Type /Pages /Kids [3 0 R] >>"};
    for (int i = 0; i < 20'000; ++i)
        chain.push_back(fmt::format("<< /Type /Page /Length {} 0 R >>\nstream\n\nendstream", i + 4));
    chain.emplace_back("0");
    CHECK(pages(pdf(chain)) == std::nullopt);

    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Kids " + std::string(1'000'000, '[') + " >>"})) == std::nullopt);
}

TEST_CASE("filters without a bound are not tried, however their names are written") {
    for (const char* filter : {"/LZWDecode", "/L#5aW#44ecode", "/LZW ", "/RunLengthDecode", "/RL "})
        CHECK(pages(pdf({catalogue, "<< /Type /Pages /Kids [3 0 R] >>",
                         fmt::format("<< /Type /Page /X {} >>", filter)})) == std::nullopt);
    CHECK(pages(pdf({catalogue, "<< /Type /Pages /Kids [3 0 R] >>", "<< /Type /Page /RLX /LZWEncode >>"})) == 1u);
}

TEST_CASE("the budget is kept") {
    const Bytes file = test::make_pdf(10, "x");
    CHECK(pages(file, 100, {.buffered_bytes = file.size(), .pages = 10}) == 10u);
    CHECK(pages(file, 100, {.buffered_bytes = file.size() - 1, .pages = 10}) == std::nullopt);
    CHECK(pages(file, 100, {.buffered_bytes = file.size(), .pages = 9}) == std::nullopt);
    CHECK(pages(file, 100, {.buffered_bytes = 0, .pages = 10}) == std::nullopt);
    CHECK(pages(test::make_pwg_raster(10), 100, {.buffered_bytes = 0, .pages = 9}) == std::nullopt);
    CHECK(pages(test::make_pwg_raster(10), 100, {.buffered_bytes = 0, .pages = 10}) == 10u);
}
