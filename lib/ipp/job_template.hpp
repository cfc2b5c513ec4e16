// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <safeq/ipp/job.hpp>
#include <safeq/ipp/printer_service.hpp>

namespace safeq::ipp::detail {

/// Takes the job template attributes that the printer supports into the ticket; the others, as they go back to the
/// client: an unsupported value as it came, an unknown attribute with the value "unsupported".
[[nodiscard]] std::vector<Attribute> take_job_template(const Group& job, const PrinterInfo& info, JobTicket& ticket);

}  // namespace safeq::ipp::detail
