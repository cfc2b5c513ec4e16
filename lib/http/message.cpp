// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/message.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq::http {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<std::string> decode_percent(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out.push_back(' ');
        } else if (text[i] != '%') {
            out.push_back(text[i]);
        } else {
            if (text.size() - i < 3) return fail(Errc::http_malformed, "target", "a broken percent escape");
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return fail(Errc::http_malformed, "target", "a broken percent escape");
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    if (!check_name(out, out.size(), "target"))
        return fail(Errc::http_malformed, "target", "a control character or no UTF-8");
    return out;
}

bool is_token_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.contains(c);
}

Result<void> append_headers(std::string& out, const Headers& headers) {
    for (const auto& [name, value] : headers.fields()) {
        const bool name_good = !name.empty() && std::ranges::all_of(name, is_token_character);
        const bool value_good =
            std::ranges::none_of(value, [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; });
        if (!name_good || !value_good)
            return fail(Errc::invalid_argument, "header " + escape_for_log(name), "not a legal name or value");
        out += name;
        out += ": ";
        out += value;
        out += "\r\n";
    }
    out += "\r\n";
    return {};
}

}  // namespace

Result<std::optional<std::string_view>> Headers::find_one(std::string_view name) const {
    std::optional<std::string_view> found;
    for (const auto& [field, value] : fields_) {
        if (!ascii_iequals(field, name)) continue;
        if (found) return fail(Errc::http_malformed, std::string{name}, "twice");
        found = value;
    }
    return found;
}

std::string_view Headers::first(std::string_view name) const noexcept {
    for (const auto& [field, value] : fields_)
        if (ascii_iequals(field, name)) return value;
    return {};
}

std::size_t Headers::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(fields_, [&](const auto& f) { return ascii_iequals(f.first, name); }));
}

bool is_authority(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-._~:[]%"}.contains(c);
    });
}

Result<Target> parse_target(std::string_view target) {
    Target out;
    for (const std::string_view scheme : {"https://", "http://", "ipps://", "ipp://"}) {
        if (!target.starts_with(scheme)) continue;
        target.remove_prefix(scheme.size());
        const std::string_view authority = target.substr(0, target.find_first_of("/?#"));
        if (authority.empty() || !is_authority(authority))
            return fail(Errc::http_malformed, "target", "no name or address after the scheme");
        out.authority = authority;
        target.remove_prefix(authority.size());
        if (target.empty()) target = "/";
        break;
    }
    if (!target.starts_with('/')) return fail(Errc::http_malformed, "target", "neither a path nor an absolute address");
    const auto hash = target.find('#');
    if (hash != std::string_view::npos) return fail(Errc::http_malformed, "target", "a fragment");
    const auto mark = target.find('?');
    const std::string_view raw_path = target.substr(0, mark);

    std::size_t at = 1;
    for (;;) {
        const auto end = std::min(raw_path.find('/', at), raw_path.size());
        SAFEQ_TRY(const std::string segment, decode_percent(raw_path.substr(at, end - at), false));
        const bool last = end == raw_path.size();
        if (segment == "." || segment == ".." || segment.find_first_of("/\\") != std::string::npos ||
            (segment.empty() && !last))
            return fail(Errc::http_malformed, "target", "a dot segment, an empty segment or a hidden slash");
        out.path += "/" + segment;
        if (last) break;
        at = end + 1;
    }
    if (mark == std::string_view::npos) return out;
    for (std::string_view rest = target.substr(mark + 1); !rest.empty();) {
        const auto end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        SAFEQ_TRY(std::string key, decode_percent(pair.substr(0, equals), true));
        SAFEQ_TRY(std::string value,
                  decode_percent(equals == pair.size() ? std::string_view{} : pair.substr(equals + 1), true));
        if (!out.query.emplace(std::move(key), std::move(value)).second)
            return fail(Errc::http_malformed, "target", "a parameter twice");
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

std::string encode_segment(std::string_view segment) {
    std::string out;
    for (const char c : segment) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view{"-._~"}.contains(c);
        if (plain) out.push_back(c);
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

Result<std::string> encode_request(std::string_view method, std::string_view target, std::string_view host,
                                   const Headers& headers) {
    const auto clean = [](std::string_view text) {
        return !text.empty() && std::ranges::none_of(text, [](char c) { return (c >= 0 && c <= 0x20) || c == 0x7f; });
    };
    if (!clean(method) || !clean(target) || !clean(host))
        return fail(Errc::invalid_argument, "request line", "a space or control character");
    std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, target, host);
    SAFEQ_TRY_VOID(append_headers(out, headers));
    return out;
}

Result<std::string> encode_response(int status, const Headers& headers) {
    std::string out = fmt::format("HTTP/1.1 {} {}\r\n", status, reason(status));
    SAFEQ_TRY_VOID(append_headers(out, headers));
    return out;
}

std::string_view reason(int status) noexcept {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 303: return "See Other";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 411: return "Length Required";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "Status";
    }
}

}  // namespace safeq::http
