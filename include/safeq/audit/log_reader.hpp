// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <safeq/core/bytes.hpp>
#include <safeq/core/error.hpp>

namespace safeq::audit {

/// The name of the resource that holds a log's latest signed checkpoint. *Source*: C2SP tlog-tiles.
inline constexpr const char* checkpoint_path = "checkpoint";

/// No resource of a log is larger: 256 entries of the largest size, each with its length.
inline constexpr std::size_t max_resource_bytes = 256 * (65'535 + 2);

/// Reads what a log publishes: a folder, a web server. What comes is hostile until it is verified.
class LogReader {
public:
    virtual ~LogReader() = default;

    /// The bytes at a path as C2SP tlog-tiles writes it: "checkpoint", "tile/0/x001/x234/067.p/12", "tile/entries/000".
    /// *Errors*: `not_found`; `too_large` over `max_resource_bytes`; those of where it is kept.
    [[nodiscard]] virtual Result<Bytes> read(const std::string& path) = 0;

protected:
    LogReader() = default;
    LogReader(const LogReader&) = default;
    LogReader& operator=(const LogReader&) = default;
};

}  // namespace safeq::audit
