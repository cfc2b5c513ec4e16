// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <safeq/job/repository.hpp>

namespace safeq::job {

/// What a device did with an attempt, as far as it is known.
struct Printed {
    std::optional<std::uint32_t> pages = {};  ///< sides or impressions that the device counted, over all copies
    std::optional<std::uint32_t> copies = {};
    std::string device_message = {};  ///< validated text of the device's last answer; may be empty

    friend bool operator==(const Printed&, const Printed&) = default;
};

/// Who did something to a job. A person is named by the job's owner; operators have no account.
enum class Actor : std::uint8_t {
    system,     ///< the release server itself: what a device told, what became due, what a start found
    owner,      ///< signed in at a device, or by the intake's cancellation
    operator_,  ///< by the administration socket
};

/// As it stands in records: "system", "owner", "operator".
[[nodiscard]] std::string_view name(Actor actor) noexcept;

/// Something that happened to a job and is to be told by a leaf of the audit log.
struct Happening {
    RecordId record;
    Event event;
    const Job& job;  ///< as it is afterwards
    State before;    ///< its state until now
    Actor actor;     ///< who did it
    Time at;
    const Printed* printed = nullptr;  ///< only for the events that end an attempt, and only where the device told
};

/// What the life of a job needs of the audit log; the service room implements it. *Threads*: safe from several.
class Journal {
public:
    virtual ~Journal() = default;

    /// Whether an append would be tried now. *Errors*: `log_unavailable`: the act is refused, nothing has changed.
    [[nodiscard]] virtual Result<void> ready() = 0;

    /// The exact bytes of the leaf. Called inside a unit of work: no use of the repository.
    [[nodiscard]] virtual Result<Bytes> describe(const Happening& happening) = 0;

    /// Returns only when the leaf is durable. Idempotent by record id. *Errors*: `log_unavailable`; then nobody knows
    /// whether the leaf is there.
    [[nodiscard]] virtual Result<void> append(const Intent& intent) = 0;

    /// Whether the record's leaf is durable in the log.
    [[nodiscard]] virtual Result<bool> holds(RecordId record) = 0;

protected:
    Journal() = default;
    Journal(const Journal&) = default;
    Journal& operator=(const Journal&) = default;
};

}  // namespace safeq::job
