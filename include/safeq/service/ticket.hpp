// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>

namespace safeq::service {

/// What a job is called and asks for. It travels and waits as document number 0 of its job, sealed like the documents,
/// so that not even a title is in the clear at the intake.
struct Ticket {
    std::int32_t ipp_id = 0;  ///< the number by which IPP clients know the job
    std::string title;        ///< job-name
    std::string user_name;    ///< whose it is, as the release server named them
    std::string format;       ///< MIME media type of the documents
    std::uint32_t copies = 1;
    std::optional<std::uint32_t> pages;  ///< of one copy; nothing where they could not be counted
    std::uint64_t bytes = 0;             ///< of all documents
    std::uint32_t documents = 1;
    Time accepted;
    Bytes attributes;  ///< job template attributes for the device, as an IPP message (RFC 8010)

    [[nodiscard]] std::string encode() const;

    /// *Errors*: `malformed`, `too_large`, `invalid_utf8`, `control_character`, naming the member.
    [[nodiscard]] static Result<Ticket> parse(std::string_view json);

    static constexpr std::size_t max_bytes = 256 * 1024;
    friend bool operator==(const Ticket&, const Ticket&) = default;
};

}  // namespace safeq::service
