// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/tls/expiry.hpp>

#include "common/files.hpp"

namespace safeq::daemon {

/// Keeps a daemon's certificates: reads them anew when asked to, and tells in the log of those that end soon.
/// *Threads*: one at a time.
class Upkeep {
public:
    /// Reads everything anew and, if all of it is good, uses it for the connections to come.
    using Reload = std::function<Result<TlsFiles>()>;

    Upkeep(std::vector<tls::Ending> endings, Reload reload, const Clock& clock)
        : endings_{std::move(endings)}, reload_{std::move(reload)}, clock_{clock} {}

    /// What is bad changes nothing, but is told.
    void reload();

    /// Tells what is to be told by now; call it at least once a day.
    void look();

private:
    std::vector<tls::Ending> endings_;
    Reload reload_;
    const Clock& clock_;
    tls::ExpiryWatch watch_;
};

}  // namespace safeq::daemon
