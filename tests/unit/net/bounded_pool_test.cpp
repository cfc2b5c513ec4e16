// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/bounded_pool.hpp>

#include <atomic>
#include <future>
#include <latch>
#include <semaphore>
#include <thread>

#include <safeq/net/api_server.hpp>

#include "loopback.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

service::Route route(std::string_view path, std::function<service::ApiReply(const service::ApiCall&)> handle) {
    return {
        .method = "GET", .path = path, .role = service::Role::device, .max_body_bytes = 0, .handle = std::move(handle)};
}

// Two long calls at a time, on one thread, beside one thread for everything else.
struct Served {
    Site site;
    asio::thread_pool pool{1};
    net::BoundedPool hashing{1, 2};
    net::BoundedPool deliveries{2, 8, 2};
    std::latch begun{1};
    std::latch delivering{2};
    std::promise<void> go_on;
    std::shared_future<void> gone_on{go_on.get_future().share()};
    Running running{site,
                    {.tls = site.server(),
                     .handler = net::serve_routes(routes(), [](service::Role, const net::PeerInfo&) { return true; },
                                                  {pool, hashing, deliveries})}};
    net::HttpClient client = running.http(site);

    std::vector<service::Route> routes() {
        std::vector<service::Route> out;
        out.push_back(route("/ordinary", [](const service::ApiCall&) { return service::ApiReply{.body = "{}"}; }));
        out.push_back(route("/first", [this](const service::ApiCall&) {
            begun.count_down();
            gone_on.wait();
            return service::ApiReply{.body = "{}"};
        }));
        out.push_back(route("/long", [](const service::ApiCall&) { return service::ApiReply{.body = "{}"}; }));
        out.push_back(
            route("/broken", [](const service::ApiCall&) -> service::ApiReply { throw std::runtime_error{"x"}; }));
        for (std::size_t i = 1; i < out.size(); ++i)
            out[i].work = [](const service::ApiCall& call) {
                return call.query.contains("quick") ? service::Work::ordinary : service::Work::hashing;
            };
        out.push_back(route("/deliver", [this](const service::ApiCall&) {
            delivering.count_down();
            gone_on.wait();
            return service::ApiReply{.body = "{}"};
        }));
        out.back().work = [](const service::ApiCall&) { return service::Work::delivering; };
        return out;
    }

    [[nodiscard]] int ask(std::string target) {
        const auto reply = client.request({.method = "GET", .target = std::move(target), .headers = {}, .body = {}});
        return reply ? reply->status : 0;
    }
    [[nodiscard]] std::future<int> begin(std::string target) {
        return std::async(std::launch::async, [this, target = std::move(target)] { return ask(target); });
    }
};

}  // namespace

TEST_CASE("only so many have a place, and each gives it back", "[net]") {
    net::BoundedPool pool{1, 2};
    {
        const auto first = pool.enter();
        auto second = pool.enter();
        REQUIRE(first);
        REQUIRE(second);
        CHECK(!pool.enter());
        CHECK(!pool.enter());
        second.reset();
        auto third = pool.enter();
        REQUIRE(third);
        const auto moved = *std::move(third);
        CHECK(!pool.enter());
    }
    CHECK(pool.enter());
    net::BoundedPool none{1, 0};
    CHECK(!none.enter());
}

TEST_CASE("nobody has more places than each may have, or more than one of the second half", "[net]") {
    net::BoundedPool pool{1, 6, 2};
    std::optional<net::BoundedPool::Place> first = pool.enter("first");
    const auto again = pool.enter("first");
    REQUIRE(first);
    REQUIRE(again);
    CHECK(!pool.enter("first"));
    const auto second = pool.enter("second");
    REQUIRE(second);
    CHECK(!pool.enter("second"));  // half of all are taken: who has none comes first
    const auto third = pool.enter("third");
    const auto fourth = pool.enter("fourth");
    const auto fifth = pool.enter("fifth");
    CHECK((third && fourth && fifth));
    CHECK(!pool.enter("sixth"));
    first.reset();
    CHECK(!pool.enter("first"));
    CHECK(pool.enter("sixth"));
}

TEST_CASE("devices that take for ever hold up nothing else, and each only so many", "[net]") {
    Served served;
    std::future<int> one = served.begin("/deliver");
    std::future<int> two = served.begin("/deliver");
    served.delivering.wait();
    const auto reply = must(served.client.request({.method = "GET", .target = "/deliver", .headers = {}, .body = {}}));
    CHECK(reply.status == 503);
    CHECK(as_text(reply.body) == R"({"error":"busy"})");
    CHECK(served.ask("/ordinary") == 200);
    CHECK(served.ask("/long") == 200);
    served.go_on.set_value();
    CHECK(one.get() == 200);
    CHECK(two.get() == 200);
}

TEST_CASE("long calls hold up nothing else, and the one too many is told so at once", "[net]") {
    Served served;
    std::future<int> first = served.begin("/first");
    served.begun.wait();
    // One place is left: of four that come now, one waits for it and three are turned away.
    std::counting_semaphore<> turned_away{0};
    std::atomic<int> done{0};
    std::vector<std::jthread> more;
    for (int i = 0; i < 4; ++i)
        more.emplace_back([&] {
            const int status = served.ask("/long");
            if (status == 503) turned_away.release();
            if (status == 200) ++done;
        });
    int busy = 0;
    while (busy < 3 && turned_away.try_acquire_for(30s)) ++busy;
    CHECK(busy == 3);
    CHECK(done == 0);
    CHECK(served.ask("/ordinary") == 200);
    CHECK(served.ask("/long?quick=1") == 200);
    served.go_on.set_value();
    CHECK(first.get() == 200);
    more.clear();
    CHECK(done == 1);
    CHECK(served.ask("/long") == 200);
}

TEST_CASE("a long call that fails gives its place back", "[net]") {
    Served served;
    for (int i = 0; i < 5; ++i) CHECK(served.ask("/broken") == 500);
    CHECK(served.ask("/long") == 200);
    served.go_on.set_value();
}
