// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/error.hpp>
#include <safeq/crypto/hash.hpp>

// The JSON interfaces of the daemons, without HTTP: route tables as data, each route with the role that may call it,
// and handlers from call to reply. What has no route is denied by whoever serves the table.
namespace safeq::service {

/// Who may call a route. Exactly one role each; there is no "anyone".
enum class Role {
    device,   ///< a registered device's terminal, by its client certificate
    session,  ///< a person who signed in at that device
    intake,   ///< an intake daemon, by its client certificate
    report,   ///< the report daemon, by its client certificate
    daemon,   ///< any daemon of ours
    admin,    ///< the owner of the admin socket
    auditor,  ///< a person who may read reports
};

/// "device", "session" and so on.
[[nodiscard]] std::string_view name(Role role) noexcept;

/// Who is at the other end, as far as the transport proved it.
struct ApiPeer {
    std::string certificate_id;                           ///< `tls::Certificate::id`; empty without one
    std::optional<crypto::Sha256Digest> key_fingerprint;  ///< of the client certificate's key
    std::string address;
};

/// A request that a route was found for; valid while it is handled.
struct ApiCall {
    const ApiPeer& peer;
    std::map<std::string, std::string, std::less<>> path;  ///< the path's parameters, decoded
    std::map<std::string, std::string, std::less<>> query;
    std::string_view bearer;  ///< of `Authorization: Bearer …`; empty without one
    std::string_view body;
};

/// What a handler answers.
struct ApiReply {
    int status = 200;
    std::string body;  ///< empty for none
    std::string content_type = "application/json";
    /// Told no sooner after the request has been read: refusals of which the time would say something.
    std::chrono::milliseconds not_before{0};
};

/// What kind of work a call is, by which whoever serves the table keeps one kind from holding up another.
enum class Work {
    ordinary,
    hashing,     ///< computes the hash of a password or PIN
    delivering,  ///< waits for a device, which takes as long as it likes
};

/// One thing that an interface does, and for whom.
struct Route {
    std::string_view method;
    std::string_view path;  ///< "/v1/jobs/{job}"
    Role role;
    std::size_t max_body_bytes;
    std::function<ApiReply(const ApiCall&)> handle;
    /// What a call will be, before it is made; `ordinary` where null. Must not block.
    std::function<Work(const ApiCall&)> work = {};
};

/// Hears of every refusal, with its reason; for the log.
using Explain = std::function<void(std::string_view route, const Error& error)>;

/// The reply to a failure: a status and `{"error": "<code>"}`; everything about identity is "denied".
[[nodiscard]] ApiReply refuse(const Error& error);

}  // namespace safeq::service
