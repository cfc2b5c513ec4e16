// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/token/audience.hpp>
#include <safeq/token/store.hpp>

namespace safeq::token {

inline constexpr std::size_t max_claims_bytes = 1024;

/// What a token says.
struct Claims {
    TokenId id;
    TenantId tenant;
    SubjectId subject;
    Audience audience;
    std::string purpose;               ///< the name in its `PurposeRules`
    std::optional<SessionId> session;  ///< the sign-in that it comes from, such as a family of refresh tokens
    Time issued{};
    Time not_before{};
    Time expires{};

    friend bool operator==(const Claims&, const Claims&) = default;

    /// Canonical JSON. *Errors*: `invalid_argument` for a purpose that is no name or times outside 1970 to 9999.
    [[nodiscard]] Result<std::string> encode() const;

    /// Takes exactly what `encode` writes: these members in this order, no space, no escape, nothing else.
    /// *Errors*: `too_large`, before anything is read; `bad_version`; `malformed`; `not_canonical` for an id in
    /// capitals.
    [[nodiscard]] static Result<Claims> parse(ByteView json);
};

}  // namespace safeq::token
