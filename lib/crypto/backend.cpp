// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include <botan/version.h>

namespace safeq::crypto {

std::array<std::uint32_t, 3> backend_version() noexcept {
    return {Botan::version_major(), Botan::version_minor(), Botan::version_patch()};
}

}  // namespace safeq::crypto
