// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <asio/thread_pool.hpp>

#include <safeq/ipp/engine.hpp>
#include <safeq/ipp/limits.hpp>
#include <safeq/net/bounded_pool.hpp>
#include <safeq/net/http_server.hpp>

namespace safeq::net {

/// How IPP is served over HTTP.
struct IppServerOptions {
    /// Whether a printer answers at this path.
    std::function<bool(std::string_view path)> knows_path;

    /// Whose request it is, by what the client showed; called on the workers' threads, may block. Without it no request
    /// has an owner. *Errors*: `unsupported` when nothing was shown, `denied` and `credential_wrong`: the client is
    /// asked for HTTP Basic; all others are told as the IPP status that fits.
    std::function<Result<ipp::Owner>(std::string_view path, std::string_view authorization, std::string_view address)>
        identify = {};

    /// Whether identifying takes long, for a password is hashed; never does where null. Must not block.
    std::function<bool(std::string_view path, std::string_view authorization)> identifies_slowly = {};

    ipp::Limits limits = ipp::Limits::standard();

    /// Hears of what was refused before the engine saw it; for the log.
    std::function<void(std::string_view address, const Error&)> refused = {};
};

/// Where requests are worked on; there they may block.
struct IppWorkers {
    IppWorkers(asio::thread_pool& all) : pool{all} {}  // implicit: a pool for everything
    IppWorkers(asio::thread_pool& most, BoundedPool& for_identifying) : pool{most}, identifying{&for_identifying} {}

    asio::thread_pool& pool;
    /// For what `identifies_slowly`, its places by the client's network; who finds none hears server-error-busy.
    BoundedPool* identifying = nullptr;
};

/// A handler that serves the engine: POST of application/ipp at a known path, else 404, 405 or 415. The head is decoded
/// as it arrives; documents go to the engine on the pool, at its pace. *Requires*: engine and workers outlive the
/// handler. *Source*: RFC 8010, 4; RFC 7617.
[[nodiscard]] HttpHandler serve_ipp(const ipp::Engine& engine, IppServerOptions options, IppWorkers workers);

}  // namespace safeq::net
