// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace safeq::ipp {

/// What one message may cost; checked before anything is kept.
struct Limits {
    std::size_t head_bytes;  ///< the whole message without its document
    std::size_t attributes;  ///< in all groups together, members of collections counted
    std::size_t values_per_attribute;
    std::size_t values;       ///< of all attributes and members together; one takes 5 bytes here, and 80 once decoded
    std::size_t depth;        ///< collections inside each other
    std::size_t name_bytes;   ///< of an attribute or member
    std::size_t value_bytes;  ///< of one value; a syntax may allow less

    /// Room for the printer attributes of real devices, and no more.
    [[nodiscard]] static constexpr Limits standard() noexcept {
        return {.head_bytes = 256 * 1024,
                .attributes = 4096,
                .values_per_attribute = 1024,
                .values = 8192,
                .depth = 8,
                .name_bytes = 255,
                .value_bytes = 1090};
    }
};

}  // namespace safeq::ipp
