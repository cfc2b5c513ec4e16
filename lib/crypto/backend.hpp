// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace safeq::crypto {

/// The version of the Botan that is linked: major, minor, patch.
[[nodiscard]] std::array<std::uint32_t, 3> backend_version() noexcept;

}  // namespace safeq::crypto
