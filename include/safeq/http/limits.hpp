// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace safeq::http {

/// What one message may cost. Checked before anything is allocated for it.
struct Limits {
    std::size_t head_bytes;             ///< request or status line and all headers
    std::size_t headers;                ///< how many
    std::size_t target_bytes;           ///< of the request line
    std::uint64_t body_bytes;           ///< of the body, chunked or not
    std::size_t chunk_extension_bytes;  ///< of all chunks together
    std::size_t trailer_bytes;          ///< dropped, but counted

    /// 32 KiB of head, 100 headers, 8 GiB of body.
    [[nodiscard]] static constexpr Limits standard() noexcept {
        return {.head_bytes = 32 * 1024,
                .headers = 100,
                .target_bytes = 4096,
                .body_bytes = std::uint64_t{8} << 30,
                .chunk_extension_bytes = 4096,
                .trailer_bytes = 8192};
    }

    /// The same limits but for the body's.
    [[nodiscard]] constexpr Limits with_body(std::uint64_t bytes) const noexcept {
        Limits out = *this;
        out.body_bytes = bytes;
        return out;
    }
};

}  // namespace safeq::http
