// SPDX-License-Identifier: Apache-2.0
// Under test: http::RequestParser (on bodies). The first byte chooses chunks or, with the second, a length.
// Property: in one piece, byte by byte and cut anywhere the same events; a chunked body that is taken is what a slow
// second reader makes of it and ends where that one says; one that the second reader takes, and that has neither
// extension nor trailer, is taken.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "http_events.hpp"

using namespace safeq;
using namespace safeq::http;

namespace {

constexpr Limits limits{.head_bytes = 2048,
                        .headers = 20,
                        .target_bytes = 256,
                        .body_bytes = 4096,
                        .chunk_extension_bytes = 64,
                        .trailer_bytes = 128};

void require(bool condition) {
    if (!condition) std::abort();
}

struct Reference {
    std::string body;
    std::size_t consumed = 0;
    bool plain = true;  // neither extension nor trailer, and no size with more digits than it needs
};

// RFC 9112, 7.1, word for word and by lines; extensions and trailers are whatever stands in a line.
std::optional<Reference> read_chunks(std::string_view text) {
    Reference out;
    std::size_t at = 0;
    const auto line = [&]() -> std::optional<std::string_view> {
        const auto end = text.find("\r\n", at);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view found = text.substr(at, end - at);
        at = end + 2;
        if (found.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
        return found;
    };
    for (;;) {
        const auto head = line();
        if (!head) return std::nullopt;
        std::size_t size = 0, digits = 0;
        for (; digits < head->size(); ++digits) {
            const char c = (*head)[digits];
            unsigned value = 0;
            if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0');
            else if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a') + 10;
            else if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A') + 10;
            else break;
            size = size * 16 + value;
            if (size > limits.body_bytes) return std::nullopt;
        }
        if (digits == 0) return std::nullopt;
        if (digits != head->size() || digits > 8) out.plain = false;
        if (size == 0) break;
        if (size > text.size() - at || out.body.size() + size > limits.body_bytes) return std::nullopt;
        out.body += text.substr(at, size);
        at += size;
        if (!text.substr(at).starts_with("\r\n")) return std::nullopt;
        at += 2;
    }
    for (;;) {
        const auto trailer = line();
        if (!trailer) return std::nullopt;
        if (trailer->empty()) break;
        out.plain = false;
    }
    out.consumed = at;
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const bool chunked = (data[0] & 1) == 0;
    const std::size_t length = data[1];
    const std::string head = std::string{"POST /ipp/print HTTP/1.1\r\nHost: h\r\n"} +
                             (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + std::to_string(length)) +
                             "\r\n\r\n";
    const std::string body{reinterpret_cast<const char*>(data) + 2, size - 2};
    const auto seen = test::run_every_way<RequestHead>([] { return RequestParser{limits}; }, head + body, true);
    require(seen.heads.size() == 1);
    const bool taken = seen.ends == 1;
    if (!chunked) {
        require(!seen.refused && taken == (body.size() >= length));
        require(seen.bodies[0] == body.substr(0, length));
        require(!taken || seen.consumed == head.size() + length);
        return 0;
    }
    const auto reference = read_chunks(body);
    if (taken) {
        require(reference.has_value());
        require(seen.bodies[0] == reference->body && seen.consumed == head.size() + reference->consumed);
    }
    if (reference && reference->plain) require(taken);
    return 0;
}
