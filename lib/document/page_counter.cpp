// SPDX-License-Identifier: Apache-2.0
#include <safeq/document/page_counter.hpp>

#include <algorithm>

#include <safeq/crypto/secret.hpp>

#include "document/pdf_pages.hpp"
#include "document/pwg_raster.hpp"

namespace safeq::document {

class PageCounter::Counter final {
public:
    explicit Counter(const PageBudget& budget) noexcept : budget_{budget} {}
    ~Counter() { drop(); }
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;

    void append(ByteView bytes) {
        if (finished_ || bytes.empty()) return;
        if (!known_) {
            const std::size_t part = std::min(bytes.size(), sniff_bytes - first_.size());
            first_.insert(first_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
            bytes = bytes.subspan(part);
            if (first_.size() < sniff_bytes) return;
            recognise();
        }
        take(bytes);
    }

    [[nodiscard]] Format format() const noexcept { return format_; }

    std::optional<std::uint32_t> finish() {
        if (finished_) return pages_;
        if (!known_) recognise();
        finished_ = true;
        pages_ = count();
        if (pages_ && *pages_ > budget_.pages) pages_.reset();
        drop();
        return pages_;
    }

private:
    void recognise() {
        known_ = true;
        format_ = sniff(first_);
        take(first_);
        wipe(first_);
    }

    void take(ByteView bytes) {
        switch (format_) {
            case Format::pwg_raster: broken_ = broken_ || !raster_.append(bytes); break;
            case Format::pdf: buffer(bytes); break;
            case Format::jpeg:
            case Format::postscript:
            case Format::unknown: break;
        }
    }

    void buffer(ByteView bytes) {
        if (broken_) return;
        if (bytes.size() > budget_.buffered_bytes - pdf_.size()) {
            broken_ = true;
            wipe(pdf_);
            return;
        }
        // Growing by hand, so that the old copy is wiped and not only freed.
        if (bytes.size() > pdf_.capacity() - pdf_.size()) {
            Bytes larger;
            larger.reserve(std::min(budget_.buffered_bytes, std::max(pdf_.size() * 2, pdf_.size() + bytes.size())));
            larger.assign(pdf_.begin(), pdf_.end());
            wipe(pdf_);
            pdf_ = std::move(larger);
        }
        pdf_.insert(pdf_.end(), bytes.begin(), bytes.end());
    }

    std::optional<std::uint32_t> count() {
        if (broken_) return std::nullopt;
        switch (format_) {
            case Format::pdf: return count_pdf_pages(pdf_, budget_.pages);
            case Format::pwg_raster: return raster_.finish();
            case Format::jpeg: return 1;
            case Format::postscript:
            case Format::unknown: return std::nullopt;
        }
        return std::nullopt;
    }

    static void wipe(Bytes& bytes) noexcept {
        crypto::wipe(bytes);
        bytes.clear();
        bytes.shrink_to_fit();
    }

    void drop() noexcept {
        wipe(pdf_);
        wipe(first_);
    }

    PageBudget budget_;
    Format format_ = Format::unknown;
    bool known_ = false;
    bool broken_ = false;
    bool finished_ = false;
    Bytes first_;
    Bytes pdf_;
    PwgRasterWalker raster_;
    std::optional<std::uint32_t> pages_;
};

PageCounter::PageCounter(const PageBudget& budget) : counter_{std::make_unique<Counter>(budget)} {}
PageCounter::PageCounter(PageCounter&&) noexcept = default;
PageCounter& PageCounter::operator=(PageCounter&&) noexcept = default;
PageCounter::~PageCounter() = default;

void PageCounter::append(ByteView bytes) { counter_->append(bytes); }
Format PageCounter::format() const noexcept { return counter_->format(); }
std::optional<std::uint32_t> PageCounter::finish() { return counter_->finish(); }

}  // namespace safeq::document
