// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <asio/thread_pool.hpp>

#include <safeq/net/http_server.hpp>
#include <safeq/service/api.hpp>

namespace safeq::net {

/// Whether a peer has the role that a route asks for, as far as the connection tells; a session is checked by the
/// route.
using RoleCheck = std::function<bool(service::Role, const PeerInfo&)>;

/// A handler that serves a table of routes: what has none gets 404, a wrong method 405, a wrong role 403. Bodies are
/// collected up to the route's limit; the calls run on the pool, where they may block.
[[nodiscard]] HttpHandler serve_routes(std::vector<service::Route> routes, RoleCheck allowed, asio::thread_pool& pool);

/// The same with a handler for everything that the table doesn't have.
[[nodiscard]] HttpHandler serve_routes(std::vector<service::Route> routes, RoleCheck allowed, asio::thread_pool& pool,
                                       HttpHandler otherwise);

/// One line a route: "METHOD path role".
[[nodiscard]] std::string list_routes(const std::vector<service::Route>& routes);

}  // namespace safeq::net
