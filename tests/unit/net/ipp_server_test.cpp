// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/ipp_server.hpp>

#include <future>
#include <semaphore>

#include <safeq/http/basic_auth.hpp>
#include <safeq/ipp/codec.hpp>
#include <safeq/ipp/request.hpp>

#include "loopback.hpp"
#include "support/memory_printer.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

struct Printing {
    Site site;
    MemoryPrinter printer{site.clock};
    ipp::Engine engine{printer, {}, site.clock};
    asio::thread_pool pool{2};
    net::BoundedPool identifying{1, 1};
    std::counting_semaphore<> asked{0};
    std::promise<void> go_on;
    std::shared_future<void> gone_on{go_on.get_future().share()};
    const SubjectId alice = SubjectId::make(site.clock, site.random);
    Running running{
        site,
        {.tls = site.server(),
         .handler = net::serve_ipp(engine,
                                   {.knows_path = [](std::string_view path) { return path == "/ipp/print"; },
                                    .identify = [this](std::string_view, std::string_view authorization,
                                                       std::string_view) { return identify(authorization); },
                                    .identifies_slowly =
                                        [](std::string_view, std::string_view authorization) {
                                            const auto shown = http::parse_basic(authorization);
                                            return shown && shown->user == "slow";
                                        }},
                                   {pool, identifying})}};
    net::HttpClient client = running.http(site);

    [[nodiscard]] Result<ipp::Owner> identify(std::string_view authorization) {
        if (authorization.empty()) return fail(Errc::unsupported, "authorization");
        const auto shown = http::parse_basic(authorization);
        if (!shown) return std::unexpected(shown.error());
        if (shown->user == "slow") {
            asked.release();
            gone_on.wait();
        }
        if (shown->user == "busy") return fail(Errc::busy, "authorization");
        if (as_text(shown->password.expose()) != "right") return fail(Errc::credential_wrong, "authorization");
        return ipp::Owner{.subject = alice, .name = shown->user};
    }

    [[nodiscard]] net::HttpReply post(ByteView body, std::string user = {}, std::string password = "right",
                                      std::string type = "application/ipp", std::string path = "/ipp/print") {
        net::HttpRequest request{.method = "POST", .target = std::move(path), .headers = {}, .body = to_bytes(body)};
        if (!type.empty()) request.headers.add("Content-Type", std::move(type));
        if (!user.empty())
            request.headers.add("Authorization", must(http::encode_basic(user, crypto::Secret::copy_of(password))));
        return must(client.request(request));
    }
    [[nodiscard]] static ipp::Message answer(const net::HttpReply& reply) {
        REQUIRE(reply.status == 200);
        REQUIRE(reply.headers.first("content-type") == "application/ipp");
        return must(ipp::decode(reply.body, ipp::Limits::standard())).message;
    }
    [[nodiscard]] ipp::Message print_job() const {
        return ipp::make_print_request(target(), ipp::Operation::print_job, 7,
                                       {.job_name = "plan", .document_format = "application/pdf"});
    }
    [[nodiscard]] ipp::Target target() const {
        return {.printer_uri = "ipps://127.0.0.1:" + std::to_string(running.server.port()) + "/ipp/print",
                .requesting_user_name = "alice"};
    }
};

Bytes joined(const ipp::Message& head, ByteView document) {
    Bytes out = ipp::encode(head);
    out.insert(out.end(), document.begin(), document.end());
    return out;
}

}  // namespace

TEST_CASE("a printer tells about itself to anyone", "[net]") {
    Printing here;
    const auto reply =
        Printing::answer(here.post(ipp::encode(ipp::make_get_printer_attributes(here.target(), 3, {"printer-name"}))));
    CHECK(reply.status() == ipp::Status::successful_ok);
    CHECK(reply.request_id == 3);
    CHECK(must(ipp::read_printer(reply)).name == "memory");
}

TEST_CASE("who has to wait to be known holds up nobody else, and one too many is told so", "[net]") {
    Printing here;
    const Bytes request = joined(here.print_job(), as_bytes("page"));
    auto slow = std::async(std::launch::async, [&] { return here.post(request, "slow"); });
    here.asked.acquire();
    CHECK(Printing::answer(here.post(request, "slow")).status() == ipp::Status::server_error_busy);
    for (int i = 0; i < 3; ++i) CHECK(ipp::successful(Printing::answer(here.post(request, "alice")).status()));
    here.go_on.set_value();
    CHECK(ipp::successful(Printing::answer(slow.get()).status()));
    CHECK(ipp::successful(Printing::answer(here.post(request, "slow")).status()));
}

TEST_CASE("a document arrives whole, in one piece or streamed", "[net]") {
    Printing here;
    Bytes document(3'000'000);
    here.site.random.fill(document);
    const auto reply = Printing::answer(here.post(joined(here.print_job(), document), "alice"));
    CHECK(ipp::successful(reply.status()));
    const auto job = must(ipp::read_job(reply));
    CHECK(same_bytes(here.printer.all.at(job.id).document, document));
    CHECK(here.printer.all.at(job.id).owner == here.alice);

    const Bytes head = ipp::encode(here.print_job());
    std::size_t at = 0;
    net::HttpRequest request{.method = "POST", .target = "/ipp/print", .headers = {}, .body = {}};
    request.headers.add("Content-Type", "application/ipp");
    request.headers.add("Authorization", must(http::encode_basic("alice", crypto::Secret::copy_of("right"))));
    const Bytes all = joined(here.print_job(), document);
    request.next = [&]() -> Result<ByteView> {
        const std::size_t n = std::min<std::size_t>(at < head.size() ? 3 : 10'000, all.size() - at);
        at += n;
        return ByteView{all}.subspan(at - n, n);
    };
    const auto streamed = must(ipp::read_job(Printing::answer(must(here.client.request(request)))));
    CHECK(same_bytes(here.printer.all.at(streamed.id).document, document));
}

TEST_CASE("who is needed and isn't known is asked", "[net]") {
    Printing here;
    for (const std::string user : {"", "alice"}) {
        const auto reply = here.post(joined(here.print_job(), as_bytes("%PDF-")), user, "wrong");
        CHECK(reply.status == 401);
        CHECK(reply.headers.first("www-authenticate") == "Basic realm=\"safeq\", charset=\"UTF-8\"");
    }
    CHECK(here.printer.all.empty());
    CHECK(Printing::answer(here.post(joined(here.print_job(), {}), "busy")).status() == ipp::Status::server_error_busy);
    CHECK(here.printer.all.empty());
}

TEST_CASE("other methods, types and paths get no IPP", "[net]") {
    Printing here;
    const Bytes good = ipp::encode(ipp::make_get_printer_attributes(here.target(), 3, {}));
    CHECK(here.post(good, {}, {}, "text/plain").status == 415);
    CHECK(here.post(good, {}, {}, "").status == 415);
    CHECK(here.post(good, {}, {}, "application/ippx").status == 415);
    CHECK(here.post(good, {}, {}, "Application/IPP; x=y").status == 200);
    CHECK(here.post(good, {}, {}, "application/ipp", "/ipp").status == 404);
    CHECK(here.post(good, {}, {}, "application/ipp", "/ipp/print/").status == 404);
    CHECK(must(here.client.request({.method = "GET", .target = "/ipp/print", .headers = {}, .body = {}})).status ==
          405);
}

TEST_CASE("a broken request gets an IPP answer", "[net]") {
    Printing here;
    const Bytes good = ipp::encode(ipp::make_get_printer_attributes(here.target(), 9, {}));
    auto reply = Printing::answer(here.post(ByteView{good}.first(good.size() - 1)));
    CHECK(reply.status() == ipp::Status::client_error_bad_request);
    CHECK(reply.request_id == 9);
    reply = Printing::answer(here.post({}));
    CHECK(reply.status() == ipp::Status::client_error_bad_request);
    Bytes unknown_tag = good;
    unknown_tag[9] = std::byte{0x7f};
    CHECK(Printing::answer(here.post(unknown_tag)).status() == ipp::Status::client_error_bad_request);
    Bytes huge = good;
    huge.pop_back();
    for (int i = 0; i < 5000; ++i) {
        const std::string name = "a" + std::to_string(i);
        huge.push_back(std::byte{0x21});
        huge.push_back(std::byte{0});
        huge.push_back(static_cast<std::byte>(name.size()));
        const ByteView bytes = as_bytes(name);
        huge.insert(huge.end(), bytes.begin(), bytes.end());
        for (const int b : {0, 4, 0, 0, 0, 1}) huge.push_back(static_cast<std::byte>(b));
    }
    huge.push_back(std::byte{3});
    CHECK(!ipp::successful(Printing::answer(here.post(huge)).status()));
}

TEST_CASE("a document that is refused on its way leaves nothing, and the client hears why", "[net]") {
    Printing here;
    here.printer.max_document = 1'000'000;
    const Bytes document(3'000'000);
    const auto reply = Printing::answer(here.post(joined(here.print_job(), document), "alice"));
    CHECK(reply.status() == ipp::Status::client_error_request_entity_too_large);
    CHECK(here.printer.all.empty());
}

TEST_CASE("a client that hangs up in the middle leaves nothing", "[net]") {
    Printing here;
    const Bytes all = joined(here.print_job(), Bytes(1000));
    auto stream = here.running.connect(here.site);
    must(stream->write(
        as_bytes("POST /ipp/print HTTP/1.1\r\nHost: h\r\nContent-Type: application/ipp\r\nAuthorization: " +
                 must(http::encode_basic("alice", crypto::Secret::copy_of("right"))) +
                 "\r\nContent-Length: " + std::to_string(all.size() + 1000) + "\r\n\r\n")));
    must(stream->write(all));
    stream->close();
    CHECK(here.running.failures.has(Errc::connection_closed));
    CHECK(here.printer.all.empty());
}
