// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/ipp/job.hpp>
#include <safeq/ipp/printer_service.hpp>
#include "ipp/requested.hpp"

namespace safeq::ipp::detail {

/// The URI of the printer as this caller knows it.
[[nodiscard]] std::string caller_uri(const PrinterInfo& info, const Caller& caller);

/// Everything that a job says about itself. *Source*: RFC 8011, 5.3.
[[nodiscard]] std::vector<KindAttribute> job_attributes(const JobInfo& job, const std::string& printer_uri,
                                                        Time started, Time now);

/// What the answer to a new job or document holds. *Source*: RFC 8011, 4.2.1.2.
[[nodiscard]] Group new_job_group(const JobInfo& job, const std::string& printer_uri);

}  // namespace safeq::ipp::detail
