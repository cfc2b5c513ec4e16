// SPDX-License-Identifier: Apache-2.0
#include "document/pdf_pages.hpp"
#include "support/source_folder.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;

namespace {

// Files with compressed structure, which are made once and kept with the fuzz corpus; the first byte isn't theirs.
std::string corpus(const std::string& name) {
    std::ifstream file{test::source_folder() / "fuzz/corpus/document_page_count" / name, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    REQUIRE(text.size() > 1);
    return text.substr(1);
}

std::optional<std::uint32_t> pages(const std::string& name, std::uint32_t most = 100) {
    return document::count_pdf_pages(as_bytes(corpus(name)), most);
}

}  // namespace

TEST_CASE("pages in object streams are counted, with and without a predictor") {
    CHECK(pages("pdf_object_stream") == 3u);
    CHECK(pages("pdf_no_predictor") == 2u);
    CHECK(pages("pdf_twice") == 2u);
    CHECK(pages("pdf_object_stream", 2) == std::nullopt);
}

TEST_CASE("a structure that unpacks to a thousand times its size stops at the budget") {
    CHECK(pages("pdf_bomb") == std::nullopt);
}
