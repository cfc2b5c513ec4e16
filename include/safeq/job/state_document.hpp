// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace safeq::job {

/// The picture and the table of docs/job_lifecycle.md, drawn from `transitions`; a test holds the page against it.
[[nodiscard]] std::string lifecycle_markdown();

}  // namespace safeq::job
