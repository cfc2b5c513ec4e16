// SPDX-License-Identifier: Apache-2.0
#include "document/pdf_filters.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "document/qpdf.hpp"

namespace safeq::document::pdf {
namespace {

constexpr std::size_t max_ratio = 100;
constexpr std::size_t least_room = 1024 * 1024;
constexpr std::size_t most_room = 256 * 1024 * 1024;

// libqpdf makes its filters without telling for whom, so the budget is found by the thread that works.
thread_local std::size_t* room = nullptr;

// Passes on what was inflated as long as there is room for it.
class Bound final : public Pipeline {
public:
    explicit Bound(Pipeline* to) : Pipeline{"bound", to} {}
    void write(unsigned char const* data, size_t size) override {
        if (room) {
            if (size > *room) throw std::runtime_error{"unpacks to more than its budget"};
            *room -= size;
        }
        getNext()->write(data, size);
    }
    void finish() override { getNext()->finish(); }
};

// Undoes the PNG predictors, which cross-reference streams are written with. *Source*: ISO 32000-1, 7.4.4.4.
class PngRows final : public Pipeline {
public:
    PngRows(Pipeline* to, std::size_t row_bytes, std::size_t pixel_bytes)
        : Pipeline{"png rows", to}, pixel_{pixel_bytes}, above_(row_bytes), row_(row_bytes + 1) {}

    void write(unsigned char const* data, size_t size) override {
        while (size > 0) {
            const std::size_t part = std::min(size, row_.size() - filled_);
            std::copy_n(data, part, row_.begin() + static_cast<std::ptrdiff_t>(filled_));
            filled_ += part;
            data += part;
            size -= part;
            if (filled_ == row_.size()) flush();
        }
    }

    void finish() override {
        if (filled_ > 1) {
            std::fill(row_.begin() + static_cast<std::ptrdiff_t>(filled_), row_.end(), static_cast<unsigned char>(0));
            flush();
        }
        getNext()->finish();
    }

private:
    void flush() {
        filled_ = 0;
        unsigned char* row = row_.data() + 1;
        for (std::size_t i = 0; i < above_.size(); ++i) {
            const int left = i >= pixel_ ? row[i - pixel_] : 0, up = above_[i],
                      corner = i >= pixel_ ? above_[i - pixel_] : 0;
            row[i] = static_cast<unsigned char>(row[i] + predict(row_[0], left, up, corner));
        }
        std::copy_n(row, above_.size(), above_.begin());
        getNext()->write(row, above_.size());
    }

    static int predict(unsigned char type, int left, int up, int corner) {
        switch (type) {
            case 1: return left;
            case 2: return up;
            case 3: return (left + up) / 2;
            case 4: {
                const int guess = left + up - corner;
                const int a = std::abs(guess - left), b = std::abs(guess - up), c = std::abs(guess - corner);
                return a <= b && a <= c ? left : b <= c ? up : corner;
            }
            default: return 0;
        }
    }

    std::size_t pixel_;
    std::vector<unsigned char> above_;
    std::vector<unsigned char> row_;  // with the predictor's type before it
    std::size_t filled_ = 0;
};

class Inflate final : public QPDFStreamFilter {
public:
    bool setDecodeParms(QPDFObjectHandle parameters) override {
        if (parameters.isNull()) return true;
        if (!parameters.isDictionary()) return false;
        const auto number = [&](const char* key, long long otherwise) {
            QPDFObjectHandle value = parameters.getKey(key);
            return value.isNull() ? otherwise : value.isInteger() ? value.getIntValue() : -1;
        };
        const long long predictor = number("/Predictor", 1);
        if (predictor == 1) return true;
        const long long columns = number("/Columns", 1), colors = number("/Colors", 1),
                        bits = number("/BitsPerComponent", 8);
        if (predictor < 10 || predictor > 15 || columns < 1 || columns > 1'000'000 || colors < 1 || colors > 32 ||
            bits < 1 || bits > 16)
            return false;
        row_bytes_ = static_cast<std::size_t>((columns * colors * bits + 7) / 8);
        pixel_bytes_ = static_cast<std::size_t>(std::max(1LL, colors * bits / 8));
        return true;
    }

    Pipeline* getDecodePipeline(Pipeline* next) override {
        if (row_bytes_ > 0) {
            rows_ = std::make_unique<PngRows>(next, row_bytes_, pixel_bytes_);
            next = rows_.get();
        }
        bound_ = std::make_unique<Bound>(next);
        inflate_ = std::make_unique<Pl_Flate>("inflate", bound_.get(), Pl_Flate::a_inflate);
        return inflate_.get();
    }

private:
    std::size_t row_bytes_ = 0;
    std::size_t pixel_bytes_ = 1;
    std::unique_ptr<PngRows> rows_;
    std::unique_ptr<Bound> bound_;
    std::unique_ptr<Pl_Flate> inflate_;
};

int hex_digit(unsigned char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool ends_name(unsigned char c) noexcept {
    return std::string_view{" \t\r\n\f\0/[]<>(){}%", 17}.find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

bool unpacks_without_bound(ByteView pdf) {
    constexpr std::array<std::string_view, 4> names{"LZWDecode", "LZW", "RunLengthDecode", "RL"};
    constexpr std::size_t longest = 16;
    const std::string_view text = as_text(pdf);
    for (std::size_t at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1)) {
        std::string name;
        for (std::size_t i = at + 1; i < text.size() && name.size() <= longest; ++i) {
            const auto c = static_cast<unsigned char>(text[i]);
            if (ends_name(c)) break;
            const int high = c == '#' && text.size() - i > 2 ? hex_digit(static_cast<unsigned char>(text[i + 1])) : -1;
            const int low = high >= 0 ? hex_digit(static_cast<unsigned char>(text[i + 2])) : -1;
            if (low >= 0) {
                name.push_back(static_cast<char>(high * 16 + low));
                i += 2;
            } else {
                name.push_back(static_cast<char>(c));
            }
        }
        if (std::ranges::find(names, name) != names.end()) return true;
    }
    return false;
}

UnpackBudget::UnpackBudget(std::size_t file_bytes)
    : left_{
          std::clamp(file_bytes > most_room / max_ratio ? most_room : file_bytes * max_ratio, least_room, most_room)} {
    static std::once_flag once;
    std::call_once(once,
                   [] { QPDF::registerStreamFilter("/FlateDecode", [] { return std::make_shared<Inflate>(); }); });
    room = &left_;
}

UnpackBudget::~UnpackBudget() { room = nullptr; }

}  // namespace safeq::document::pdf
