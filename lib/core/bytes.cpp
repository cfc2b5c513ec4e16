// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/bytes.hpp>

#include <array>

#include <fmt/format.h>

namespace safeq {
namespace {

template <class T>
T load_be(ByteView bytes) noexcept {
    T value = 0;
    for (const std::byte b : bytes) value = static_cast<T>((value << 8) | std::to_integer<T>(b));
    return value;
}

template <class T>
void store_be(Bytes& out, T value) {
    for (int shift = static_cast<int>(sizeof(T) - 1) * 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::byte>((value >> shift) & 0xff));
}

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view standard_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string encode64(ByteView in, std::string_view alphabet, bool pad) {
    std::string out;
    out.reserve((in.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < in.size(); i += 3) {
        const std::size_t n = std::min<std::size_t>(3, in.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8) | (k < n ? std::to_integer<std::uint32_t>(in[i + k]) : 0);
        for (std::size_t k = 0; k < n + 1; ++k) out.push_back(alphabet[(group >> (18 - 6 * k)) & 0x3f]);
        if (pad) out.append(3 - n, '=');
    }
    return out;
}

constexpr std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return table;
}

Result<Bytes> decode64(std::string_view in, std::string_view alphabet, bool padded) {
    static constexpr auto standard = reverse(standard_alphabet);
    static constexpr auto url = reverse(url_alphabet);
    const auto& table = alphabet == standard_alphabet ? standard : url;
    if (padded) {
        if (in.size() % 4 != 0) return fail(Errc::malformed, "base64", "length is not a multiple of 4");
        if (in.ends_with("==")) in.remove_suffix(2);
        else if (in.ends_with('=')) in.remove_suffix(1);
    }
    if (in.size() % 4 == 1) return fail(Errc::malformed, "base64", "impossible length");
    Bytes out;
    out.reserve(in.size() * 3 / 4);
    std::uint32_t group = 0;
    int bits = 0;
    for (const char c : in) {
        const int value = table[static_cast<unsigned char>(c)];
        if (value < 0) return fail(Errc::malformed, "base64", "a character outside the alphabet");
        group = (group << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<std::byte>((group >> bits) & 0xff));
        }
    }
    if (bits > 0 && (group & ((1u << bits) - 1)) != 0)
        return fail(Errc::not_canonical, "base64", "unused bits are set");
    return out;
}

}  // namespace

Result<ByteView> ByteReader::take(std::size_t n, std::string_view what) {
    if (n > in_.size() - at_)
        return fail(Errc::truncated, std::string{what},
                    fmt::format("{} bytes wanted at offset {}, {} left", n, at_, remaining()));
    const ByteView out = in_.subspan(at_, n);
    at_ += n;
    return out;
}

Result<std::uint8_t> ByteReader::u8(std::string_view what) {
    SAFEQ_TRY(const ByteView b, take(1, what));
    return load_be<std::uint8_t>(b);
}

Result<std::uint16_t> ByteReader::u16(std::string_view what) {
    SAFEQ_TRY(const ByteView b, take(2, what));
    return load_be<std::uint16_t>(b);
}

Result<std::uint32_t> ByteReader::u32(std::string_view what) {
    SAFEQ_TRY(const ByteView b, take(4, what));
    return load_be<std::uint32_t>(b);
}

Result<std::uint64_t> ByteReader::u64(std::string_view what) {
    SAFEQ_TRY(const ByteView b, take(8, what));
    return load_be<std::uint64_t>(b);
}

ByteView ByteReader::rest() noexcept {
    const ByteView out = in_.subspan(at_);
    at_ = in_.size();
    return out;
}

Result<void> ByteReader::finish(std::string_view what) const {
    if (!done())
        return fail(Errc::trailing_data, std::string{what}, fmt::format("{} bytes after the end", remaining()));
    return {};
}

ByteWriter& ByteWriter::u8(std::uint8_t value) {
    store_be(out_, value);
    return *this;
}

ByteWriter& ByteWriter::u16(std::uint16_t value) {
    store_be(out_, value);
    return *this;
}

ByteWriter& ByteWriter::u32(std::uint32_t value) {
    store_be(out_, value);
    return *this;
}

ByteWriter& ByteWriter::u64(std::uint64_t value) {
    store_be(out_, value);
    return *this;
}

ByteWriter& ByteWriter::bytes(ByteView value) {
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
}

ByteWriter& ByteWriter::field(ByteView value) { return u32(static_cast<std::uint32_t>(value.size())).bytes(value); }

std::string to_hex(ByteView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        out.push_back(hex_digits[std::to_integer<unsigned>(b) >> 4]);
        out.push_back(hex_digits[std::to_integer<unsigned>(b) & 0xf]);
    }
    return out;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return fail(Errc::malformed, "hex", "odd length");
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return fail(Errc::malformed, "hex", fmt::format("no digit at offset {}", i));
        out.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return out;
}

std::string to_base64(ByteView bytes) { return encode64(bytes, standard_alphabet, true); }
std::string to_base64url(ByteView bytes) { return encode64(bytes, url_alphabet, false); }
Result<Bytes> from_base64(std::string_view text) { return decode64(text, standard_alphabet, true); }
Result<Bytes> from_base64url(std::string_view text) { return decode64(text, url_alphabet, false); }

}  // namespace safeq
