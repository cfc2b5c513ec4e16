// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <safeq/core/bytes.hpp>

namespace safeq::test {

/// Unpacks a zlib stream (RFC 1950, 1951) that comes from a test vector; throws when it isn't one. Slow and small.
class Inflate {
public:
    [[nodiscard]] static Bytes unpack(ByteView zlib) {
        if (zlib.size() < 6) throw std::runtime_error{"zlib: too short"};
        Inflate state{zlib.subspan(2)};
        while (!state.block()) {
        }
        return std::move(state.out_);
    }

private:
    explicit Inflate(ByteView in) : in_{in} {}

    struct Code {
        std::array<std::uint16_t, 16> count{};
        std::array<std::uint16_t, 288> symbol{};

        void build(const std::uint8_t* lengths, std::size_t n) {
            count.fill(0);
            for (std::size_t i = 0; i < n; ++i) ++count.at(lengths[i]);
            std::array<std::uint16_t, 16> at{};
            for (std::size_t i = 1; i < 15; ++i) at[i + 1] = static_cast<std::uint16_t>(at[i] + count[i]);
            for (std::size_t i = 0; i < n; ++i) {
                if (lengths[i] != 0) symbol.at(at.at(lengths[i])++) = static_cast<std::uint16_t>(i);
            }
            count[0] = 0;
        }
    };

    std::uint32_t bits(unsigned n) {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < n; ++i) {
            if (bit_ / 8 >= in_.size()) throw std::runtime_error{"deflate: input ends"};
            value |= (std::to_integer<std::uint32_t>(in_[bit_ / 8]) >> (bit_ % 8) & 1U) << i;
            ++bit_;
        }
        return value;
    }

    std::uint16_t decode(const Code& code) {
        unsigned value = 0;
        unsigned first = 0;
        unsigned index = 0;
        for (std::size_t length = 1; length < 16; ++length) {
            value |= bits(1);
            const unsigned count = code.count[length];
            if (value < first + count) return code.symbol.at(index + (value - first));
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }
        throw std::runtime_error{"deflate: no such code"};
    }

    bool block() {
        const bool last = bits(1) != 0;
        switch (bits(2)) {
            case 0: stored(); return last;
            case 1: fixed(); return last;
            case 2: dynamic(); return last;
            default: throw std::runtime_error{"deflate: no such block"};
        }
    }

    void stored() {
        bit_ = (bit_ + 7) / 8 * 8;
        const std::uint32_t length = bits(16);
        if ((bits(16) ^ length) != 0xffff) throw std::runtime_error{"deflate: a stored block's length"};
        for (std::uint32_t i = 0; i < length; ++i) out_.push_back(static_cast<std::byte>(bits(8)));
    }

    void fixed() {
        std::array<std::uint8_t, 288> lengths{};
        for (std::size_t i = 0; i < 288; ++i)
            lengths[i] = static_cast<std::uint8_t>(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
        literals_.build(lengths.data(), 288);
        lengths.fill(5);
        distances_.build(lengths.data(), 30);
        symbols();
    }

    void dynamic() {
        const std::size_t literals = bits(5) + 257;
        const std::size_t distances = bits(5) + 1;
        const std::size_t codes = bits(4) + 4;
        static constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                            11, 4,  12, 3, 13, 2, 14, 1, 15};
        std::array<std::uint8_t, 320> lengths{};
        for (std::size_t i = 0; i < codes; ++i) lengths.at(order.at(i)) = static_cast<std::uint8_t>(bits(3));
        Code code;
        code.build(lengths.data(), 19);
        lengths.fill(0);
        for (std::size_t i = 0; i < literals + distances;) {
            const std::uint16_t symbol = decode(code);
            std::uint8_t value = 0;
            std::size_t repeat = 1;
            if (symbol < 16) value = static_cast<std::uint8_t>(symbol);
            if (symbol == 16) {
                value = lengths.at(i - 1);
                repeat = 3 + bits(2);
            }
            if (symbol == 17) repeat = 3 + bits(3);
            if (symbol == 18) repeat = 11 + bits(7);
            for (; repeat > 0; --repeat) lengths.at(i++) = value;
        }
        literals_.build(lengths.data(), literals);
        distances_.build(lengths.data() + literals, distances);
        symbols();
    }

    void symbols() {
        static constexpr std::array<std::uint16_t, 29> length_base{3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                                   15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                                   67, 83, 99, 115, 131, 163, 195, 227, 258};
        static constexpr std::array<std::uint8_t, 29> length_bits{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                                  2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
        for (;;) {
            const std::uint16_t symbol = decode(literals_);
            if (symbol == 256) return;
            if (symbol < 256) {
                out_.push_back(static_cast<std::byte>(symbol));
                continue;
            }
            const std::size_t at = symbol - 257U;
            const std::size_t length = length_base.at(at) + bits(length_bits.at(at));
            const unsigned slot = decode(distances_);
            const unsigned extra = slot < 2 ? 0 : slot / 2 - 1;
            const std::size_t distance = (slot < 2 ? slot : (2U + slot % 2) << extra) + 1 + bits(extra);
            if (distance > out_.size()) throw std::runtime_error{"deflate: a distance before the beginning"};
            for (std::size_t i = 0; i < length; ++i) out_.push_back(out_[out_.size() - distance]);
        }
    }

    ByteView in_;
    std::size_t bit_ = 0;
    Bytes out_;
    Code literals_;
    Code distances_;
};

}  // namespace safeq::test
