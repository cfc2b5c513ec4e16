// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <safeq/core/bytes.hpp>
#include <safeq/document/format.hpp>

namespace safeq::document {

/// What counting may cost.
struct PageBudget {
    std::size_t buffered_bytes;  ///< a PDF is kept in memory until its end; a longer one isn't counted
    std::uint32_t pages;         ///< more aren't counted

    /// 16 MiB and 100,000 pages.
    [[nodiscard]] static constexpr PageBudget standard() noexcept {
        return {.buffered_bytes = 16 * 1024 * 1024, .pages = 100'000};
    }
};

/// Counts a document's pages while it streams by. Never fails: what is broken, encrypted, over the budget or of an
/// unknown format simply has no count, and the document goes on its way.
/// *Secrets*: the buffer of a PDF holds its plaintext; it is wiped when the count is done or given up.
/// *Threads*: one at a time.
class PageCounter final {
public:
    explicit PageCounter(const PageBudget& budget);
    PageCounter(PageCounter&&) noexcept;
    PageCounter& operator=(PageCounter&&) noexcept;
    ~PageCounter();

    /// Takes the document's next bytes.
    void append(ByteView bytes);

    /// What the first bytes showed; `unknown` before there are enough of them.
    [[nodiscard]] Format format() const noexcept;

    /// The document has ended: its number of pages, if it could be counted. Asking again gives the same answer.
    [[nodiscard]] std::optional<std::uint32_t> finish();

private:
    class Counter;
    std::unique_ptr<Counter> counter_;
};

}  // namespace safeq::document
