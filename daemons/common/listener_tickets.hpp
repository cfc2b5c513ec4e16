// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/core/random.hpp>
#include <safeq/tls/tickets.hpp>

namespace safeq::daemon {

/// The ticket keys of one open listener, kept while contexts come and go by reloads. *Threads*: safe everywhere.
class ListenerTickets {
public:
    /// `listener`: the option that it is configured by. `clock` and `random` outlive the object.
    ListenerTickets(std::string listener, const Clock& clock, Random& random)
        : listener_{std::move(listener)}, clock_{clock}, random_{random} {}

    /// The keys that there are when they are of this tenant and policy, else new ones; null for a policy without
    /// tickets.
    [[nodiscard]] Result<std::shared_ptr<tls::TicketKeys>> keys(TenantId tenant, const tls::PolicyRef& policy);

    /// Destroys keys whose time is over: also where nobody comes.
    void rotate() noexcept;

private:
    const std::string listener_;
    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;
    std::shared_ptr<tls::TicketKeys> keys_;
};

}  // namespace safeq::daemon
