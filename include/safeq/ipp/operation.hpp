// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace safeq::ipp {

/// Operations by their registered number. A message may hold a number that none of these has.
/// *Source*: RFC 8011, 5.4.15; PWG 5100.11; PWG 5100.13.
enum class Operation : std::uint16_t {
    print_job = 0x0002,
    print_uri = 0x0003,
    validate_job = 0x0004,
    create_job = 0x0005,
    send_document = 0x0006,
    send_uri = 0x0007,
    cancel_job = 0x0008,
    get_job_attributes = 0x0009,
    get_jobs = 0x000a,
    get_printer_attributes = 0x000b,
    hold_job = 0x000c,
    release_job = 0x000d,
    restart_job = 0x000e,
    pause_printer = 0x0010,
    resume_printer = 0x0011,
    purge_jobs = 0x0012,
    cancel_current_job = 0x002d,
    cancel_jobs = 0x0038,
    cancel_my_jobs = 0x0039,
    close_job = 0x003b,
    identify_printer = 0x003c,
};

/// "Print-Job"; empty for a number that has no name here.
[[nodiscard]] std::string_view name(Operation operation) noexcept;

}  // namespace safeq::ipp
