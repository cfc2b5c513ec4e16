// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace safeq {

/// Whom a network address stands for: of IPv6 the network, the first 64 bits, because one person has them all; an IPv4
/// address the same in both of its forms, without an interface behind it. What is no address stands for itself.
[[nodiscard]] std::string network_of(const std::string& address);

}  // namespace safeq
