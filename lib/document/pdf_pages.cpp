// SPDX-License-Identifier: Apache-2.0
#include "document/pdf_pages.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <vector>

#include "document/pdf_filters.hpp"
#include "document/qpdf.hpp"

namespace safeq::document {
namespace {

constexpr std::uintptr_t max_stack_bytes = 512 * 1024;

std::uintptr_t stack_position() noexcept { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }

// Where libqpdf follows references it recurses, without a bound: a chain of streams, each of which names the next as
// its length, takes any stack. But it reads at every step, and so it is stopped here; it takes the object for a broken
// one.
class StackGuardedSource final : public BufferInputSource {
public:
    explicit StackGuardedSource(Buffer* pdf) : BufferInputSource{"document", pdf, false}, base_{stack_position()} {}
    void seek(qpdf_offset_t offset, int whence) override {
        check();
        BufferInputSource::seek(offset, whence);
    }
    size_t read(char* to, size_t length) override {
        check();
        return BufferInputSource::read(to, length);
    }

private:
    void check() const {
        const std::uintptr_t here = stack_position();
        if ((here > base_ ? here - base_ : base_ - here) > max_stack_bytes)
            throw std::runtime_error{"nested too deeply"};
    }

    std::uintptr_t base_;
};

// The leaves of the page tree. Not by the library's own walk, which recurses as deep as the tree is, and repairs it.
std::optional<std::uint32_t> count_leaves(QPDFObjectHandle root, std::uint32_t max_pages) {
    std::vector<QPDFObjectHandle> open{std::move(root)};
    std::set<QPDFObjGen> seen;
    std::uint32_t pages = 0;
    while (!open.empty()) {
        QPDFObjectHandle node = std::move(open.back());
        open.pop_back();
        if (!node.isDictionary() || (node.isIndirect() && !seen.insert(node.getObjGen()).second)) return std::nullopt;
        QPDFObjectHandle kids = node.getKey("/Kids");
        if (!kids.isArray()) {
            if (++pages > max_pages) return std::nullopt;
        } else {
            for (QPDFObjectHandle kid : kids.aitems()) open.push_back(kid);
        }
    }
    return pages > 0 ? std::optional{pages} : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> count_pdf_pages(ByteView pdf, std::uint32_t max_pages) noexcept {
    try {
        if (pdf::unpacks_without_bound(pdf)) return std::nullopt;
        const pdf::UnpackBudget budget{pdf.size()};
        const auto silent = QPDFLogger::create();
        silent->setInfo(silent->discard());
        silent->setWarn(silent->discard());
        silent->setError(silent->discard());
        // The buffer is only read; the library's type knows no other.
        Buffer buffer{const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(pdf.data())), pdf.size()};
        QPDF document;
        document.setLogger(silent);
        document.setSuppressWarnings(true);
        document.processInputSource(std::make_shared<StackGuardedSource>(&buffer));
        if (document.isEncrypted()) return std::nullopt;
        return count_leaves(document.getRoot().getKey("/Pages"), max_pages);
    } catch (...) {
        return std::nullopt;
    }
}

}  // namespace safeq::document
