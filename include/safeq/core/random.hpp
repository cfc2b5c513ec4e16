// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace safeq {

/// Where unpredictable bytes come from. `crypto::SystemRandom` is the one for production.
/// *Threads*: implementations are safe to use from several threads.
class Random {
public:
    virtual ~Random() = default;

    /// Fills `out` completely. Never fails: an implementation that can't deliver ends the process, because nothing
    /// safe can be done without randomness.
    virtual void fill(std::span<std::byte> out) noexcept = 0;

    /// `N` unpredictable bytes.
    template <std::size_t N>
    [[nodiscard]] std::array<std::byte, N> bytes() noexcept {
        std::array<std::byte, N> out;
        fill(out);
        return out;
    }

protected:
    Random() = default;
    Random(const Random&) = default;
    Random& operator=(const Random&) = default;
};

}  // namespace safeq
