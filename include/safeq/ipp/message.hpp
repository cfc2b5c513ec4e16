// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include <safeq/ipp/attribute.hpp>
#include <safeq/ipp/operation.hpp>
#include <safeq/ipp/status.hpp>

namespace safeq::ipp {

/// A version of IPP.
struct Version {
    std::uint8_t major = 2;
    std::uint8_t minor = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};

/// The eight octets with which a message begins.
struct MessageHeader {
    Version version;
    std::uint16_t code = 0;  ///< operation in a request, status in a response
    std::int32_t request_id = 0;
    friend bool operator==(const MessageHeader&, const MessageHeader&) = default;
};

/// A request or response without its document. *Source*: RFC 8010, 3.1.
struct Message {
    Version version;
    std::uint16_t code = 0;  ///< operation in a request, status in a response
    std::int32_t request_id = 0;
    std::vector<Group> groups;

    [[nodiscard]] Operation operation() const noexcept { return static_cast<Operation>(code); }
    [[nodiscard]] Status status() const noexcept { return static_cast<Status>(code); }
    [[nodiscard]] MessageHeader header() const noexcept { return {version, code, request_id}; }

    /// The first group with that tag, or null.
    [[nodiscard]] const Group* find(GroupTag tag) const noexcept;
    /// The first group with that tag, made at the end where there is none.
    [[nodiscard]] Group& group(GroupTag tag);
    friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace safeq::ipp
