// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/upstream_answer.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <safeq/auth/account.hpp>
#include <safeq/core/text.hpp>

#include "core/json.hpp"

namespace safeq::service {
namespace {

constexpr std::size_t small_answer = 16 * 1024;
constexpr std::size_t max_jobs = 2000;  // 1000 that wait, 1000 that have ended
constexpr std::size_t max_jobs_answer = max_jobs * 16 * 1024;

std::unexpected<Error> unreadable(const char* what, const Error& why) {
    return fail(Errc::unavailable, what, "an answer that can't be read: " + why.message());
}

Result<std::string> name_of(const JsonReader& object, const char* member, std::size_t max_bytes) {
    SAFEQ_TRY(std::string text, object.text(member, max_bytes));
    SAFEQ_TRY_VOID(check_name(text, max_bytes, member));
    return text;
}

Result<Identity> identity_in(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, small_answer, "identity"));
    Identity out;
    SAFEQ_TRY(out.subject, object.id<SubjectId>("subject"));
    SAFEQ_TRY(out.user_name, name_of(object, "user", auth::max_user_name_bytes));
    return out;
}

Result<RemoteJob> job_in(const JsonReader& row) {
    RemoteJob job;
    SAFEQ_TRY(job.id, row.id<JobId>("id"));
    SAFEQ_TRY(const std::int64_t ipp_id, row.integer("ipp_id", 1, std::numeric_limits<std::int32_t>::max()));
    job.ipp_id = static_cast<std::int32_t>(ipp_id);
    SAFEQ_TRY(const std::string state, row.text("state", 32));
    SAFEQ_TRY(job.state, job::parse_state(state));
    SAFEQ_TRY(job.title, name_of(row, "title", 1023));
    SAFEQ_TRY(job.format, name_of(row, "format", 255));
    SAFEQ_TRY(const std::int64_t bytes, row.integer("bytes", 0, std::numeric_limits<std::int64_t>::max()));
    job.bytes = static_cast<std::uint64_t>(bytes);
    if (row.has("pages")) {
        SAFEQ_TRY(const std::int64_t pages, row.integer("pages", 0, std::numeric_limits<std::int32_t>::max()));
        job.pages = static_cast<std::uint32_t>(pages);
    }
    SAFEQ_TRY(job.created, row.time("created"));
    SAFEQ_TRY(job.changed, row.time("changed"));
    return job;
}

Result<RemoteJobs> jobs_in(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_jobs_answer, "jobs"));
    SAFEQ_TRY(const std::vector<JsonReader> rows, object.objects("jobs", max_jobs));
    RemoteJobs out;
    out.jobs.reserve(rows.size());
    for (const JsonReader& row : rows) {
        SAFEQ_TRY(RemoteJob job, job_in(row));
        out.jobs.push_back(std::move(job));
    }
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    SAFEQ_TRY(const std::int64_t waiting, object.integer("waiting_jobs", 0, most));
    SAFEQ_TRY(const std::int64_t bytes, object.integer("waiting_bytes", 0, most));
    out.waiting = {.jobs = static_cast<std::uint64_t>(waiting), .bytes = static_cast<std::uint64_t>(bytes)};
    return out;
}

Result<audit::SubjectKey> key_in(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, small_answer, "subject key"));
    SAFEQ_TRY(Bytes bytes, object.bytes("key", audit::SubjectKey::size));
    auto key = audit::SubjectKey::from(bytes);
    crypto::wipe(bytes);
    return key;
}

}  // namespace

Error read_refusal(int status, std::string_view body, std::string_view what) {
    const auto told = [&](Errc code) {
        return Error{code, std::string{what}, fmt::format("the release server answered {}", status)};
    };
    if (const auto object = JsonReader::parse(body, small_answer, "refusal")) {
        const auto code = object->text("error", 64);
        const auto known = all_error_codes();
        const auto same =
            code ? std::ranges::find_if(known, [&](Errc one) { return name(one) == *code; }) : known.end();
        if (same != known.end()) return told(*same);
    }
    constexpr int request_timeout = 408;  // it says so of how the request came, not of what it was
    return told(status >= 500 || status == request_timeout ? Errc::unavailable : Errc::denied);
}

Result<Identity> read_identity(std::string_view body) {
    auto identity = identity_in(body);
    if (!identity) return unreadable("identify", identity.error());
    return identity;
}

Result<RemoteJobs> read_remote_jobs(std::string_view body) {
    auto jobs = jobs_in(body);
    if (!jobs) return unreadable("jobs", jobs.error());
    return jobs;
}

Result<audit::SubjectKey> read_subject_key(std::string_view body) {
    auto key = key_in(body);
    if (!key) return unreadable("subject key", key.error());
    return key;
}

}  // namespace safeq::service
