// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <random>

#include <safeq/core/random.hpp>

namespace safeq::test {

/// Repeatable bytes for tests; never for anything else.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed = 1) : engine_{seed} {}

    void fill(std::span<std::byte> out) noexcept override {
        const std::scoped_lock lock{mutex_};
        for (std::byte& b : out) b = static_cast<std::byte>(engine_() & 0xff);
    }

private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

}  // namespace safeq::test
