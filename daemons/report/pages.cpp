// SPDX-License-Identifier: Apache-2.0
#include "report/pages.hpp"

#include <nlohmann/json.hpp>

#include <safeq/http/basic_auth.hpp>
#include <safeq/net/on_pool.hpp>

#include "common/log.hpp"

namespace safeq::daemon {
namespace {

constexpr std::size_t page_size = 200;

constexpr std::string_view style =
    R"(body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2733;background:#fbfcfd}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #dde4ea;vertical-align:top}
th{font-weight:600;color:#4a5b6b;white-space:nowrap}tr:hover td{background:#f1f5f8}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
@media(prefers-color-scheme:dark){body{background:#12181e;color:#dbe3ea}th{color:#9fb0bf}th,td{border-color:#2a3540}tr:hover td{background:#1a232c}}
)";

Result<report::JobQuery> query_of(TenantId tenant, const service::ApiCall& call) {
    report::JobQuery query{.filter = {.tenant = tenant}, .limit = page_size};
    if (const auto it = call.query.find("after"); it != call.query.end()) {
        SAFEQ_TRY(query.after, JobId::parse(it->second));
    }
    if (const auto it = call.query.find("outcome"); it != call.query.end()) {
        SAFEQ_TRY(query.filter.outcome, report::parse_outcome(it->second));
    }
    return query;
}

service::Route get(std::string_view path, service::Role role,
                   std::function<Result<service::ApiReply>(const service::ApiCall&)> handle) {
    return {.method = "GET",
            .path = path,
            .role = role,
            .max_body_bytes = 0,
            .handle = [handle = std::move(handle)](const service::ApiCall& call) {
                auto reply = handle(call);
                if (reply) return *std::move(reply);
                log_warning("report-failed", field("why", reply.error().message()));
                return service::refuse(reply.error());
            }};
}

Result<service::ApiReply> page(TenantId tenant, const report::Report& report, const service::ApiCall& call) {
    SAFEQ_TRY(const report::JobQuery query, query_of(tenant, call));
    SAFEQ_TRY(const auto jobs, report.jobs(query));
    SAFEQ_TRY(const auto by_user, report.totals({.filter = {.tenant = tenant}, .by = report::TotalsBy::user}));
    SAFEQ_TRY(const auto by_device, report.totals({.filter = {.tenant = tenant}, .by = report::TotalsBy::device}));
    SAFEQ_TRY(const auto by_day, report.totals({.filter = {.tenant = tenant}, .by = report::TotalsBy::day}));
    const std::string next = jobs.size() < page_size ? "" : "/?after=" + jobs.back().row.job.text();
    return service::ApiReply{.body = report::to_html({.heading = "Who printed what, when and where",
                                                      .style_sheet = "/style.css",
                                                      .jobs = jobs,
                                                      .by_user = by_user,
                                                      .by_device = by_device,
                                                      .by_day = by_day,
                                                      .next_page = next}),
                             .content_type = "text/html; charset=utf-8"};
}

// A file to be kept holds all jobs, not the first page of them.
Result<std::string> all_as_csv(const report::Report& report, report::JobQuery query) {
    std::string out;
    for (;;) {
        SAFEQ_TRY(const auto lines, report.jobs(query));
        const std::string text = report::jobs_csv(lines);
        out += out.empty() ? std::string_view{text} : std::string_view{text}.substr(text.find('\n') + 1);
        if (lines.size() < page_size) return out;
        query.after = lines.back().row.job;
    }
}

std::vector<service::Route> data_routes(const ReportRoutes& self, std::string_view json_path, std::string_view csv_path,
                                        service::Role role) {
    const auto jobs = [tenant = self.tenant,
                       &report = self.report](const service::ApiCall& call) -> Result<std::vector<report::JobLine>> {
        SAFEQ_TRY(const report::JobQuery query, query_of(tenant, call));
        return report.jobs(query);
    };
    std::vector<service::Route> out;
    out.push_back(get(json_path, role, [jobs](const service::ApiCall& call) -> Result<service::ApiReply> {
        SAFEQ_TRY(const auto lines, jobs(call));
        return service::ApiReply{.body = report::jobs_json(lines)};
    }));
    out.push_back(
        get(csv_path, role,
            [tenant = self.tenant, &report = self.report](const service::ApiCall& call) -> Result<service::ApiReply> {
                SAFEQ_TRY(report::JobQuery query, query_of(tenant, call));
                SAFEQ_TRY(std::string text, all_as_csv(report, std::move(query)));
                return service::ApiReply{.body = std::move(text), .content_type = "text/csv; charset=utf-8"};
            }));
    return out;
}

service::Route cosigned_checkpoint(std::string_view path, service::Role role,
                                   const std::vector<const LogWatch*>& logs) {
    return get(path, role, [logs](const service::ApiCall& call) -> Result<service::ApiReply> {
        for (const LogWatch* log : logs) {
            const LogWatch::Status status = log->status();
            if (status.name == call.path.find("log")->second && !status.checkpoint.empty())
                return service::ApiReply{.body = status.checkpoint, .content_type = "text/plain; charset=utf-8"};
        }
        return fail(Errc::not_found, "log");
    });
}

}  // namespace

std::vector<service::Route> ReportRoutes::for_people() const {
    std::vector<service::Route> out = data_routes(*this, "/v1/jobs", "/v1/jobs.csv", service::Role::auditor);
    out.push_back(get("/", service::Role::auditor, [tenant = tenant, &report = report](const service::ApiCall& call) {
        return page(tenant, report, call);
    }));
    out.push_back(get("/style.css", service::Role::auditor, [](const service::ApiCall&) -> Result<service::ApiReply> {
        return service::ApiReply{.body = std::string{style}, .content_type = "text/css; charset=utf-8"};
    }));
    out.push_back(cosigned_checkpoint("/v1/logs/{log}/checkpoint", service::Role::auditor, logs));
    return out;
}

std::vector<service::Route> ReportRoutes::for_admin() const {
    std::vector<service::Route> out = data_routes(*this, "/admin/v1/jobs", "/admin/v1/jobs.csv", service::Role::admin);
    out.push_back(cosigned_checkpoint("/admin/v1/logs/{log}/checkpoint", service::Role::admin, logs));
    out.push_back(get(
        "/admin/v1/status", service::Role::admin, [logs = logs](const service::ApiCall&) -> Result<service::ApiReply> {
            nlohmann::ordered_json rows = nlohmann::ordered_json::array();
            for (const LogWatch* log : logs) {
                const LogWatch::Status status = log->status();
                rows.push_back({{"log", status.name},
                                {"origin", status.origin},
                                {"entries", status.entries},
                                {"verified", status.verified ? nlohmann::ordered_json(to_rfc3339(*status.verified))
                                                             : nlohmann::ordered_json(nullptr)},
                                {"tampered", status.tampered},
                                {"problem", status.problem.empty() ? nlohmann::ordered_json(nullptr)
                                                                   : nlohmann::ordered_json(status.problem)}});
            }
            return service::ApiReply{.body = nlohmann::ordered_json{{"logs", std::move(rows)}}.dump()};
        }));
    return out;
}

namespace {

struct Gate {
    net::HttpHandler handler;
    const service::AuditorSignIn& auditor;
    net::BoundedPool& hashing;

    // Whether this is the auditor. Blocks.
    [[nodiscard]] Result<void> check(const std::string& authorization, const std::string& address) const {
        SAFEQ_TRY(const http::BasicCredential shown, http::parse_basic(authorization));
        return auditor.check(shown.user, shown.password, address);
    }
};

constexpr std::string_view not_recorded =
    "Unavailable: sign-ins can't be recorded now, for the release server can't be reached. Try again later.\n";

int status_of(Errc code) {
    if (code == Errc::throttled || code == Errc::busy) return 429;
    return code == Errc::log_unavailable ? 503 : 401;
}

asio::awaitable<net::HttpResponse> guard(const Gate& gate, const http::RequestHead& head, net::BodyReader& body,
                                         const net::PeerInfo& peer) {
    const std::string authorization{head.headers.first("authorization")};
    // Not with ?: around the co_await: GCC 12 then destroys a result that was never made.
    Result<void> known = fail(Errc::unsupported, "auditor");
    if (!authorization.empty()) {
        const std::optional<net::BoundedPool::Place> place = gate.hashing.enter();
        known = fail(Errc::busy, "auditor");
        if (place)
            known =
                co_await net::on_pool(gate.hashing.threads(), [&] { return gate.check(authorization, peer.address); });
    }
    net::HttpResponse out;
    if (known) {
        out = co_await gate.handler(head, body, peer);
        out.known = true;
    } else {
        if (!authorization.empty())
            log_warning("refused", field("peer", peer.address) + " " + field("why", known.error().message()));
        out.status = status_of(known.error().code);
        if (out.status == 503) {
            out.headers.add("Content-Type", "text/plain; charset=utf-8");
            out.body = to_bytes(not_recorded);
        }
        if (out.status == 401) out.headers.add("WWW-Authenticate", "Basic realm=\"safeq report\", charset=\"UTF-8\"");
    }
    if (out.headers.first("Cache-Control").empty()) out.headers.add("Cache-Control", "no-store");
    out.headers.add(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    out.headers.add("X-Content-Type-Options", "nosniff");
    out.headers.add("Referrer-Policy", "no-referrer");
    out.headers.add("Strict-Transport-Security", "max-age=63072000");
    co_return out;
}

}  // namespace

net::HttpHandler auditors_only(net::HttpHandler handler, const service::AuditorSignIn& auditor,
                               net::BoundedPool& hashing) {
    auto gate = std::make_shared<const Gate>(Gate{std::move(handler), auditor, hashing});
    return [gate](const http::RequestHead& head, net::BodyReader& body, const net::PeerInfo& peer) {
        return guard(*gate, head, body, peer);
    };
}

}  // namespace safeq::daemon
