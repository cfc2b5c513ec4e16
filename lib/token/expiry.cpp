// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/expiry.hpp>

namespace safeq::token {

Result<Time> ExpiryClock::now() {
    const std::scoped_lock lock{mutex_};
    const Time now = clock_.now();
    if (now < latest_) SAFEQ_TRY_VOID(store_.erase_expired(latest_));
    latest_ = now;
    return now;
}

}  // namespace safeq::token
