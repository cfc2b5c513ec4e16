// SPDX-License-Identifier: Apache-2.0
#include "report/remote.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <safeq/service/upstream_answer.hpp>

#include "common/log.hpp"

namespace safeq::daemon {

Result<Bytes> HttpLogReader::read(const std::string& path) {
    const std::string target = path == audit::checkpoint_path ? "/log/checkpoint" : "/log/" + path;
    auto reply = client_.request({.method = "GET", .target = target, .headers = {}, .body = {}});
    // Whatever went wrong on the way says nothing about the log.
    if (!reply) return fail(Errc::unavailable, path, reply.error().message());
    if (reply->status == 404) return fail(Errc::not_found, path);
    if (reply->status != 200) return fail(Errc::unavailable, path, fmt::format("HTTP {}", reply->status));
    if (reply->body.size() > audit::max_resource_bytes) return fail(Errc::too_large, path);
    return std::move(reply->body);
}

Result<audit::SubjectKey> RemoteSubjectKeys::key(SubjectId subject) {
    const Time now = clock_.now();
    {
        const std::scoped_lock lock{mutex_};
        if (erased_.contains(subject)) return fail(Errc::key_destroyed, "subject key");
        const auto it = known_.find(subject);
        if (it != known_.end() && it->second.since <= now && now < it->second.since + lifetime)
            return it->second.key.clone();
        if (unreachable_since_ && *unreachable_since_ <= now && now < *unreachable_since_ + pause)
            return fail(Errc::unavailable, "subject key", "the release server could not be reached just now");
    }
    const std::string target = "/internal/v1/subject-keys/" + subject.text();
    auto reply = client_.request({.method = "GET", .target = target, .headers = {}, .body = {}});
    const std::scoped_lock lock{mutex_};
    known_.erase(subject);
    if (!reply) {
        unreachable_since_ = clock_.now();
        return fail(Errc::unavailable, "subject key", reply.error().message());
    }
    unreachable_since_.reset();
    if (reply->status == 410) return fail(Errc::key_destroyed, "subject key");
    if (reply->status == 404) return fail(Errc::key_unknown, "subject key");
    if (reply->status != 200) return fail(Errc::unavailable, "subject key", fmt::format("HTTP {}", reply->status));
    auto key = service::read_subject_key(as_text(reply->body));
    crypto::wipe(reply->body);
    if (!key) return std::unexpected(key.error());
    // The record of an erasure may have come while the answer was under way.
    if (erased_.contains(subject)) return fail(Errc::key_destroyed, "subject key");
    if (known_.size() >= max_entries) known_.clear();
    known_.emplace(subject, Entry{key->clone(), now});
    return key;
}

void RemoteSubjectKeys::forget_old() {
    const Time now = clock_.now();
    const std::scoped_lock lock{mutex_};
    std::erase_if(known_,
                  [now](const auto& item) { return now < item.second.since || now >= item.second.since + lifetime; });
}

void RemoteSubjectKeys::forget(SubjectId subject) {
    const std::scoped_lock lock{mutex_};
    known_.erase(subject);
    erased_.insert(subject);
}

LogWatch::LogWatch(Parts parts) : parts_{std::move(parts)} {
    status_.name = parts_.name;
    status_.origin = parts_.key.name;
}

Result<void> LogWatch::follow() {
    report::Projection projection{parts_.store, parts_.key.name};
    SAFEQ_TRY(audit::FollowerState state, projection.state());
    {
        const std::scoped_lock lock{mutex_};
        status_.entries = state.seen.size();
    }
    audit::Follower follower{parts_.key, std::move(state)};
    HttpLogReader reader{parts_.client};
    const auto take = [&, project = projection.sink()](const audit::FollowedEntries& taken) -> Result<void> {
        SAFEQ_TRY_VOID(project(taken));
        for (const ByteView entry : taken.entries) {
            const auto record = audit::Record::parse(entry);
            if (record && record->kind == audit::KindName{audit::Kind::user_erased} && record->subject)
                parts_.subjects.forget(*record->subject);
        }
        return {};
    };
    SAFEQ_TRY(const audit::SignedCheckpoint seen, follower.follow(reader, take));
    // What was followed is kept in the database by now, so it may be witnessed.
    const Time now = parts_.clock.now();
    SAFEQ_TRY(const crypto::NoteSignature line, audit::cosign(seen, parts_.witness_name, parts_.witness, now));
    audit::SignedCheckpoint cosigned = seen;
    cosigned.note.signatures.push_back(line);
    const std::scoped_lock lock{mutex_};
    status_.entries = seen.checkpoint.head.size;
    status_.verified = now;
    status_.checkpoint = cosigned.encode();
    status_.problem.clear();
    return {};
}

void LogWatch::turn() {
    {
        const std::scoped_lock lock{mutex_};
        if (status_.tampered) return;
    }
    const Time now = parts_.clock.now();
    if (failed_at_ <= now && now < failed_at_ + pause_) return;
    const auto done = follow();
    if (done) {
        pause_ = {};
        return;
    }
    pause_ = std::clamp(pause_ * 2, std::chrono::seconds{1}, longest_pause);
    failed_at_ = parts_.clock.now();
    const Error& error = done.error();
    const bool tampered = audit::is_tampering(error.code);
    const std::scoped_lock lock{mutex_};
    const bool told = status_.problem == error.message();
    status_.problem = error.message();
    status_.tampered = tampered;
    if (tampered) log_error("log-tampered " + field("log", parts_.name), error);
    else if (!told) log_warning("log-not-followed", field("log", parts_.name) + " " + field("why", error.message()));
}

LogWatch::Status LogWatch::status() const {
    const std::scoped_lock lock{mutex_};
    return status_;
}

}  // namespace safeq::daemon
