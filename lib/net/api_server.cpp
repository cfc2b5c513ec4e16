// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/api_server.hpp>

#include <fmt/format.h>
#include <asio/steady_timer.hpp>

#include <safeq/http/basic_auth.hpp>
#include <safeq/http/path_pattern.hpp>
#include <safeq/net/asio_compat.hpp>
#include <safeq/net/on_pool.hpp>

namespace safeq::net {
namespace {

HttpResponse plain(int status, std::string_view code) {
    HttpResponse out{.status = status, .headers = {}, .body = to_bytes(fmt::format("{{\"error\":\"{}\"}}", code))};
    out.headers.add("Content-Type", "application/json");
    return out;
}

service::ApiPeer to_api(const PeerInfo& peer) {
    service::ApiPeer out{.certificate_id = {}, .key_fingerprint = std::nullopt, .address = peer.address};
    if (peer.certificate) {
        out.certificate_id = peer.id();
        out.key_fingerprint = peer.certificate->key_fingerprint();
    }
    return out;
}

struct Table {
    std::vector<service::Route> routes;
    RoleCheck allowed;
    Workers workers;
    HttpHandler otherwise;

    struct Match {
        const service::Route* route = nullptr;
        http::PathParameters path;
        bool other_method = false;
    };

    [[nodiscard]] Match find(std::string_view method, std::string_view path) const {
        Match out;
        for (const service::Route& route : routes) {
            auto parameters = http::match_path(route.path, path);
            if (!parameters) continue;
            if (route.method == method) return {.route = &route, .path = *std::move(parameters)};
            out.other_method = true;
        }
        return out;
    }
};

service::Work work_of(const service::Route& route, const service::ApiCall& call) {
    if (!route.work) return service::Work::ordinary;
    const crypto::StackWiper after;
    return route.work(call);
}

// On whose behalf a device is waited for: a terminal has one, and stands for it.
std::string_view holder(const service::ApiPeer& peer) {
    return peer.key_fingerprint ? as_text(*peer.key_fingerprint) : std::string_view{peer.address};
}

// Runs the call where it belongs; none when there is no place for it.
asio::awaitable<std::optional<service::ApiReply>> run(const Workers& workers, const service::Route& route,
                                                      const service::ApiCall& call) {
    BoundedPool* apart = nullptr;
    std::optional<BoundedPool::Place> place;
    switch (work_of(route, call)) {
        case service::Work::ordinary: break;
        case service::Work::hashing:
            apart = workers.hashing;
            if (apart != nullptr) place = apart->enter();
            break;
        case service::Work::delivering:
            apart = workers.delivering;
            if (apart != nullptr) place = apart->enter(holder(call.peer));
            break;
    }
    if (apart != nullptr && !place) co_return std::nullopt;
    asio::thread_pool& threads = apart != nullptr ? apart->threads() : workers.pool;
    co_return co_await on_pool(threads, [&] { return route.handle(call); });
}

asio::awaitable<HttpResponse> serve(const Table& table, const http::RequestHead& head, BodyReader& body,
                                    const PeerInfo& peer) {
    Table::Match match = table.find(head.method, head.path);
    if (match.route == nullptr) {
        if (table.otherwise) co_return co_await table.otherwise(head, body, peer);
        co_return match.other_method ? plain(405, "unsupported") : plain(404, "not_found");
    }
    const service::Route& route = *match.route;
    if (!table.allowed(route.role, peer)) co_return plain(403, "denied");
    auto content = co_await body.collect(route.max_body_bytes);
    if (!content) co_return plain(413, "too_large");
    // From here on, and not while the peer still chose how long it took to send.
    const auto read = std::chrono::steady_clock::now();

    const service::ApiPeer api_peer = to_api(peer);
    const std::string authorization{head.headers.first("authorization")};
    const service::ApiCall call{.peer = api_peer,
                                .path = std::move(match.path),
                                .query = head.query,
                                .bearer = http::bearer_token(authorization),
                                .body = as_text(*content)};
    const std::optional<service::ApiReply> reply = co_await run(table.workers, route, call);
    crypto::wipe(*content);
    if (!reply) co_return plain(503, "busy");
    if (reply->not_before > std::chrono::milliseconds{0}) {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        asio::steady_timer timer{executor, read + reply->not_before};
        co_await timer.async_wait(as_tuple_awaitable);
    }
    HttpResponse out{.status = reply->status, .headers = {}, .body = to_bytes(reply->body)};
    if (!reply->body.empty()) out.headers.add("Content-Type", reply->content_type);
    out.headers.add("Cache-Control", "no-store");
    co_return out;
}

}  // namespace

HttpHandler serve_routes(std::vector<service::Route> routes, RoleCheck allowed, Workers workers,
                         HttpHandler otherwise) {
    auto table =
        std::make_shared<const Table>(Table{std::move(routes), std::move(allowed), workers, std::move(otherwise)});
    return [table](const http::RequestHead& head, BodyReader& body, const PeerInfo& peer) {
        return serve(*table, head, body, peer);
    };
}

HttpHandler serve_routes(std::vector<service::Route> routes, RoleCheck allowed, Workers workers) {
    return serve_routes(std::move(routes), std::move(allowed), workers, {});
}

std::string list_routes(const std::vector<service::Route>& routes) {
    std::string out;
    for (const service::Route& route : routes)
        out += fmt::format("{} {} {}\n", route.method, route.path, service::name(route.role));
    return out;
}

}  // namespace safeq::net
