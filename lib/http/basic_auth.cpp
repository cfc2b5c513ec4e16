// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/basic_auth.hpp>

#include <safeq/core/text.hpp>

namespace safeq::http {
namespace {

// The rest of a header value after a scheme and one space; empty for another scheme.
std::string_view after_scheme(std::string_view value, std::string_view scheme) noexcept {
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ' ||
        !ascii_iequals(value.substr(0, scheme.size()), scheme))
        return {};
    return value.substr(scheme.size() + 1);
}

}  // namespace

Result<BasicCredential> parse_basic(std::string_view authorization) {
    if (authorization.size() > 2048) return fail(Errc::too_large, "authorization");
    const std::string_view encoded = after_scheme(authorization, "Basic");
    if (encoded.empty()) return fail(Errc::unsupported, "authorization", "not of scheme Basic");
    auto decoded = from_base64(encoded);
    if (!decoded) return fail(decoded.error().code, "authorization", "not base64");
    const std::string_view text = as_text(*decoded);
    const auto colon = text.find(':');
    auto outcome = [&]() -> Result<BasicCredential> {
        if (colon == std::string_view::npos) return fail(Errc::malformed, "authorization", "no colon");
        SAFEQ_TRY_VOID(check_name(text, text.size(), "authorization"));
        return BasicCredential{.user = std::string{text.substr(0, colon)},
                               .password = crypto::Secret::copy_of(text.substr(colon + 1))};
    }();
    crypto::wipe(*decoded);
    return outcome;
}

Result<std::string> encode_basic(std::string_view user, const crypto::Secret& password) {
    if (user.contains(':')) return fail(Errc::invalid_argument, "user name", "a colon");
    Bytes plain = to_bytes(user);
    plain.push_back(std::byte{':'});
    const ByteView secret = password.expose();
    plain.insert(plain.end(), secret.begin(), secret.end());
    std::string out = "Basic " + to_base64(plain);
    crypto::wipe(plain);
    return out;
}

std::string_view bearer_token(std::string_view authorization) noexcept { return after_scheme(authorization, "Bearer"); }

}  // namespace safeq::http
