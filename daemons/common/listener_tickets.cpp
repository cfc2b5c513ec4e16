// SPDX-License-Identifier: Apache-2.0
#include "common/listener_tickets.hpp"

namespace safeq::daemon {

Result<std::shared_ptr<tls::TicketKeys>> ListenerTickets::keys(TenantId tenant, const tls::PolicyRef& policy) {
    if (policy->tickets().lifetime.count() == 0 || !policy->allows(tls::Version::v1_3)) return nullptr;
    const std::scoped_lock lock{mutex_};
    if (!keys_ || keys_->scope().tenant != tenant.text() || !keys_->made_for(*policy)) {
        SAFEQ_TRY(keys_, tls::TicketKeys::create({tenant.text(), listener_, policy}, clock_, random_));
    }
    return keys_;
}

void ListenerTickets::rotate() noexcept {
    const std::scoped_lock lock{mutex_};
    if (keys_) keys_->rotate();
}

}  // namespace safeq::daemon
