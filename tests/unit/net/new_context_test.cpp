// SPDX-License-Identifier: Apache-2.0
// HttpServer::use and HttpClient::use: other certificates, authorities and revocation lists while connections go on.
#include "loopback.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

std::string shown(net::ClientStream& stream) {
    const tls::Peer* const peer = stream.peer();
    return peer && peer->certificate() ? peer->certificate()->serial() : std::string{};
}

// One request on an open connection; empty when the server ended it.
std::string ask(net::ClientStream& stream) {
    if (!stream.write(as_bytes(get))) return {};
    std::string out;
    while (!out.contains("GET /a ")) {
        const auto piece = stream.read();
        if (!piece || piece->empty()) return out;
        out += as_text(*piece);
        stream.consume(piece->size());
    }
    return out;
}

std::shared_ptr<const tls::ClientContext> bearing(Site& site, const tls::Issued& issued) {
    return must(tls::ClientContext::create({.policy = &tls::intermediate_2026,
                                            .server_name = "localhost",
                                            .check = tls::Anchored{site.anchors(), "localhost"},
                                            .own = Site::credentials(issued),
                                            .alpn = {}}));
}

}  // namespace

TEST_CASE("an open connection survives a new context, the next one sees it", "[net]") {
    Site site;
    const auto first = site.server(), second = site.server();
    Running running{site, {.tls = first, .handler = echo()}};
    auto open = running.connect(site);
    CHECK(ask(*open).starts_with("HTTP/1.1 200 OK"));
    must(running.server.use(second));
    CHECK(ask(*open).starts_with("HTTP/1.1 200 OK"));
    auto later = running.connect(site);
    CHECK(ask(*later).starts_with("HTTP/1.1 200 OK"));
    CHECK(shown(*open) == first->config().credentials->certificate().serial());
    CHECK(shown(*later) == second->config().credentials->certificate().serial());
    CHECK(shown(*open) != shown(*later));
    CHECK(running.failures.count() == 0);
}

TEST_CASE("a client that was revoked is let go, whether its connection is open or new", "[net]") {
    Site site;
    const tls::Issued good = site.issue(tls::Purpose::client), bad = site.issue(tls::Purpose::client);
    Running running{site, {.tls = site.server(tls::ClientAuth::required), .handler = echo()}};
    const auto connect = [&](const tls::Issued& who) {
        return net::ClientStream::connect(running.endpoint(), bearing(site, who), site.clock, site.random, {});
    };
    auto kept = must(connect(good)), revoked = must(connect(bad));
    CHECK(ask(*kept).starts_with("HTTP/1.1 200 OK"));
    CHECK(ask(*revoked).starts_with("HTTP/1.1 200 OK"));

    must(site.authority.revoke(bad.certificate, site.clock.now(), 24h, site.random));
    CHECK(ask(*revoked).starts_with("HTTP/1.1 200 OK"));  // the server doesn't know yet
    must(running.server.use(site.server(tls::ClientAuth::required)));
    CHECK(ask(*kept).starts_with("HTTP/1.1 200 OK"));
    CHECK(ask(*revoked).empty());
    CHECK(running.failures.has(Errc::certificate_revoked));
    auto again = connect(bad);
    if (again) CHECK(ask(**again).empty());  // TLS 1.3 tells a client only after its own part is done
    CHECK(ask(*must(connect(good))).starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("a client that is let in by its pin is let go once the pin is gone, and is never who it says", "[net]") {
    Site site, stranger{2};
    const tls::Issued theirs = stranger.issue(tls::Purpose::client), ours = site.issue(tls::Purpose::client);
    const auto pin = tls::Pin::of(theirs.certificate), other = tls::Pin::of(ours.certificate);
    const auto context = [&](std::vector<tls::Pin> pins, bool anchored) {
        return must(tls::ServerContext::create({.policy = &tls::intermediate_2026,
                                                .credentials = Site::credentials(site.issue(tls::Purpose::server)),
                                                .client_auth = tls::ClientAuth::required,
                                                .client_anchors = anchored ? site.anchors() : nullptr,
                                                .client_pins = std::move(pins)}));
    };
    const auto who = [](const http::RequestHead&, net::BodyReader&,
                        const net::PeerInfo& peer) -> asio::awaitable<net::HttpResponse> {
        co_return net::HttpResponse{.status = 200, .headers = {}, .body = to_bytes("GET /a by " + peer.id())};
    };
    Running running{site, {.tls = context({pin}, true), .handler = who}};
    const auto connect = [&](const tls::Issued& issued) {
        return must(net::ClientStream::connect(running.endpoint(), bearing(site, issued), site.clock, site.random, {}));
    };
    auto pinned = connect(theirs), anchored = connect(ours);
    CHECK(theirs.certificate.id() == "safeq:daemon:terminal");
    CHECK(ask(*pinned).ends_with("by " + pin.text()));
    CHECK(ask(*anchored).ends_with("by safeq:daemon:terminal"));

    // The second one's authority is gone, but its key is pinned: its names are its own words from now on.
    must(running.server.use(context({pin, other}, false)));
    CHECK(ask(*pinned).ends_with("by " + pin.text()));
    CHECK(ask(*anchored).ends_with("by " + other.text()));
    must(running.server.use(context({other}, false)));
    CHECK(ask(*pinned).empty());
    CHECK(running.failures.has(Errc::certificate_untrusted));
    CHECK(ask(*anchored).ends_with("by " + other.text()));
}

TEST_CASE("a client's requests go by its new context, also where it had a connection", "[net]") {
    Site site, other{2};
    Running running{site, {.tls = site.server(), .handler = echo()}};
    auto client = running.http(site);
    CHECK(must(client.request({})).status == 200);
    const auto strangers = must(tls::ClientContext::create({.policy = &tls::intermediate_2026,
                                                            .server_name = "localhost",
                                                            .check = tls::Anchored{other.anchors(), "localhost"},
                                                            .own = nullptr,
                                                            .alpn = {}}));
    must(client.use(strangers));
    const auto refused = client.request({});
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::certificate_untrusted);
    must(client.use(site.client()));
    CHECK(must(client.request({})).status == 200);
}

TEST_CASE("a request under way ends on its connection, which is not used again", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    auto client = running.http(site);
    net::HttpRequest request{.method = "POST", .target = "/a", .headers = {}, .body = {}};
    int calls = 0;
    request.next = [&]() -> Result<ByteView> {
        if (++calls == 1) must(client.use(site.client("nobody.example")));
        return calls == 1 ? as_bytes("abc") : ByteView{};
    };
    CHECK(as_text(must(client.request(request)).body) == "POST /a abc");
    const auto refused = client.request({});
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::certificate_untrusted);
}

TEST_CASE("no listener and no client loses its TLS, and no local one gets any", "[net]") {
    Site site;
    Running running{site, {.tls = site.server(), .handler = echo()}};
    CHECK(running.server.use(nullptr).error().code == Errc::invalid_argument);
    auto client = running.http(site);
    CHECK(client.use(nullptr).error().code == Errc::invalid_argument);
    CHECK(must(client.request({})).status == 200);

    const TemporaryFolder folder;
    const std::string path = (folder.path() / "socket").string();
    Running local{site, {.tls = nullptr, .handler = echo()}, path};
    CHECK(local.server.use(site.server()).error().code == Errc::invalid_argument);
    net::HttpClient near{net::HttpTarget::local(path), site.clock, site.random};
    CHECK(near.use(site.client()).error().code == Errc::invalid_argument);
    CHECK(must(near.request({})).status == 200);
}

TEST_CASE("a client asks before each connection by which context it is made", "[net]") {
    Site site;
    const auto handler = [](const http::RequestHead& head, net::BodyReader&,
                            const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
        net::HttpResponse out;
        out.close = head.path == "/last";
        co_return out;
    };
    Running running{site, {.tls = site.server(), .handler = handler}};
    std::size_t asked = 0;
    bool refuse = false;
    net::HttpTarget target = must(net::HttpTarget::https(running.url(), nullptr));
    target.choose = [&]() -> Result<std::shared_ptr<const tls::ClientContext>> {
        ++asked;
        if (refuse) return fail(Errc::log_unavailable, "log", "can't be written");
        return site.client();
    };
    net::HttpClient client{target, site.clock, site.random};
    const auto ask_for = [&](std::string path) {
        net::HttpRequest request;
        request.target = std::move(path);
        return client.request(request);
    };
    for (int i = 0; i < 3; ++i) REQUIRE(ask_for("/"));
    CHECK(asked == 1);
    REQUIRE(ask_for("/last"));
    CHECK(asked == 1);
    for (int i = 0; i < 3; ++i) REQUIRE(ask_for("/last"));
    CHECK(asked == 4);
    REQUIRE(ask_for("/"));
    CHECK(asked == 5);
    refuse = true;
    REQUIRE(ask_for("/last"));  // on the open one
    CHECK(ask_for("/").error().code == Errc::log_unavailable);
    CHECK(asked == 6);
    target.choose = []() -> Result<std::shared_ptr<const tls::ClientContext>> { return nullptr; };
    net::HttpClient nothing{target, site.clock, site.random};
    CHECK(nothing.request({}).error().code == Errc::invalid_argument);
    CHECK(client.use(site.client()).error().code == Errc::invalid_argument);
}
