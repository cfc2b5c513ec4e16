// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/daemon_api.hpp>

#include <safeq/audit/tile.hpp>

#include "core/json.hpp"
#include "service/api_bodies.hpp"

namespace safeq::service {
namespace {

constexpr std::size_t max_listed = 1000;  // of one owner, that wait; and as many that have ended
constexpr std::chrono::hours told_after_end{1};

constexpr std::size_t max_body = 64 * 1024;
constexpr std::string_view intake_prefix = "safeq:daemon:intake:";

Work work_of_identify(const ApiCall& call) {
    const auto sealed = SealedCredential::parse(call.body);
    return sealed && sealed->shown == Shown::password ? Work::hashing : Work::ordinary;
}

template <class IdType>
Result<IdType> path_id(const ApiCall& call, std::string_view name) {
    const auto it = call.path.find(name);
    const auto id =
        it == call.path.end() ? Result<IdType>{fail(Errc::not_found, std::string{name})} : IdType::parse(it->second);
    if (!id) return fail(Errc::not_found, std::string{name}, "not an id");
    return *id;
}

}  // namespace

Result<InstanceId> intake_of(const ApiPeer& peer) {
    if (!peer.certificate_id.starts_with(intake_prefix))
        return fail(Errc::denied, "peer", peer.certificate_id + " is no intake");
    const auto id = InstanceId::parse(std::string_view{peer.certificate_id}.substr(intake_prefix.size()));
    if (!id) return fail(Errc::denied, "peer", peer.certificate_id + " names no instance");
    return *id;
}

ApiReply refuse_intake(const Error& error) {
    const auto told = [&](int status) {
        return ApiReply{.status = status, .body = Json{{"error", name(error.code)}}.dump()};
    };
    switch (error.code) {
        case Errc::key_destroyed: return told(410);
        case Errc::key_unknown:
        case Errc::epoch_unknown:
        case Errc::io_failed: return told(503);
        default: return refuse(error);
    }
}

std::vector<Route> DaemonApi::routes() {
    std::vector<Route> out;
    out.push_back(route("GET", "/internal/v1/epochs", Role::intake, &DaemonApi::epochs));
    out.push_back(route("POST", "/internal/v1/identify", Role::intake, &DaemonApi::identify));
    out.back().work = work_of_identify;
    out.push_back(route("POST", "/internal/v1/jobs/{job}", Role::intake, &DaemonApi::take));
    out.push_back(route("GET", "/internal/v1/owners/{owner}/jobs", Role::intake, &DaemonApi::list));
    out.push_back(route("POST", "/internal/v1/owners/{owner}/jobs/{job}/cancel", Role::intake, &DaemonApi::cancel));
    out.push_back(route("GET", "/internal/v1/subject-keys/{subject}", Role::report, &DaemonApi::subject_key));
    out.push_back(route("POST", "/internal/v1/report-events", Role::report, &DaemonApi::record));
    return out;
}

Route DaemonApi::route(std::string_view method, std::string_view path, Role role, Handler handler) {
    return {.method = method,
            .path = path,
            .role = role,
            .max_body_bytes = max_body,
            .handle = [this, path, handler](const ApiCall& call) {
                auto reply = (this->*handler)(call);
                if (reply) return *std::move(reply);
                if (parts_.explain) parts_.explain(path, reply.error());
                return refuse(reply.error());
            }};
}

Result<ApiReply> DaemonApi::epochs(const ApiCall&) {
    SAFEQ_TRY(std::string note, parts_.epoch_list());
    return ApiReply{.body = std::move(note), .content_type = "text/plain; charset=utf-8"};
}

Result<ApiReply> DaemonApi::identify(const ApiCall& call) {
    SAFEQ_TRY(const InstanceId intake, intake_of(call.peer));
    SAFEQ_TRY(const SealedCredential sealed, SealedCredential::parse(call.body));
    const auto identity = parts_.sign_in.identify(intake, sealed);
    if (!identity) {
        if (parts_.explain) parts_.explain("identify", identity.error());
        ApiReply reply = refuse(auth::for_peer(identity.error()));
        reply.not_before = not_before(identity.error());
        return reply;
    }
    return ApiReply{.body = Json{{"subject", identity->subject.text()}, {"user", identity->user_name}}.dump()};
}

Result<ApiReply> DaemonApi::take(const ApiCall& call) {
    SAFEQ_TRY(const InstanceId intake, intake_of(call.peer));
    SAFEQ_TRY(const JobId job, path_id<JobId>(call, "job"));
    const auto taken = parts_.custody.take(intake, job);
    if (taken) return ApiReply{.status = 204, .body = {}};
    if (parts_.explain) parts_.explain("/internal/v1/jobs/{job}", taken.error());
    return refuse_intake(taken.error());
}

Result<ApiReply> DaemonApi::list(const ApiCall& call) {
    SAFEQ_TRY(const InstanceId intake, intake_of(call.peer));
    SAFEQ_TRY(const SubjectId owner, path_id<SubjectId>(call, "owner"));
    std::vector<job::Job> jobs;
    job::Waiting waiting;
    {
        SAFEQ_TRY(const auto unit, parts_.repository.begin());
        SAFEQ_TRY(jobs, unit->list(parts_.tenant, {.owner = owner,
                                                   .intake = intake,
                                                   .states = job::StateSet::open(),
                                                   .but_restricted = true,
                                                   .limit = max_listed}));
        // What has ended is told for a while, and never takes the place of what waits.
        SAFEQ_TRY(const std::vector<job::Job> ended,
                  unit->list(parts_.tenant, {.owner = owner,
                                             .intake = intake,
                                             .states = job::StateSet::terminal(),
                                             .changed_since = parts_.clock.now() - told_after_end,
                                             .but_restricted = true,
                                             .limit = max_listed}));
        jobs.insert(jobs.end(), ended.begin(), ended.end());
        SAFEQ_TRY(waiting, unit->waiting(parts_.tenant, owner));
    }
    SAFEQ_TRY(const audit::SubjectKey key, parts_.subjects.key(owner));
    Json rows = Json::array();
    for (const job::Job& job : jobs) {
        SAFEQ_TRY(const std::string title, open_title(key, job));
        rows.push_back(Json{{"id", job.id.text()},
                            {"ipp_id", job.ipp_id},
                            {"state", job::name(job.state)},
                            {"title", title},
                            {"format", job.document.format},
                            {"bytes", job.document.bytes},
                            {"pages", job.document.pages ? Json(*job.document.pages) : Json(nullptr)},
                            {"created", to_rfc3339(job.created)},
                            {"changed", to_rfc3339(job.changed)}});
    }
    return ApiReply{
        .body =
            Json{{"jobs", std::move(rows)}, {"waiting_jobs", waiting.jobs}, {"waiting_bytes", waiting.bytes}}.dump()};
}

Result<ApiReply> DaemonApi::cancel(const ApiCall& call) {
    SAFEQ_TRY(const InstanceId intake, intake_of(call.peer));
    SAFEQ_TRY(const SubjectId owner, path_id<SubjectId>(call, "owner"));
    SAFEQ_TRY(const JobId id, path_id<JobId>(call, "job"));
    SAFEQ_TRY(const job::Job job, parts_.jobs.find(parts_.tenant, owner, id));
    if (job.intake != intake) return std::unexpected(Error{Errc::not_found, "job", "of another intake"});
    SAFEQ_TRY(const job::Settled settled, parts_.jobs.cancel(parts_.tenant, owner, id));
    if (settled.leaf == job::Leaf::durable) SAFEQ_TRY_VOID(parts_.desk.discard(settled.job));
    return ApiReply{.status = 204, .body = {}};
}

Result<ApiReply> DaemonApi::subject_key(const ApiCall& call) {
    SAFEQ_TRY(const SubjectId subject, path_id<SubjectId>(call, "subject"));
    const auto key = parts_.subjects.key(subject);
    if (key) return ApiReply{.body = Json{{"key", to_base64(key->expose())}}.dump()};
    if (key.error().code == Errc::key_destroyed)
        return ApiReply{.status = 410, .body = Json{{"error", "key_destroyed"}}.dump()};
    if (key.error().code == Errc::key_unknown)
        return ApiReply{.status = 404, .body = Json{{"error", "key_unknown"}}.dump()};
    return std::unexpected(key.error());
}

Result<ApiReply> DaemonApi::record(const ApiCall& call) {
    SAFEQ_TRY(const ReportEvent event, parse_report_event(call.body));
    SAFEQ_TRY_VOID(parts_.recorder.of_report(event));
    return ApiReply{.status = 204, .body = {}};
}

std::vector<Route> log_routes(audit::LogReader& log, Role role) {
    const auto serve = [&log](const std::string& path, std::string content_type) -> ApiReply {
        const auto bytes = log.read(path);
        if (!bytes) return refuse(bytes.error());
        return {.body = std::string{as_text(*bytes)}, .content_type = std::move(content_type)};
    };
    return {{.method = "GET",
             .path = "/log/checkpoint",
             .role = role,
             .max_body_bytes = 0,
             .handle = [serve](const ApiCall&) { return serve(audit::checkpoint_path, "text/plain; charset=utf-8"); }},
            {.method = "GET",
             .path = "/log/tile/{tile...}",
             .role = role,
             .max_body_bytes = 0,
             .handle = [serve](const ApiCall& call) {
                 const auto tile = audit::TileId::parse("tile/" + call.path.find("tile")->second);
                 if (!tile) return refuse(Error{Errc::not_found, "tile", "not a tile's path"});
                 return serve(tile->path(), "application/octet-stream");
             }}};
}

}  // namespace safeq::service
