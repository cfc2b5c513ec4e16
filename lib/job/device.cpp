// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/device.hpp>

#include <algorithm>
#include <string_view>

#include <safeq/core/text.hpp>

namespace safeq::job {
namespace {

constexpr std::size_t max_name_bytes = 255;
constexpr std::size_t max_uri_bytes = 1023;  // RFC 8011 bounds "uri" attributes so
constexpr std::size_t max_rule_bytes = 255;
constexpr std::size_t max_authority_bytes = 64 * 1024;

Result<void> check_uri(std::string_view uri) {
    SAFEQ_TRY_VOID(check_name(uri, max_uri_bytes, "device uri"));
    constexpr std::string_view scheme = "ipps://";
    if (!ascii_iequals(uri.substr(0, scheme.size()), scheme))
        return fail(Errc::invalid_argument, "device uri", "must begin with ipps://");
    const std::string_view rest = uri.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find('/'));
    if (authority.empty() || authority.starts_with(':'))
        return fail(Errc::invalid_argument, "device uri", "names no host");
    const bool plain = std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
    if (!plain) return fail(Errc::invalid_argument, "device uri", "holds a character that must be percent-encoded");
    if (authority.contains('@')) return fail(Errc::invalid_argument, "device uri", "holds a user name");
    return {};
}

}  // namespace

Result<void> check(const Device& device) {
    if (device.id.nil() || device.tenant.nil()) return fail(Errc::invalid_argument, "device id", "nil");
    if (device.name.empty()) return fail(Errc::invalid_argument, "device name", "empty");
    SAFEQ_TRY_VOID(check_name(device.name, max_name_bytes, "device name"));
    SAFEQ_TRY_VOID(check_uri(device.uri));
    if (device.factor_rule.empty()) return fail(Errc::invalid_argument, "device factor rule", "empty");
    SAFEQ_TRY_VOID(check_name(device.factor_rule, max_rule_bytes, "device factor rule"));
    if (const auto* ca = std::get_if<CertificateAuthority>(&device.trust)) {
        if (ca->pem.empty()) return fail(Errc::invalid_argument, "device certificate authority", "empty");
        if (ca->pem.size() > max_authority_bytes)
            return fail(Errc::too_large, "device certificate authority", "over 64 KiB");
        if (ca->crl.size() > max_crl_bytes) return fail(Errc::too_large, "device revocation list", "over 256 KiB");
    }
    return {};
}

}  // namespace safeq::job
