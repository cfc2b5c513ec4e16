// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <asio/thread_pool.hpp>

#include <safeq/net/bounded_pool.hpp>
#include <safeq/net/http_server.hpp>
#include <safeq/service/api.hpp>

namespace safeq::net {

/// Whether a peer has the role that a route asks for, as far as the connection tells; a session is checked by the
/// route.
using RoleCheck = std::function<bool(service::Role, const PeerInfo&)>;

/// Where calls run; there they may block.
struct Workers {
    Workers(asio::thread_pool& all) : pool{all} {}  // implicit: a pool for everything
    Workers(asio::thread_pool& most, BoundedPool& for_hashing) : pool{most}, hashing{&for_hashing} {}
    Workers(asio::thread_pool& most, BoundedPool& for_hashing, BoundedPool& for_delivering)
        : pool{most}, hashing{&for_hashing}, delivering{&for_delivering} {}

    asio::thread_pool& pool;            ///< for ordinary work, and for all that has no pool of its own
    BoundedPool* hashing = nullptr;     ///< for `service::Work::hashing`
    BoundedPool* delivering = nullptr;  ///< for `service::Work::delivering`; its places are taken by the peer's key
};

/// A handler that serves a table of routes: what has none gets 404, a wrong method 405, a wrong role 403, and work for
/// which there is no place in its pool 503 `busy`. Bodies are collected up to the route's limit; the calls run on the
/// workers' threads. A reply that is `not_before` waits without one.
[[nodiscard]] HttpHandler serve_routes(std::vector<service::Route> routes, RoleCheck allowed, Workers workers);

/// The same with a handler for everything that the table doesn't have.
[[nodiscard]] HttpHandler serve_routes(std::vector<service::Route> routes, RoleCheck allowed, Workers workers,
                                       HttpHandler otherwise);

/// One line a route: "METHOD path role".
[[nodiscard]] std::string list_routes(const std::vector<service::Route>& routes);

}  // namespace safeq::net
