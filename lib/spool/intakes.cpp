// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/intakes.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace safeq::spool {

void IntakeTable::set(const InstanceId& intake, const crypto::VerifyingKey& key) {
    const std::scoped_lock lock{mutex_};
    keys_.insert_or_assign(intake, key);
}

void IntakeTable::remove(const InstanceId& intake) {
    const std::scoped_lock lock{mutex_};
    keys_.erase(intake);
}

Result<void> IntakeTable::read(std::string_view list) {
    for (std::size_t number = 1; !list.empty(); ++number) {
        const std::size_t end = std::min(list.find('\n'), list.size());
        const std::string_view line = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (line.empty()) continue;
        const std::size_t space = std::min(line.find(' '), line.size() - 1);
        const auto id = InstanceId::parse(line.substr(0, space));
        const auto bytes = from_base64(line.substr(space + 1));
        const auto key = bytes ? crypto::VerifyingKey::from(*bytes) : std::unexpected(bytes.error());
        if (!id || !key)
            return fail(Errc::malformed, fmt::format("line {}", number), "expected an instance and its key");
        set(*id, *key);
    }
    return {};
}

void IntakeTable::become(IntakeTable& other) {
    const std::scoped_lock lock{mutex_, other.mutex_};
    keys_ = other.keys_;
}

Result<crypto::VerifyingKey> IntakeTable::verifying_key(const InstanceId& intake) {
    const std::scoped_lock lock{mutex_};
    const auto at = keys_.find(intake);
    if (at == keys_.end()) return fail(Errc::key_unknown, "intake " + intake.text());
    return at->second;
}

}  // namespace safeq::spool
