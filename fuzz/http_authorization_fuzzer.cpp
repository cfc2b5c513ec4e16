// SPDX-License-Identifier: Apache-2.0
// Under test: http::parse_basic, http::bearer_token.
// Property: what is taken has a name without a colon, and name and password without a control character; written again
// it is the input, but for the case of the scheme, and so is every name and password that the input makes; a bearer's
// token is the rest of the input behind its scheme; nothing is of both schemes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <safeq/core/text.hpp>
#include <safeq/http/basic_auth.hpp>

using namespace safeq;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_name(std::string_view text) { return check_name(text, text.size(), "").has_value(); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto basic = http::parse_basic(text);
    if (basic) {
        require(text.size() <= 2048 && !basic->user.contains(':'));
        require(is_name(basic->user) && is_name(as_text(basic->password.expose())));
        const auto again = http::encode_basic(basic->user, basic->password);
        require(again && again->size() == text.size());
        require(ascii_iequals(again->substr(0, 6), text.substr(0, 6)) && again->substr(6) == text.substr(6));
    }
    const std::string_view token = http::bearer_token(text);
    require(token.empty() || !basic);
    require(token.empty() == !(text.size() > 7 && ascii_iequals(text.substr(0, 7), "bearer ")));
    if (!token.empty()) require(token == text.substr(7));

    // The input as a name and a password.
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return 0;
    const std::string_view user = text.substr(0, colon), password = text.substr(colon + 1);
    const auto encoded = http::encode_basic(user, crypto::Secret::copy_of(password));
    require(encoded.has_value());
    const auto back = http::parse_basic(*encoded);
    require(back.has_value() == (encoded->size() <= 2048 && is_name(user) && is_name(password)));
    if (back) require(back->user == user && as_text(back->password.expose()) == password);
    return 0;
}
