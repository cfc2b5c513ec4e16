// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <safeq/net/http_client.hpp>

#include "common/layout.hpp"

namespace safeq::daemon {

/// A command that did not succeed, with the sentence for the person who gave it. Ends the program with status 1,
/// or that which is given.
class CommandFailed : public std::runtime_error {
public:
    explicit CommandFailed(const std::string& why, int status = 1) : std::runtime_error{why}, status_{status} {}
    [[nodiscard]] int status() const noexcept { return status_; }

private:
    int status_;
};

/// The value, or `CommandFailed` with the error's message.
template <class T>
T require(Result<T> result) {
    if (!result) throw CommandFailed{result.error().message()};
    return *std::move(result);
}

/// What all commands share: which installation, and how to reach its daemons.
struct Context {
    Layout layout;

    /// One request to a daemon's admin socket. *Errors*: `unavailable` when the daemon doesn't run.
    [[nodiscard]] Result<net::HttpReply> call(std::string_view daemon, std::string method, std::string path,
                                              std::string_view body = {}) const;

    /// The same; throws `CommandFailed` unless the answer is a success; the answer's JSON, null where it has none.
    [[nodiscard]] nlohmann::ordered_json call_json(std::string_view daemon, std::string method, std::string path,
                                                   std::string_view body = {}) const;

    /// How somebody or something in a list of the release server (`users`, `devices`) stands in a path: by name, or,
    /// where that can't stand in one (`CORP\alice`), by what the list calls its id. Throws `CommandFailed` where none
    /// has that name.
    [[nodiscard]] std::string segment(const std::string& list, const char* id, const std::string& name) const;
};

}  // namespace safeq::daemon
