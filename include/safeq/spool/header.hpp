// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>

namespace safeq::spool {

/// The version of the file format that this library reads and writes. *Source*: docs/formats/spool_v1.md.
inline constexpr std::uint32_t format_version = 1;

/// What a spool file says about itself, in clear and signed: the format's `fixed`.
struct Header {
    static constexpr std::size_t encoded_bytes = 80;

    TenantId tenant;
    JobId job;
    std::uint32_t document = 0;  ///< 0 is the ticket, 1…n the documents
    SubjectId owner;
    InstanceId intake;  ///< the daemon that wrote and signed the file
    Time created;       ///< not before 1970

    /// Always `encoded_bytes` long; the bytes that context, seal and signature bind.
    [[nodiscard]] Bytes encode() const;

    /// `decode(x)->encode() == x`, or an error.
    /// *Errors*: `truncated`, `trailing_data`, `bad_version`, `malformed` (a time that can't be).
    [[nodiscard]] static Result<Header> decode(ByteView bytes);

    /// That this file stands where `expected` belongs: same tenant, job, document number and owner. Intake and time
    /// are the file's to say. *Errors*: `header_mismatch`, naming the field.
    [[nodiscard]] Result<void> check(const Header& expected) const;

    friend bool operator==(const Header&, const Header&) = default;
};

}  // namespace safeq::spool
