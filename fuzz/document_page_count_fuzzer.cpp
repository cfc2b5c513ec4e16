// SPDX-License-Identifier: Apache-2.0
// Under test: document::sniff, document::format_of, document::PageCounter.
// Property: counting never fails, keeps to its budget of pages, and gives the same answer however the document is cut
// into pieces; a JPEG has one page and what isn't recognised has no count. The first byte picks the size of the pieces.
#include <cstdlib>

#include <safeq/document/page_counter.hpp>

using namespace safeq;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const ByteView in = std::as_bytes(std::span{data + 1, size - 1});
    constexpr document::PageBudget budget{.buffered_bytes = 64 * 1024, .pages = 20};
    document::PageCounter whole{budget}, pieces{budget};
    whole.append(in);
    const std::size_t piece = data[0] + 1u;
    for (std::size_t at = 0; at < in.size(); at += piece)
        pieces.append(in.subspan(at, std::min(piece, in.size() - at)));
    const auto pages = whole.finish();
    must(pages == pieces.finish() && pages == whole.finish());
    if (const auto named = document::format_of(as_text(in)); named != document::Format::unknown)
        must(document::format_of(document::mime_type(named)) == named);
    must(whole.format() == pieces.format() && whole.format() == document::sniff(in));
    must(!pages || (*pages >= 1 && *pages <= budget.pages));
    if (whole.format() == document::Format::jpeg) must(pages == 1u);
    if (whole.format() == document::Format::unknown || whole.format() == document::Format::postscript) must(!pages);
    return 0;
}
