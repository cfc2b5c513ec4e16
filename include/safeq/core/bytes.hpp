// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <safeq/core/error.hpp>

namespace safeq {

/// Owned bytes. Not wiped when freed: secrets live in `crypto::Secret`.
using Bytes = std::vector<std::byte>;

/// Borrowed bytes; never outlives what it was made from.
using ByteView = std::span<const std::byte>;

/// Borrowed bytes that may be written.
using MutableByteView = std::span<std::byte>;

/// The bytes of a text, without a copy.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
    return std::as_bytes(std::span{text.data(), text.size()});
}

/// The text that bytes hold, without a copy and without a check; see `text.hpp` for UTF-8 validation.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A copy that owns its bytes.
/// @{
[[nodiscard]] inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

[[nodiscard]] inline Bytes to_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }
/// @}

/// Whether two public byte strings are equal. Not constant time: for secrets see `crypto::equal`.
[[nodiscard]] inline bool same_bytes(ByteView a, ByteView b) noexcept {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Reads big-endian structures; every read is bounds-checked by subtraction and names what was missing.
class ByteReader {
public:
    explicit ByteReader(ByteView in) noexcept : in_{in} {}

    [[nodiscard]] std::size_t at() const noexcept { return at_; }
    [[nodiscard]] std::size_t remaining() const noexcept { return in_.size() - at_; }
    [[nodiscard]] bool done() const noexcept { return remaining() == 0; }

    /// The next `n` bytes. *Errors*: `truncated`, naming `what`.
    [[nodiscard]] Result<ByteView> take(std::size_t n, std::string_view what);
    /// The next number. *Errors*: `truncated`, naming `what`.
    /// @{
    [[nodiscard]] Result<std::uint8_t> u8(std::string_view what);
    [[nodiscard]] Result<std::uint16_t> u16(std::string_view what);
    [[nodiscard]] Result<std::uint32_t> u32(std::string_view what);
    [[nodiscard]] Result<std::uint64_t> u64(std::string_view what);
    /// @}

    /// Everything that is left; may be empty.
    [[nodiscard]] ByteView rest() noexcept;

    /// *Errors*: `trailing_data` when anything is left.
    [[nodiscard]] Result<void> finish(std::string_view what) const;

private:
    ByteView in_;
    std::size_t at_ = 0;
};

/// Builds big-endian structures.
class ByteWriter {
public:
    /// Appends the number.
    /// @{
    ByteWriter& u8(std::uint8_t value);
    ByteWriter& u16(std::uint16_t value);
    ByteWriter& u32(std::uint32_t value);
    ByteWriter& u64(std::uint64_t value);
    /// @}

    /// Appends what is given, without its length.
    /// @{
    ByteWriter& bytes(ByteView value);
    ByteWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
    /// @}

    /// A field with its length before it, as u32: no two lists of fields give the same bytes.
    /// @{
    ByteWriter& field(ByteView value);
    ByteWriter& field(std::string_view value) { return field(as_bytes(value)); }
    /// @}

    [[nodiscard]] ByteView view() const noexcept { return out_; }
    /// What was built; the writer is empty afterwards.
    [[nodiscard]] Bytes take() noexcept { return std::exchange(out_, {}); }

private:
    Bytes out_;
};

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);

/// *Errors*: `malformed` for an odd length or a character that is not a hexadecimal digit.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

/// RFC 4648, section 4 (with padding) and section 5 (URL-safe, without padding).
/// @{
[[nodiscard]] std::string to_base64(ByteView bytes);
[[nodiscard]] std::string to_base64url(ByteView bytes);
/// @}

/// Strict and canonical: right padding, no spaces, unused bits zero. *Errors*: `malformed`, `not_canonical`.
/// Not constant time: not for secrets whose timing matters.
/// @{
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);
/// @}

}  // namespace safeq
