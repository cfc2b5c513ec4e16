// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/terminal_api.hpp>

#include <algorithm>
#include <tuple>

#include "core/json.hpp"
#include "service/api_bodies.hpp"

namespace safeq::service {
namespace {

// By what is presented, not by whose it is: a card alone is looked up and costs nothing.
Work work_of_sign_in(const ApiCall& call) {
    const auto factors = parse_factors(call.body);
    const bool hashes = factors && std::ranges::any_of(*factors, [](const auth::Factor& one) {
                            const auth::FactorKind kind = auth::kind_of(one);
                            return kind == auth::FactorKind::password || kind == auth::FactorKind::pin;
                        });
    return hashes ? Work::hashing : Work::ordinary;
}

Work work_of_release(const ApiCall&) { return Work::delivering; }

Result<JobId> job_of(const ApiCall& call) {
    const auto it = call.path.find("job");
    if (it == call.path.end()) return fail(Errc::not_found, "job");
    const auto id = JobId::parse(it->second);
    if (!id) return fail(Errc::not_found, "job", "not an id");
    return *id;
}

Json outcome(const Released& released) {
    Json out{{"id", released.job.text()}, {"state", job::name(released.state)}};
    if (!released.detail.empty()) out["detail"] = released.detail;
    return out;
}

}  // namespace

std::vector<Route> TerminalApi::routes() {
    std::vector<Route> out;
    out.push_back(device_route("POST", "/v1/sessions", max_terminal_body, &TerminalApi::sign_in));
    out.back().work = work_of_sign_in;
    out.push_back(session_route("DELETE", "/v1/sessions/current", 0, &TerminalApi::sign_out));
    out.push_back(session_route("GET", "/v1/jobs", 0, &TerminalApi::list));
    out.push_back(session_route("POST", "/v1/jobs/release", max_terminal_body, &TerminalApi::release_all));
    out.back().work = work_of_release;
    out.push_back(session_route("POST", "/v1/jobs/{job}/release", max_terminal_body, &TerminalApi::release_one));
    out.back().work = work_of_release;
    out.push_back(session_route("POST", "/v1/jobs/{job}/resolve", max_terminal_body, &TerminalApi::resolve));
    out.push_back(session_route("PUT", "/v1/jobs/{job}/favourite", 0, &TerminalApi::keep));
    out.push_back(session_route("DELETE", "/v1/jobs/{job}/favourite", 0, &TerminalApi::unkeep));
    out.push_back(session_route("DELETE", "/v1/jobs/{job}", 0, &TerminalApi::remove));
    return out;
}

ApiReply TerminalApi::refused(const ApiCall&, std::string_view route, const Error& error) const {
    if (parts_.explain) parts_.explain(route, error);
    return refuse(error);
}

Result<job::Device> TerminalApi::device_of(const ApiCall& call) const {
    if (!call.peer.key_fingerprint) return fail(Errc::denied, "device", "no client certificate");
    auto device = parts_.devices.find_by_terminal(parts_.tenant, *call.peer.key_fingerprint);
    if (!device && device.error().code == Errc::not_found)
        return fail(Errc::denied, "device", call.peer.certificate_id + " is not registered");
    return device;
}

Route TerminalApi::device_route(std::string_view method, std::string_view path, std::size_t max_body, Handler handler) {
    return {.method = method,
            .path = path,
            .role = Role::device,
            .max_body_bytes = max_body,
            .handle = [this, path, handler](const ApiCall& call) {
                const auto device = device_of(call);
                if (!device) return refused(call, path, device.error());
                return (this->*handler)(call, *device);
            }};
}

Route TerminalApi::session_route(std::string_view method, std::string_view path, std::size_t max_body,
                                 SessionHandler handler) {
    return {.method = method,
            .path = path,
            .role = Role::session,
            .max_body_bytes = max_body,
            .handle = [this, path, handler](const ApiCall& call) {
                const auto device = device_of(call);
                if (!device) return refused(call, path, device.error());
                const auto session = parts_.sign_in.check(call.bearer, *device);
                if (!session) {
                    ApiReply reply = refused(call, path, session.error());
                    if (reply.status == 403 || reply.status == 400)
                        reply = {.status = 401, .body = Json{{"error", "denied"}}.dump()};
                    return reply;
                }
                return (this->*handler)(call, *device, *session);
            }};
}

ApiReply TerminalApi::sign_in(const ApiCall& call, const job::Device& device) {
    const auto factors = parse_factors(call.body);
    if (!factors) return refused(call, "sign in", factors.error());
    auto signed_in = parts_.sign_in.open(device, call.peer.address, *factors);
    if (!signed_in) {
        ApiReply reply = refused(call, "sign in", signed_in.error());
        reply.not_before = not_before(signed_in.error());
        return reply;
    }
    // The session first, then the row: who changes it closes the sessions at it afterwards.
    const auto now = device_of(call);
    if (!now || now->id != device.id || now->factor_rule != device.factor_rule) {
        std::ignore = parts_.sign_in.close(as_text(signed_in->session.expose()), device);
        return refused(call, "sign in",
                       now ? Error{Errc::revoked, "device", "changed while somebody signed in"} : now.error());
    }
    return {.status = 201,
            .body = Json{{"session", as_text(signed_in->session.expose())},
                         {"user", signed_in->user_name},
                         {"expires", to_rfc3339(signed_in->expires)}}
                        .dump()};
}

ApiReply TerminalApi::sign_out(const ApiCall& call, const job::Device& device, const token::Session&) {
    if (auto closed = parts_.sign_in.close(call.bearer, device); !closed)
        return refused(call, "sign out", closed.error());
    return {.status = 204, .body = {}};
}

ApiReply TerminalApi::list(const ApiCall& call, const job::Device&, const token::Session& session) {
    const auto jobs = parts_.desk.jobs(session);
    if (!jobs) return refused(call, "list jobs", jobs.error());
    Json rows = Json::array();
    for (const OwnJob& own : *jobs) {
        const job::DocumentInfo& document = own.job.document;
        rows.push_back(Json{{"id", own.job.id.text()},
                            {"title", own.title},
                            {"state", job::name(own.job.state)},
                            {"created", to_rfc3339(own.job.created)},
                            {"format", document.format},
                            {"bytes", document.bytes},
                            {"pages", document.pages ? Json(*document.pages) : Json(nullptr)},
                            {"copies", document.copies},
                            {"favourite", own.job.kept},
                            {"expires", to_rfc3339(own.job.expires)}});
    }
    return {.body = Json{{"jobs", std::move(rows)}}.dump()};
}

ApiReply TerminalApi::release_one(const ApiCall& call, const job::Device& device, const token::Session& session) {
    const auto id = job_of(call);
    if (!id) return refused(call, "release", id.error());
    const auto wish = parse_wish(call.body);
    if (!wish) return refused(call, "release", wish.error());
    const auto done = parts_.desk.release(session, device, *id, *wish);
    if (!done) return refused(call, "release", done.error());
    return {.body = outcome(*done).dump()};
}

ApiReply TerminalApi::release_all(const ApiCall& call, const job::Device& device, const token::Session& session) {
    const auto jobs = parts_.desk.jobs(session);
    if (!jobs) return refused(call, "release all", jobs.error());
    const auto who = parts_.sign_in.standing(session.subject);
    if (!who) return refused(call, "release all", who.error());
    // Looked at before the account was, once.
    if (const auto still = parts_.sign_in.check(call.bearer, device); !still)
        return refused(call, "release all", still.error());
    // Somebody may have been disabled, or the device moved, while one was printed: what has begun goes on, nothing else
    // begins. The session isn't asked again, for it may have been idle for as long as that took.
    const auto release = [&](JobId job) -> Result<Released> {
        SAFEQ_TRY(const auto now, parts_.sign_in.standing(session.subject));
        if (now != *who) return fail(Errc::revoked, "account", "changed meanwhile");
        SAFEQ_TRY(const job::Device here, device_of(call));
        return parts_.desk.release(session, here, job, job::Wish::print);
    };
    Json rows = Json::array();
    for (const OwnJob& own : *jobs) {
        if (own.job.state != job::State::held) continue;
        const auto done = release(own.job.id);
        if (done) {
            rows.push_back(outcome(*done));
            continue;
        }
        const ApiReply why = refused(call, "release all", done.error());
        rows.push_back(Json{{"id", own.job.id.text()},
                            {"state", job::name(own.job.state)},
                            {"detail", Json::parse(why.body)["error"]}});
    }
    return {.body = Json{{"jobs", std::move(rows)}}.dump()};
}

ApiReply TerminalApi::resolve(const ApiCall& call, const job::Device&, const token::Session& session) {
    const auto id = job_of(call);
    if (!id) return refused(call, "resolve", id.error());
    const auto done = parts_.desk.accept_as_printed(session, *id);
    if (!done) return refused(call, "resolve", done.error());
    return {.body = outcome(*done).dump()};
}

ApiReply TerminalApi::set_kept(const ApiCall& call, const token::Session& session, bool kept) {
    const auto id = job_of(call);
    if (!id) return refused(call, "favourite", id.error());
    const auto done = parts_.desk.keep(session, *id, kept);
    if (!done) return refused(call, "favourite", done.error());
    return {
        .body =
            Json{{"id", done->id.text()}, {"favourite", done->kept}, {"expires", to_rfc3339(done->expires)}}.dump()};
}

ApiReply TerminalApi::keep(const ApiCall& call, const job::Device&, const token::Session& session) {
    return set_kept(call, session, true);
}

ApiReply TerminalApi::unkeep(const ApiCall& call, const job::Device&, const token::Session& session) {
    return set_kept(call, session, false);
}

ApiReply TerminalApi::remove(const ApiCall& call, const job::Device&, const token::Session& session) {
    const auto id = job_of(call);
    if (!id) return refused(call, "delete", id.error());
    if (auto done = parts_.desk.remove(session, *id); !done) return refused(call, "delete", done.error());
    return {.status = 204, .body = {}};
}

}  // namespace safeq::service
