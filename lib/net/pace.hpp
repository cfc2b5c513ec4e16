// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace safeq::net {

/// Whether a peer moves enough bytes for the time that it is waited for: nothing is asked of it for the first
/// `patience` in all, then a least rate since the beginning. What we ourselves take our time for doesn't count.
class Pace {
public:
    using Duration = std::chrono::steady_clock::duration;

    Pace(Duration patience, std::uint64_t least_bytes_per_second) noexcept
        : patience_{patience}, least_{static_cast<double>(least_bytes_per_second)} {}

    void waited(Duration time) noexcept { waited_ += time; }
    void moved(std::size_t bytes) noexcept { bytes_ += bytes; }

    [[nodiscard]] bool too_slow() const noexcept {
        if (waited_ < patience_) return false;
        return static_cast<double>(bytes_) < std::chrono::duration<double>{waited_}.count() * least_;
    }

private:
    Duration patience_;
    double least_;
    Duration waited_{0};
    std::uint64_t bytes_ = 0;
};

}  // namespace safeq::net
