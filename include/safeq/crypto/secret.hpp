// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <safeq/core/bytes.hpp>
#include <safeq/core/random.hpp>

namespace safeq::crypto {

/// Overwrites memory in a way that the compiler may not leave out.
void wipe(std::span<std::byte> memory) noexcept;

/// At the end of its scope overwrites the stack that calls within it have used, 16 KiB deep: pieces of what they worked
/// on stay there, for ever in a thread that waits.
class StackWiper {
public:
    StackWiper() = default;
    StackWiper(const StackWiper&) = delete;
    StackWiper& operator=(const StackWiper&) = delete;
    ~StackWiper();
};

/// Whether two byte strings are equal, in time that depends on their lengths alone.
/// *Secrets*: the lengths leak, nothing else.
[[nodiscard]] bool equal(ByteView a, ByteView b) noexcept;

/// A secret of any length: a password, a PIN, a token. Moves, never copies, prints or compares with `==`; wiped when
/// it is destroyed or moved from.
class Secret {
public:
    Secret() noexcept = default;

    /// Takes a copy; the caller's memory stays the caller's to wipe.
    /// @{
    [[nodiscard]] static Secret copy_of(ByteView bytes);
    [[nodiscard]] static Secret copy_of(std::string_view text) { return copy_of(as_bytes(text)); }
    /// @}

    /// A zeroed secret of `size` bytes, to be filled through `fill()`.
    [[nodiscard]] static Secret zeroed(std::size_t size);

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// An explicit second copy, for the few places that need one.
    [[nodiscard]] Secret clone() const { return copy_of(expose()); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// The bytes, for the one call that needs them.
    [[nodiscard]] ByteView expose() const& noexcept { return {data_.get(), size_}; }
    ByteView expose() const&& = delete;
    /// The bytes, for writing them.
    [[nodiscard]] std::span<std::byte> fill() & noexcept { return {data_.get(), size_}; }

private:
    std::unique_ptr<std::byte[]> data_;
    std::size_t size_ = 0;
};

/// A key of `N` bytes for one purpose; keys of different purposes don't mix. Wiped when destroyed or moved from.
template <std::size_t N, class Tag>
class Key {
public:
    static constexpr std::size_t size = N;

    /// A key of unpredictable bytes.
    [[nodiscard]] static Key random(Random& random) noexcept {
        Key key;
        random.fill(key.bytes_);
        return key;
    }

    /// *Errors*: `key_invalid` when `bytes` is not `N` bytes long.
    [[nodiscard]] static Result<Key> from(ByteView bytes) {
        if (bytes.size() != N) return fail(Errc::key_invalid, "key", "wrong length");
        Key key;
        std::memcpy(key.bytes_.data(), bytes.data(), N);
        return key;
    }

    /// Takes a copy; the caller's memory stays the caller's to wipe.
    [[nodiscard]] static Key copy_of(std::span<const std::byte, N> bytes) noexcept {
        Key key;
        std::memcpy(key.bytes_.data(), bytes.data(), N);
        return key;
    }

    Key(Key&& other) noexcept : bytes_{other.bytes_} { wipe(other.bytes_); }
    Key& operator=(Key&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            wipe(other.bytes_);
        }
        return *this;
    }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key() { wipe(bytes_); }

    [[nodiscard]] Key clone() const noexcept { return copy_of(bytes_); }

    [[nodiscard]] std::span<const std::byte, N> expose() const& noexcept { return bytes_; }
    std::span<const std::byte, N> expose() const&& = delete;
    /// The bytes, for writing them.
    [[nodiscard]] std::span<std::byte, N> fill() & noexcept { return bytes_; }

    /// A zeroed key, to be filled through `fill()` by a derivation.
    Key() noexcept : bytes_{} {}

private:
    std::array<std::byte, N> bytes_;
};

}  // namespace safeq::crypto
