// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string_view>

#include <safeq/core/id.hpp>
#include <safeq/crypto/sign.hpp>

namespace safeq::spool {

/// Port: the intake daemons whose signatures are accepted. *Threads*: safe from several threads.
class KnownIntakes {
public:
    virtual ~KnownIntakes() = default;
    KnownIntakes(const KnownIntakes&) = delete;
    KnownIntakes& operator=(const KnownIntakes&) = delete;

    /// *Errors*: `key_unknown` for an instance that is not, or no longer, an intake of ours.
    [[nodiscard]] virtual Result<crypto::VerifyingKey> verifying_key(const InstanceId& intake) = 0;

protected:
    KnownIntakes() = default;
};

/// Known intakes as a table in memory. *Threads*: safe from several threads.
class IntakeTable final : public KnownIntakes {
public:
    IntakeTable() = default;

    /// Adds an intake, or gives it another key.
    void set(const InstanceId& intake, const crypto::VerifyingKey& key);
    /// Takes an intake out: what it signed is refused from now on.
    void remove(const InstanceId& intake);

    /// Adds those of a list: an instance, a space and its verifying key in base64 on each line; empty lines are left
    /// out, and a later line counts before an earlier one. *Errors*: `malformed` with the line's number; what stands
    /// before that line has been added.
    [[nodiscard]] Result<void> read(std::string_view list);

    /// Has those of another table from now on, and no others.
    void become(IntakeTable& other);

    [[nodiscard]] Result<crypto::VerifyingKey> verifying_key(const InstanceId& intake) override;

private:
    std::mutex mutex_;
    std::map<InstanceId, crypto::VerifyingKey> keys_;
};

}  // namespace safeq::spool
