// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include <safeq/core/random.hpp>
#include <safeq/token/expiry.hpp>
#include <safeq/token/store.hpp>

namespace safeq::token {

/// How long a session lasts.
struct SessionRules {
    std::chrono::milliseconds idle;      ///< without use
    std::chrono::milliseconds absolute;  ///< in any case
};

/// For a person who stands at a device.
inline constexpr SessionRules terminal_session_2026{.idle = std::chrono::minutes{3},
                                                    .absolute = std::chrono::minutes{30}};
static_assert(terminal_session_2026.idle.count() > 0 && terminal_session_2026.idle <= terminal_session_2026.absolute);

/// Someone signed in at a device.
struct Session {
    SessionId id;
    TenantId tenant;
    DeviceId device;
    SubjectId subject;
    Time created{};
    Time idle_deadline{};
    Time absolute_deadline{};

    friend bool operator==(const Session&, const Session&) = default;
};

/// A session and the text that its terminal shows from now on; the text is given out this once.
struct OpenedSession {
    crypto::Secret text;
    Session session;
};

/// Opens, checks and closes the sessions of terminals. A session is good for its tenant and its device only.
/// *Threads*: safe from several threads. Borrows store, clock and randomness.
class SessionManager final {
public:
    SessionManager(TokenStore& store, const Clock& clock, Random& random, const SessionRules& rules) noexcept
        : store_{store}, clock_{clock}, random_{random}, rules_{rules}, expiry_{clock, store} {}

    /// *Errors*: `invalid_argument` for a nil id or rules without time; the store's.
    [[nodiscard]] Result<OpenedSession> open(TenantId tenant, DeviceId device, SubjectId subject);

    /// The session of this text, its idle deadline moved on. *Errors*: `malformed`, `not_canonical`;
    /// `credential_wrong` for a text that names no session of this tenant (closed ones too); `denied` at another
    /// device; `expired`, once, because then the session is gone (also when it was opened under a date that is still
    /// ahead by more than the idle time: the clock was wrong then); the store's. Peers are told `denied`.
    [[nodiscard]] Result<Session> check(std::string_view text, TenantId tenant, DeviceId device);

    /// *Errors*: as `check`.
    [[nodiscard]] Result<void> close(std::string_view text, TenantId tenant, DeviceId device);

    /// Closes every session of a person; returns how many.
    [[nodiscard]] Result<std::size_t> close_all(TenantId tenant, SubjectId subject);

    /// Closes every session at a device; returns how many.
    [[nodiscard]] Result<std::size_t> close_all(TenantId tenant, DeviceId device);

    /// The open sessions of a person.
    [[nodiscard]] Result<std::vector<Session>> list(TenantId tenant, SubjectId subject);

    /// Removes what has expired, of all kinds of tokens; returns how many. Worth calling every minute.
    [[nodiscard]] Result<std::size_t> sweep();

private:
    [[nodiscard]] Result<TokenRecord> find(std::string_view text, TenantId tenant, DeviceId device, Time now);

    TokenStore& store_;
    const Clock& clock_;
    Random& random_;
    SessionRules rules_;
    ExpiryClock expiry_;
};

}  // namespace safeq::token
