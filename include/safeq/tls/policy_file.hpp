// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/error.hpp>
#include <safeq/tls/policy.hpp>

namespace safeq::tls {

/// Whether a finding stands in the way.
enum class Severity {
    refused,  ///< the file gives no policy
    advice,   ///< it does, but the operator should know
};

/// What the linter has to say about a line.
struct Finding {
    std::size_t line;  ///< from 1; of a rule that the whole file breaks: the line since which it is broken
    Severity severity;
    std::string text;  ///< what is wrong and why, for people; what it quotes from the file is escaped

    friend bool operator==(const Finding&, const Finding&) = default;
};

/// What is wrong with a policy file, and the policy where nothing was refused.
struct LintReport {
    std::vector<Finding> findings;         ///< in order of lines
    std::shared_ptr<const Policy> policy;  ///< null when anything was refused
};

/// Reads an operator's policy file and tells everything that is wrong with it, at most 64 KiB and 1,000 lines of up to
/// 4,096 bytes. The format is in docs/tls_policy.md. Nothing that would fall below the floor or widen the base gets
/// through. *Threads*: pure.
[[nodiscard]] LintReport lint_policy(std::string_view text);

/// The policy of a file. *Errors*: `tls_policy_too_weak`, with the line and the first thing that was refused.
[[nodiscard]] Result<std::shared_ptr<const Policy>> parse_policy(std::string_view text);

/// The one canonical file of a policy that was derived from a dated one: parsed again it gives the same policy.
/// *Requires*: `policy` came from `parse_policy` or `Derivation::finish`.
[[nodiscard]] std::string policy_file(const Policy& policy);

}  // namespace safeq::tls
