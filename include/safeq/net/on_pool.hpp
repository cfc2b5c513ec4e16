// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/thread_pool.hpp>

#include <safeq/crypto/secret.hpp>
#include <safeq/net/asio_compat.hpp>

namespace safeq::net {

/// Runs a blocking call on the pool and comes back to the coroutine's own executor with what it returned. What the call
/// leaves on the thread's stack is wiped.
template <class Call>
asio::awaitable<std::invoke_result_t<Call>> on_pool(asio::thread_pool& pool, Call call) {
    co_return co_await asio::co_spawn(
        pool,
        [call = std::move(call)]() mutable -> asio::awaitable<std::invoke_result_t<Call>> {
            const crypto::StackWiper after;
            co_return call();
        },
        asio::use_awaitable);
}

}  // namespace safeq::net
