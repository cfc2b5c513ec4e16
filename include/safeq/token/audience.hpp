// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <safeq/core/error.hpp>

namespace safeq::token {

/// Who a token is for: the name under which a server knows itself, such as "release.example:8642".
class Audience final {
public:
    static constexpr std::size_t max_bytes = 255;

    /// 1 to 255 lower-case letters, digits and `. : / _ -`; taken as it stands. *Errors*: `malformed`, `too_large`.
    [[nodiscard]] static Result<Audience> parse(std::string_view text);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    friend bool operator==(const Audience&, const Audience&) = default;

private:
    explicit Audience(std::string_view text) : text_{text} {}
    std::string text_;
};

}  // namespace safeq::token
