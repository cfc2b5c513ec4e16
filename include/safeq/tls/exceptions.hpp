// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/id.hpp>
#include <safeq/tls/exception_leave.hpp>
#include <safeq/tls/policy_file.hpp>
#include <safeq/tls/policy_ref.hpp>

namespace safeq::tls {

/// A named device that may be talked to by a policy of its own, for a reason and until a day.
struct DeviceException {
    DeviceId device;
    PolicyRef policy;           ///< what holds for the device: already without TLS 1.3 where `tls13_off`
    std::string policy_name;    ///< as written, without the off-switch
    bool tls13_off = false;     ///< the device hangs when it is offered TLS 1.3
    std::chrono::sys_days end;  ///< the first day on which it holds no longer, beginning at 00:00 UTC
    std::string reason;         ///< the operator's words; printable
    std::size_t line = 0;       ///< in the table
};

/// What became of an exception when a connection to its device was about to be made.
enum class ExceptionOutcome {
    used,     ///< its policy holds
    expired,  ///< its time is over: the strict policy holds
};

/// "used" or "expired".
[[nodiscard]] constexpr std::string_view name(ExceptionOutcome outcome) noexcept {
    switch (outcome) {
        case ExceptionOutcome::used: return "used";
        case ExceptionOutcome::expired: return "expired";
    }
    return "";
}

/// What the audit log is told of each use, before the connection is made.
struct ExceptionUse {
    ExceptionOutcome outcome;
    DeviceId device;
    std::string policy;     ///< the exception's
    std::string in_effect;  ///< the name of the policy that the connection is made by
    bool tls13_off;
    std::chrono::sys_days end;
    std::string reason;
    Time at;
};

/// By which policy a device is talked to.
struct PolicyChoice {
    PolicyRef policy;
    std::optional<ExceptionUse> use;      ///< none for a device without an exception
    std::optional<ExceptionLeave> leave;  ///< for the context of this connection, where the exception's policy holds
};

/// The operator's table of exceptions, a line each; the format is in docs/tls_policy.md. *Threads*: const and safe
/// everywhere.
class ExceptionTable final {
public:
    /// No exceptions.
    ExceptionTable() = default;

    /// Longer than this ahead of now, no exception may end: it is to be looked at again.
    static constexpr std::chrono::days longest{366};

    struct Lint;

    /// Tells everything that is wrong with a table, at most 1 MiB, 10,000 lines of up to 1,024 bytes. `own` are the
    /// operator's derived policies, which may be named besides the dated ones.
    [[nodiscard]] static Lint lint(std::string_view text, std::span<const PolicyRef> own, Time now);

    /// *Errors*: `config_invalid` with the line and the first thing that was refused.
    [[nodiscard]] static Result<ExceptionTable> parse(std::string_view text, std::span<const PolicyRef> own, Time now);

    /// The policy for one connection to `device`: `strict`, unless an exception holds now. Ask again for each
    /// connection, and record `use` first. *Errors*: `invalid_argument` when `strict` is missing or itself only for
    /// exceptions.
    [[nodiscard]] Result<PolicyChoice> choose(const DeviceId& device, const PolicyRef& strict,
                                              const Clock& clock) const;

    /// In order of lines.
    [[nodiscard]] std::span<const DeviceException> entries() const noexcept { return entries_; }

private:
    std::vector<DeviceException> entries_;
};

/// What is wrong with a table, and the table where nothing was refused.
struct ExceptionTable::Lint {
    std::vector<Finding> findings;        ///< in order of lines; an expired exception is advice
    std::optional<ExceptionTable> table;  ///< none when anything was refused
};

}  // namespace safeq::tls
