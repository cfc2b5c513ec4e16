// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/core/random.hpp>

namespace safeq::crypto {

/// The operating system's generator. *Threads*: safe from any thread.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::byte> out) noexcept override;
};

}  // namespace safeq::crypto
