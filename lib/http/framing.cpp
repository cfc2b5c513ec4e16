// SPDX-License-Identifier: Apache-2.0
#include "http/framing.hpp"

#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq::http::detail {
namespace {

// RFC 9110, 5.6.2.
bool is_token(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

// A list of tokens with whitespace around them; elements may be empty (RFC 9110, 5.6.1.2).
bool is_token_list(std::string_view text) {
    bool begun = false;
    bool ended = false;  // by whitespace: only a comma may follow
    for (const char c : text) {
        if (c == ',') begun = ended = false;
        else if (c == ' ' || c == '\t') ended = begun;
        else if (!is_token(c) || ended) return false;
        else begun = true;
    }
    return true;
}

Result<std::uint64_t> read_length(std::string_view text) {
    if (text.empty() || text.size() > 18)
        return fail(Errc::http_malformed, "content-length", "not a number of at most 18 digits");
    std::uint64_t n = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return fail(Errc::http_malformed, "content-length", "not a number");
        n = n * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return n;
}

}  // namespace

Result<Framing> read_framing(const Headers& headers, int minor_version, std::uint64_t most) {
    for (const auto& [name, value] : headers.fields())
        if ((ascii_iequals(name, "connection") || ascii_iequals(name, "proxy-connection")) && !is_token_list(value))
            return fail(Errc::http_malformed, name, "not a list of options");
    SAFEQ_TRY(const auto encoding, headers.find_one("transfer-encoding"));
    SAFEQ_TRY(const auto announced, headers.find_one("content-length"));
    if (encoding && announced) return fail(Errc::http_malformed, "content-length", "beside transfer-encoding");
    Framing out;
    if (encoding) {
        if (!ascii_iequals(*encoding, "chunked"))
            return fail(Errc::http_malformed, "transfer-encoding", "only chunked is understood");
        if (minor_version != 1) return fail(Errc::http_malformed, "transfer-encoding", "in HTTP/1.0");
        out.chunked = true;
    }
    if (announced) {
        SAFEQ_TRY(const std::uint64_t n, read_length(*announced));
        if (n > most) return fail(Errc::too_large, "body", fmt::format("{} bytes, at most {}", n, most));
        out.content_length = n;
    }
    return out;
}

bool frames(std::string_view name) noexcept {
    for (const std::string_view each :
         {"content-length", "transfer-encoding", "host", "connection", "proxy-connection", "upgrade"})
        if (ascii_iequals(name, each)) return true;
    return false;
}

}  // namespace safeq::http::detail
