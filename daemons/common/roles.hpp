// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/net/api_server.hpp>

namespace safeq::daemon {

/// Whether a peer has a role: by its certificate of our authority, or by its user id on an admin socket.
[[nodiscard]] bool has_role(service::Role role, const net::PeerInfo& peer);

}  // namespace safeq::daemon
