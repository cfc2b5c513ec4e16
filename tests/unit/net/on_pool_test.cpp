// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/on_pool.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include <safeq/core/error.hpp>

using namespace safeq;

TEST_CASE("a blocking call runs on the pool and the coroutine goes on where it was", "[net]") {
    asio::thread_pool pool{1};
    asio::io_context io;
    std::thread::id inside, after;
    std::unique_ptr<std::string> value;
    Result<int> failure = 0;
    bool thrown = false;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            value = co_await net::on_pool(pool, [&] {
                inside = std::this_thread::get_id();
                return std::make_unique<std::string>(1000, 'x');
            });
            after = std::this_thread::get_id();
            failure = co_await net::on_pool(pool, []() -> Result<int> { return fail(Errc::busy, "test"); });
            try {
                (void)co_await net::on_pool(pool, []() -> int { throw std::runtime_error{"x"}; });
            } catch (const std::runtime_error&) {
                thrown = true;
            }
        },
        asio::detached);
    io.run();
    CHECK(inside != std::this_thread::get_id());
    CHECK(after == std::this_thread::get_id());
    REQUIRE(value);
    CHECK(*value == std::string(1000, 'x'));
    CHECK(!failure);
    CHECK(thrown);
}
