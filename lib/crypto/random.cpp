// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/random.hpp>

#include <botan/system_rng.h>

#include "botan_bytes.hpp"

namespace safeq::crypto {

// noexcept is meant: where the system gives no randomness, the process ends.
void SystemRandom::fill(std::span<std::byte> out) noexcept { Botan::system_rng().randomize(to_botan_writable(out)); }

}  // namespace safeq::crypto
