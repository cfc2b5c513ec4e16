// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <safeq/audit/merkle.hpp>
#include <safeq/audit/record.hpp>

namespace safeq::audit {

/// An entry on its way to another system. Personal fields stay sealed.
struct ExportedEntry {
    std::string_view origin;  ///< the log's
    Index index = 0;
    ByteView entry;  ///< exact bytes
};

/// One line of JSON with its newline: `{"log":…,"index":…,"leaf":…,"entry":…}`. The entry stands there byte for byte,
/// so that who has a proof can hash it. *Errors*: those of `Record::parse`: nothing else is an entry of ours.
[[nodiscard]] Result<std::string> to_json_line(const ExportedEntry& entry);

/// The first line of a CSV export, with its line end (RFC 4180).
[[nodiscard]] std::string csv_header();
/// One line: a column for each member and known field; fields that this version doesn't know in the column `other`, as
/// JSON; of personal fields only the names. No cell is taken for a formula by a spreadsheet.
/// *Errors*: those of `Record::parse`.
[[nodiscard]] Result<std::string> to_csv_line(const ExportedEntry& entry);

/// Who sends a syslog message.
struct SyslogSource {
    std::string host_name = "-";  ///< as RFC 5424 has it: best the full name
    std::uint32_t enterprise =
        32473;  ///< IANA private enterprise number in structured data; that of RFC 5612 for examples
};

/// Facility "log audit", severity by the kind's gravity, the kind as message id, the record's members and known fields
/// as structured data `safeq@<enterprise>`, the exact entry as message, in UTF-8 with its mark. *Errors*:
/// `invalid_argument` for a host name that isn't 1 to 255 printable ASCII characters; those of `Record::parse`.
/// *Source*: RFC 5424.
[[nodiscard]] Result<std::string> to_syslog(const ExportedEntry& entry, const SyslogSource& source);

/// A message as it goes over TLS: its length in octets, a space, the message. *Source*: RFC 5425, section 4.3.
[[nodiscard]] std::string frame_syslog(std::string_view message);

}  // namespace safeq::audit
