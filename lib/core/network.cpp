// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/network.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include <safeq/core/bytes.hpp>

namespace safeq {

std::string network_of(const std::string& address) {
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    in_addr four{};
    in6_addr six{};
    const std::string bare = address.substr(0, address.find('%'));  // without the interface of a link-local address
    if (inet_pton(AF_INET, bare.c_str(), &four) == 1) return to_hex(std::as_bytes(std::span{&four.s_addr, 1}));
    if (inet_pton(AF_INET6, bare.c_str(), &six) != 1) return address;
    const auto bytes = std::as_bytes(std::span{six.s6_addr});
    if (std::ranges::equal(bytes.first(mapped.size()), std::as_bytes(std::span{mapped})))
        return to_hex(bytes.subspan(mapped.size()));
    return to_hex(bytes.first(8));
}

}  // namespace safeq
