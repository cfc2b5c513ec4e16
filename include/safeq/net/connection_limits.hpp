// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace safeq::net {

/// How many connections a listener has open; one more is closed as it comes.
struct ConnectionLimits {
    std::size_t all = 10'000;
    /// From one address (of IPv6 one network) by peers that have not shown who they are; see `HttpResponse::known`.
    std::size_t strangers_each = 10'000;

    /// For each of so many listeners of a process that may have so many descriptors: half of them at least, or 512, are
    /// kept for its other files, and each connection may need a second one for what it brings. A single address gets a
    /// quarter of the listener, or 64.
    [[nodiscard]] static ConnectionLimits share(std::size_t descriptors, std::size_t listeners) noexcept;
};

/// Raises the number of descriptors that this process may have as far as it is allowed to; the number.
[[nodiscard]] std::size_t raise_descriptor_limit() noexcept;

}  // namespace safeq::net
