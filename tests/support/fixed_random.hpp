// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include <safeq/core/bytes.hpp>
#include <safeq/core/random.hpp>

namespace safeq::test {

/// Gives out the bytes that it was made of, one after the other, to repeat what a vector's author drew. Ends the
/// process when asked for more.
class FixedRandom final : public Random {
public:
    FixedRandom(std::initializer_list<ByteView> pieces) {
        for (const ByteView piece : pieces) bytes_.insert(bytes_.end(), piece.begin(), piece.end());
    }

    void fill(std::span<std::byte> out) noexcept override {
        if (out.size() > bytes_.size() - at_) std::abort();
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
        at_ += out.size();
    }

private:
    Bytes bytes_;
    std::size_t at_ = 0;
};

}  // namespace safeq::test
