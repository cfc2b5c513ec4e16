// SPDX-License-Identifier: Apache-2.0
#include "common/roles.hpp"

#include <unistd.h>

#include "common/layout.hpp"

namespace safeq::daemon {

bool has_role(service::Role role, const net::PeerInfo& peer) {
    const std::string id = peer.id();
    switch (role) {
        case service::Role::device:
        case service::Role::session: return id.starts_with(device_role);
        case service::Role::intake: return id.starts_with(intake_role);
        case service::Role::report: return id == report_role;
        case service::Role::daemon: return id.starts_with(intake_role) || id == report_role || id == release_role;
        case service::Role::admin: return peer.user && (*peer.user == 0 || *peer.user == geteuid());
        case service::Role::auditor: return false;  // by password, where such a route is served
    }
    return false;
}

}  // namespace safeq::daemon
