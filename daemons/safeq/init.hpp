// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <safeq/tls/credentials.hpp>

#include "common/layout.hpp"

namespace safeq::daemon {

struct InitOptions {
    std::string organization = "safeq";
    /// In the certificates, besides `localhost` and the loopback addresses, by which the servers reach each other. The
    /// first name stands in addresses that people see.
    std::vector<std::string> host_names = {}, addresses = {};
    std::string listen = "127.0.0.1";  ///< where printing clients, terminals and auditors are listened to
    unsigned port_offset = 0;          ///< added to every port, for several installations on one machine
};

/// Makes a whole installation in a new or empty folder: authority with revocation list, certificates, keys in folders
/// of their own, and the configuration of all three daemons. Returns the summary for people.
/// *Errors*: `config_invalid` for what can't be listened at; `already_exists` when the folder holds something; those of
/// files and keys. What was begun is removed.
[[nodiscard]] Result<std::string> init(const Layout& layout, const InitOptions& options);

/// A client certificate for a device's terminal, in `devices/NAME`; returns the fingerprint of its key.
/// *Errors*: `already_exists`; those of files and of the authority.
[[nodiscard]] Result<tls::Fingerprint> issue_terminal(const Layout& layout, const DeviceId& device,
                                                      std::string_view name);

}  // namespace safeq::daemon
