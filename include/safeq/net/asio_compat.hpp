// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place that knows how versions of Asio differ: `as_tuple` left `experimental` after 1.22.
#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>
#if ASIO_VERSION >= 102400
#include <asio/as_tuple.hpp>
#else
#include <asio/experimental/as_tuple.hpp>
#endif

namespace safeq::net {

/// Completion token for coroutines: the outcome as a tuple, errors as values.
#if ASIO_VERSION >= 102400
inline constexpr auto as_tuple_awaitable = asio::as_tuple(asio::use_awaitable);
#else
inline constexpr auto as_tuple_awaitable = asio::experimental::as_tuple(asio::use_awaitable);
#endif

}  // namespace safeq::net
