// SPDX-License-Identifier: Apache-2.0
#include "common/policies.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <safeq/tls/policy_file.hpp>

#include "common/files.hpp"

namespace safeq::daemon {
namespace {

Result<std::vector<std::filesystem::path>> policy_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> out;
    std::error_code error;
    for (std::filesystem::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error))
        if (at->path().extension() == ".policy") out.push_back(at->path());
    if (error && error != std::errc::no_such_file_or_directory)
        return fail(Errc::io_failed, folder.string(), error.message());
    std::ranges::sort(out);
    return out;
}

}  // namespace

Result<TlsPolicies> TlsPolicies::read(const std::filesystem::path& folder, ReadFiles* files) {
    TlsPolicies out;
    SAFEQ_TRY(const auto found, policy_files(folder));
    for (const std::filesystem::path& file : found) {
        SAFEQ_TRY(const std::string text, read_text(file, files));
        const auto policy = tls::parse_policy(text);
        if (!policy) return fail(Errc::config_invalid, file.string(), policy.error().message());
        const auto known = std::ranges::find(out.own_, (*policy)->name(), [](const auto& own) { return own->name(); });
        if (known != out.own_.end())
            return fail(Errc::config_invalid, file.string(),
                        fmt::format("the name {} stands in another file, too", (*policy)->name()));
        out.own_.emplace_back(*policy);
    }
    return out;
}

Result<tls::PolicyRef> TlsPolicies::find(std::string_view option, std::string_view name) const {
    tls::PolicyRef found;
    for (const tls::PolicyRef& own : own_)
        if (own->name() == name) found = own;
    if (found == nullptr) {
        const auto dated = tls::find_policy(name);
        if (!dated)
            return fail(Errc::config_invalid, std::string{option},
                        fmt::format("no TLS policy '{}' here; `safeq tls list` names the dated ones", name));
        found = *dated;
    }
    auto open = tls::for_everybody(std::move(found));
    if (!open) return fail(Errc::config_invalid, std::string{option}, open.error().detail);
    return open;
}

Result<tls::ExceptionTable> TlsPolicies::exceptions(const std::filesystem::path& file, const Clock& clock,
                                                    ReadFiles* files) const {
    if (file.empty()) return tls::ExceptionTable{};
    SAFEQ_TRY(const std::string text, read_text(file, files));
    auto table = tls::ExceptionTable::parse(text, own_, clock.now());
    if (!table) return fail(Errc::config_invalid, file.string(), table.error().message());
    return std::move(*table);
}

}  // namespace safeq::daemon
