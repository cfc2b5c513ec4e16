// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/secret.hpp>

#include <array>
#include <utility>

#include <botan/mem_ops.h>

#include "botan_bytes.hpp"

namespace safeq::crypto {

void wipe(std::span<std::byte> memory) noexcept {
    if (!memory.empty()) Botan::secure_scrub_memory(memory.data(), memory.size());
}

[[gnu::noinline]] StackWiper::~StackWiper() {
    std::array<std::byte, 16384> below;
    wipe(below);
}

bool equal(ByteView a, ByteView b) noexcept { return Botan::constant_time_compare(to_botan(a), to_botan(b)); }

Secret Secret::copy_of(ByteView bytes) {
    Secret secret = zeroed(bytes.size());
    if (!bytes.empty()) std::memcpy(secret.data_.get(), bytes.data(), bytes.size());
    return secret;
}

Secret Secret::zeroed(std::size_t size) {
    Secret secret;
    if (size != 0) secret.data_ = std::make_unique<std::byte[]>(size);
    secret.size_ = size;
    return secret;
}

Secret::Secret(Secret&& other) noexcept : data_{std::move(other.data_)}, size_{std::exchange(other.size_, 0)} {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(fill());
        data_ = std::move(other.data_);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

Secret::~Secret() { wipe(fill()); }

}  // namespace safeq::crypto
