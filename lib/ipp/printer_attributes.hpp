// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/ipp/operation.hpp>
#include <safeq/ipp/printer_service.hpp>
#include "ipp/requested.hpp"

namespace safeq::ipp::detail {

/// The operations that the engine answers.
inline constexpr Operation supported_operations[] = {
    Operation::print_job,  Operation::validate_job,       Operation::create_job, Operation::send_document,
    Operation::cancel_job, Operation::get_job_attributes, Operation::get_jobs,   Operation::get_printer_attributes,
};

/// Everything that a printer says about itself. *Source*: RFC 8011, 5.4; PWG 5100.12; PWG 5100.14.
[[nodiscard]] std::vector<KindAttribute> printer_attributes(const PrinterInfo& info, Time now);

/// The defaults and supported values of job template attributes alone, against which a job is held.
[[nodiscard]] std::vector<KindAttribute> job_template_attributes(const PrinterInfo& info);

}  // namespace safeq::ipp::detail
