// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/intakes.hpp>

namespace safeq::spool {

void IntakeTable::set(const InstanceId& intake, const crypto::VerifyingKey& key) {
    const std::scoped_lock lock{mutex_};
    keys_.insert_or_assign(intake, key);
}

void IntakeTable::remove(const InstanceId& intake) {
    const std::scoped_lock lock{mutex_};
    keys_.erase(intake);
}

Result<crypto::VerifyingKey> IntakeTable::verifying_key(const InstanceId& intake) {
    const std::scoped_lock lock{mutex_};
    const auto at = keys_.find(intake);
    if (at == keys_.end()) return fail(Errc::key_unknown, "intake " + intake.text());
    return at->second;
}

}  // namespace safeq::spool
