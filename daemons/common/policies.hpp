// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/tls/exceptions.hpp>
#include <safeq/tls/policy_ref.hpp>

#include "config/read_files.hpp"

namespace safeq::daemon {

/// The TLS policies that an installation knows by name: the dated ones and the operator's own.
class TlsPolicies final {
public:
    /// Reads every `*.policy` of a folder; a folder that is not there has none. *Errors*: `config_invalid` naming file
    /// and line, also for a name that stands in two files; those of the files.
    [[nodiscard]] static Result<TlsPolicies> read(const std::filesystem::path& folder, ReadFiles* files = nullptr);

    /// A policy that may hold for everybody. *Errors*: `config_invalid` naming `option`: unknown, or only for named
    /// devices.
    [[nodiscard]] Result<tls::PolicyRef> find(std::string_view option, std::string_view name) const;

    /// The table of exceptions in a file; an empty path gives an empty table. *Errors*: `config_invalid` naming file
    /// and line; those of the file.
    [[nodiscard]] Result<tls::ExceptionTable> exceptions(const std::filesystem::path& file, const Clock& clock,
                                                         ReadFiles* files = nullptr) const;

    [[nodiscard]] std::span<const tls::PolicyRef> own() const noexcept { return own_; }

private:
    std::vector<tls::PolicyRef> own_;
};

}  // namespace safeq::daemon
