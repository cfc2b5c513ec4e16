// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/api_server.hpp>

#include "loopback.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

service::ApiReply tell(const service::ApiCall& call) {
    std::string out = call.peer.certificate_id + "|" + std::string{call.bearer} + "|" + std::string{call.body};
    for (const auto& [name, value] : call.path) out += "|" + name + "=" + value;
    for (const auto& [name, value] : call.query) out += "?" + name + "=" + value;
    return {.status = 201, .body = out, .content_type = "text/plain"};
}

std::vector<service::Route> routes() {
    return {
        {.method = "GET", .path = "/v1/jobs/{job}", .role = service::Role::device, .max_body_bytes = 0, .handle = tell},
        {.method = "POST",
         .path = "/v1/jobs/{job}",
         .role = service::Role::device,
         .max_body_bytes = 10,
         .handle = tell},
        {.method = "GET", .path = "/v1/secret", .role = service::Role::admin, .max_body_bytes = 0, .handle = tell},
        {.method = "GET",
         .path = "/v1/broken",
         .role = service::Role::device,
         .max_body_bytes = 0,
         .handle = [](const service::ApiCall&) -> service::ApiReply { throw std::runtime_error{"x"}; }},
        {.method = "GET",
         .path = "/v1/late",
         .role = service::Role::device,
         .max_body_bytes = 0,
         .handle = [](const service::ApiCall&) { return service::ApiReply{.status = 429, .not_before = 50ms}; }}};
}

struct Served {
    Site site;
    asio::thread_pool pool{2};
    Running running;
    net::HttpClient client = running.http(site);

    explicit Served(net::HttpHandler otherwise = {})
        : running{site,
                  {.tls = site.server(),
                   .handler = net::serve_routes(
                       routes(), [](service::Role role, const net::PeerInfo&) { return role == service::Role::device; },
                       pool, std::move(otherwise))}} {}

    [[nodiscard]] net::HttpReply ask(std::string method, std::string target, std::string_view body = {},
                                     std::string authorization = {}) {
        net::HttpRequest request{
            .method = std::move(method), .target = std::move(target), .headers = {}, .body = to_bytes(body)};
        if (!authorization.empty()) request.headers.add("Authorization", std::move(authorization));
        return must(client.request(request));
    }
};

}  // namespace

TEST_CASE("a call reaches its route with all that came with it", "[net]") {
    Served served;
    auto reply = served.ask("GET", "/v1/jobs/a%20b?x=1", {}, "Bearer tok");
    CHECK(reply.status == 201);
    CHECK(as_text(reply.body) == "|tok||job=a b?x=1");
    CHECK(reply.headers.first("content-type") == "text/plain");
    CHECK(reply.headers.first("cache-control") == "no-store");
    reply = served.ask("POST", "/v1/jobs/7", "0123456789");
    CHECK(as_text(reply.body) == "||0123456789|job=7");
}

TEST_CASE("what has no route, another method or another role is denied", "[net]") {
    Served served;
    CHECK(served.ask("GET", "/").status == 404);
    CHECK(served.ask("GET", "/v1/jobs").status == 404);
    CHECK(served.ask("GET", "/v1/jobs/7/").status == 404);
    CHECK(served.ask("DELETE", "/v1/jobs/7").status == 405);
    CHECK(served.ask("GET", "/v1/secret").status == 403);
    CHECK(served.ask("GET", "/v1/Jobs/7").status == 404);
    CHECK(served.ask("GET", "/v1/broken").status == 500);
}

TEST_CASE("each route has a limit of its own for bodies", "[net]") {
    Served served;
    CHECK(served.ask("POST", "/v1/jobs/7", "01234567890").status == 413);
    CHECK(served.ask("GET", "/v1/jobs/7", "x").status == 413);
    CHECK(served.ask("POST", "/v1/jobs/7", "0123456789").status == 201);
}

TEST_CASE("a reply that must not come at once doesn't", "[net]") {
    Served served;
    CHECK(served.ask("GET", "/v1/jobs/7").status == 201);  // connected
    const auto begun = std::chrono::steady_clock::now();
    CHECK(served.ask("GET", "/v1/late").status == 429);
    CHECK(std::chrono::steady_clock::now() - begun >= 50ms);
}

TEST_CASE("what has no route may go elsewhere, a wrong role may not", "[net]") {
    Served served{echo()};
    CHECK(as_text(served.ask("GET", "/page").body) == "GET /page ");
    CHECK(served.ask("GET", "/v1/secret").status == 403);
}

TEST_CASE("the table can be listed", "[net]") {
    CHECK(net::list_routes(routes()) ==
          "GET /v1/jobs/{job} device\nPOST /v1/jobs/{job} device\nGET /v1/secret admin\nGET /v1/broken device\n"
          "GET /v1/late device\n");
}
