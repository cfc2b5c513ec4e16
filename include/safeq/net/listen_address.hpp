// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <safeq/core/error.hpp>

namespace safeq::net {

/// Where a server listens: an IP address, never a name, since a name may mean more addresses than its writer thinks.
struct ListenAddress {
    std::string ip;  ///< "127.0.0.1", "::1"
    unsigned short port = 0;

    /// From "127.0.0.1:8631" or "[::1]:8631"; port 0 lets the system choose. *Errors*: `invalid_argument`.
    [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);
};

}  // namespace safeq::net
