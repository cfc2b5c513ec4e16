// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/listen_address.hpp>

#include <asio/ip/address.hpp>

namespace safeq::net {

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    const auto wrong = [&] { return fail(Errc::invalid_argument, std::string{text}, "expected IP-ADDRESS:PORT"); };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong();
    const std::string_view digits = text.substr(colon + 1);
    if (digits.empty() || digits.size() > 5) return wrong();
    unsigned port = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return wrong();
        port = port * 10 + static_cast<unsigned>(c - '0');
    }
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    asio::error_code error;
    const auto ip = asio::ip::make_address(std::string{host}, error);
    if (error || port > 65535 || host.contains('\0') || ip.is_v6() != bracketed) return wrong();
    return ListenAddress{.ip = std::string{host}, .port = static_cast<unsigned short>(port)};
}

}  // namespace safeq::net
