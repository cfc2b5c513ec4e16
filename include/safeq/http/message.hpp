// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/error.hpp>

namespace safeq::http {

/// Header fields in the order in which they came; names compare without regard to case.
class Headers {
public:
    /// Puts a field at the end, whether or not there is one of that name.
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }

    /// The value of a field that may be there once; empty optional when it isn't there.
    /// *Errors*: `http_malformed` when it is there twice.
    [[nodiscard]] Result<std::optional<std::string_view>> find_one(std::string_view name) const;

    /// The first value, or an empty text.
    [[nodiscard]] std::string_view first(std::string_view name) const noexcept;

    /// How often the field is there.
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const noexcept { return fields_; }

    friend bool operator==(const Headers&, const Headers&) = default;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// A request before its body.
struct RequestHead {
    std::string method;  ///< "GET", "POST", …
    std::string target;  ///< as it came
    std::string path;    ///< decoded; begins with '/', without dot segments, empty segments, controls or backslashes
    std::map<std::string, std::string, std::less<>> query;
    Headers headers;
    std::string host;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool expect_continue = false;
    bool keep_alive = true;

    [[nodiscard]] bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
    friend bool operator==(const RequestHead&, const RequestHead&) = default;
};

/// A response before its body.
struct ResponseHead {
    int status = 0;
    Headers headers;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool keep_alive = true;
    friend bool operator==(const ResponseHead&, const ResponseHead&) = default;
};

/// A request target in origin or absolute form.
struct Target {
    std::string path;
    std::map<std::string, std::string, std::less<>> query;
    std::optional<std::string> authority;  ///< of the absolute form
};

/// *Errors*: `http_malformed` for whatever could be read in two ways: an encoded slash, backslash, NUL or control, a
/// dot or empty segment, a broken escape, no UTF-8, a parameter that is there twice, a fragment, a user in the
/// authority.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

/// Whether the text can be a Host: a name or address, perhaps a port; nothing else. Empty is a Host too.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

/// Percent-encodes one segment of a path.
[[nodiscard]] std::string encode_segment(std::string_view segment);

/// The text of a head, ready to be sent. *Errors*: `invalid_argument` for a control character in a name or value.
/// @{
[[nodiscard]] Result<std::string> encode_request(std::string_view method, std::string_view target,
                                                 std::string_view host, const Headers& headers);
[[nodiscard]] Result<std::string> encode_response(int status, const Headers& headers);
/// @}

/// "Not Found" for 404.
[[nodiscard]] std::string_view reason(int status) noexcept;

}  // namespace safeq::http
