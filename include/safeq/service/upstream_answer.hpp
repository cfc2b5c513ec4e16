// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <safeq/audit/personal.hpp>
#include <safeq/service/upstream.hpp>

// What the release server answers an intake or the report daemon, read apart from the connection it came over. It is a
// peer of ours; that is no reason to believe it numbers which don't fit, or names that deceive.
namespace safeq::service {

/// Why it refused: the code of ours that `{"error":"…"}` names, or else `unavailable` from status 500 on and `denied`
/// below. `what` was asked for.
[[nodiscard]] Error read_refusal(int status, std::string_view body, std::string_view what);

/// `{"subject":"…","user":"…"}`. *Errors* of all: `unavailable` for an answer that can't be read, with the reason.
[[nodiscard]] Result<Identity> read_identity(std::string_view body);

/// `{"jobs":[…],"waiting_jobs":…,"waiting_bytes":…}`, as many as the release server lists of one owner.
[[nodiscard]] Result<RemoteJobs> read_remote_jobs(std::string_view body);

/// `{"key":"…"}`. *Secrets*: what is made on the way to the key is wiped, but for the JSON parser's copy of its text.
[[nodiscard]] Result<audit::SubjectKey> read_subject_key(std::string_view body);

}  // namespace safeq::service
