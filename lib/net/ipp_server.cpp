// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/ipp_server.hpp>

#include <safeq/core/network.hpp>
#include <safeq/core/text.hpp>
#include <safeq/ipp/codec.hpp>
#include <safeq/net/on_pool.hpp>

namespace safeq::net {
namespace {

HttpResponse bare(int status, bool close = true) {
    return {.status = status, .headers = {}, .body = {}, .close = close};
}

HttpResponse answer(const ipp::Message& message, bool close = false, bool known = false) {
    HttpResponse out{.status = 200, .headers = {}, .body = ipp::encode(message), .close = close, .known = known};
    out.headers.add("Content-Type", "application/ipp");
    out.headers.add("Cache-Control", "no-cache");
    return out;
}

HttpResponse challenge() {
    HttpResponse out = bare(401);
    out.headers.add("WWW-Authenticate", "Basic realm=\"safeq\", charset=\"UTF-8\"");
    return out;
}

struct Server {
    const ipp::Engine& engine;
    IppServerOptions options;
    IppWorkers workers;
};

// Whose request it is, found out where it holds up nobody else.
asio::awaitable<Result<ipp::Owner>> identify(const Server& server, const http::RequestHead& head,
                                             const PeerInfo& peer) {
    const std::string authorization{head.headers.first("authorization")};
    const IppServerOptions& options = server.options;
    BoundedPool* const apart = options.identifies_slowly && options.identifies_slowly(head.path, authorization)
                                   ? server.workers.identifying
                                   : nullptr;
    std::optional<BoundedPool::Place> place;
    if (apart != nullptr) {
        place = apart->enter(network_of(peer.address));
        if (!place) co_return fail(Errc::busy, "identify");
    }
    asio::thread_pool& threads = apart != nullptr ? apart->threads() : server.workers.pool;
    co_return co_await on_pool(threads, [&] { return options.identify(head.path, authorization, peer.address); });
}

// Feeds the document to the engine in big steps, each on the pool: sealing and writing may block.
asio::awaitable<Result<ipp::Message>> take_document(const Server& server, ipp::PendingDocument pending, Bytes first,
                                                    BodyReader& body) {
    constexpr std::size_t step = 256 * 1024;
    Bytes gathered = std::move(first);
    for (bool more = true, taking = true; more;) {
        while (more && gathered.size() < step) {
            SAFEQ_CO_TRY(const ByteView piece, co_await body.next());
            more = !piece.empty();
            if (taking) gathered.insert(gathered.end(), piece.begin(), piece.end());
        }
        // After a refusal the rest is read and dropped, so that the client hears why.
        if (taking && !gathered.empty())
            taking = (co_await on_pool(server.workers.pool, [&] { return pending.append(gathered); })).has_value();
        gathered.clear();
        if (!taking && more) break;
    }
    co_return co_await on_pool(server.workers.pool, [&] { return pending.finish(); });
}

asio::awaitable<HttpResponse> serve(const Server& server, const http::RequestHead& head, BodyReader& body,
                                    const PeerInfo& peer) {
    if (!server.options.knows_path(head.path)) co_return bare(404);
    if (head.method != "POST") co_return bare(405);
    const std::string_view type = head.headers.first("content-type");
    if (!ascii_iequals(type.substr(0, type.find(';')), "application/ipp")) co_return bare(415);

    ipp::HeadDecoder decoder{server.options.limits};
    Bytes rest;
    while (!decoder.done()) {
        const auto piece = co_await body.next();
        if (!piece) co_return bare(400);
        const auto taken = piece->empty()
                               ? Result<std::size_t>{fail(Errc::truncated, "IPP message", "the body ends before it")}
                               : decoder.feed(*piece);
        if (!taken) {
            if (server.options.refused) server.options.refused(peer.address, taken.error());
            co_return answer(ipp::refuse(decoder.header(), taken.error()), true);
        }
        const ByteView left = piece->subspan(*taken);
        rest.assign(left.begin(), left.end());
    }
    const auto request = decoder.finish();
    if (!request) co_return answer(ipp::refuse(decoder.header(), request.error()), true);

    ipp::Caller caller{.path = head.path, .owner = std::nullopt, .peer_address = peer.address};
    if (server.options.identify && server.engine.needs_owner(*request)) {
        auto owner = co_await identify(server, head, peer);
        if (!owner) {
            if (server.options.refused && owner.error().code != Errc::unsupported)
                server.options.refused(peer.address, owner.error());
            switch (owner.error().code) {
                case Errc::unsupported:
                case Errc::denied:
                case Errc::credential_wrong: co_return challenge();
                default: co_return answer(ipp::refuse(request->header(), ipp::status_of(owner.error())), true);
            }
        }
        caller.owner = *std::move(owner);
    }

    const bool known = caller.owner.has_value();
    auto outcome = co_await on_pool(server.workers.pool, [&] { return server.engine.begin(*request, caller); });
    if (const auto* message = std::get_if<ipp::Message>(&outcome)) co_return answer(*message, false, known);
    auto message =
        co_await take_document(server, std::get<ipp::PendingDocument>(std::move(outcome)), std::move(rest), body);
    if (!message) co_return bare(400);
    co_return answer(*message, false, known);
}

}  // namespace

HttpHandler serve_ipp(const ipp::Engine& engine, IppServerOptions options, IppWorkers workers) {
    auto server = std::make_shared<const Server>(Server{engine, std::move(options), workers});
    return [server](const http::RequestHead& head, BodyReader& body, const PeerInfo& peer) {
        return serve(*server, head, body, peer);
    };
}

}  // namespace safeq::net
