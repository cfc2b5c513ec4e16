// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <safeq/ipp/job.hpp>
#include <safeq/service/upstream.hpp>

namespace safeq::service {

/// How a job that the release server tells of looks over IPP to its owner, by that name.
[[nodiscard]] ipp::JobInfo to_info(const RemoteJob& remote, const std::string& owner);

}  // namespace safeq::service
