// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/ipp_client.hpp>

#include <atomic>

#include <safeq/ipp/codec.hpp>
#include <safeq/ipp/engine.hpp>

#include "loopback.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

using Answer = std::function<net::HttpResponse(const ipp::Message& request, ByteView document)>;

net::HttpResponse ipp_response(const ipp::Message& message) {
    net::HttpResponse out{.status = 200, .headers = {}, .body = ipp::encode(message)};
    out.headers.add("Content-Type", "application/ipp");
    return out;
}

net::HttpResponse status(const ipp::Message& request, ipp::Status code, std::string_view text = {}) {
    return ipp_response(ipp::refuse(request.header(), code, text));
}

net::HttpResponse job(const ipp::Message& request, ipp::JobState state, std::int32_t id = 5,
                      std::int32_t impressions = 0) {
    ipp::Message out = ipp::refuse(request.header(), ipp::Status::successful_ok);
    ipp::Group& group = out.group(ipp::GroupTag::job);
    group.set("job-id", ipp::Value::integer(id));
    group.set("job-uri", ipp::Value::uri("ipps://device/jobs/5"));
    group.set("job-state", ipp::Value::enumeration(static_cast<std::int32_t>(state)));
    group.set("job-impressions-completed", ipp::Value::integer(impressions));
    return ipp_response(out);
}

// A printer that answers as a test wants: each request by the next answer, the last one for all that follow.
struct Device {
    Site site;
    std::vector<Answer> answers;
    std::atomic<std::size_t> asked{0};
    Bytes document;
    Running running{site,
                    {.tls = site.server(),
                     .handler = [this](const http::RequestHead&, net::BodyReader& body,
                                       const net::PeerInfo&) -> asio::awaitable<net::HttpResponse> {
                         const auto all = co_await body.collect(64 * 1024 * 1024);
                         if (!all) co_return net::HttpResponse{.status = 400, .headers = {}, .body = {}};
                         const auto head = ipp::decode(*all, ipp::Limits::standard());
                         if (!head) co_return net::HttpResponse{.status = 400, .headers = {}, .body = {}};
                         const ByteView rest = ByteView{*all}.subspan(head->consumed);
                         if (!rest.empty()) document = to_bytes(rest);
                         const std::size_t at = std::min(asked++, answers.size() - 1);
                         co_return answers[at](head->message, rest);
                     }}};

    explicit Device(std::vector<Answer> script) : answers{std::move(script)} {}

    [[nodiscard]] std::unique_ptr<net::IppClient> client(net::ClientStream::Options stream = {},
                                                         std::chrono::milliseconds finish = 30s) {
        return must(
            net::IppClient::create({.uri = "ipps://127.0.0.1:" + std::to_string(running.server.port()) + "/ipp/print",
                                    .user_name = "safeq",
                                    .stream = std::move(stream),
                                    .finish_timeout = finish},
                                   site.client(), site.clock, site.random));
    }
};

net::PrintDocument document_of(const Bytes& bytes, std::size_t piece = 100'000) {
    return {.ticket = {.job_name = "plan", .document_format = "application/pdf"},
            .bytes = bytes.size(),
            .next = [&bytes, piece, at = std::size_t{0}]() mutable -> Result<ByteView> {
                const std::size_t n = std::min(piece, bytes.size() - at);
                at += n;
                return ByteView{bytes}.subspan(at - n, n);
            }};
}

}  // namespace

TEST_CASE("a document is printed when the printer says so", "[net]") {
    using ipp::JobState;
    Device device{{[](const auto& r, ByteView) { return job(r, JobState::pending); },
                   [](const auto& r, ByteView) { return job(r, JobState::processing); },
                   [](const auto& r, ByteView) { return job(r, JobState::completed, 5, 3); }}};
    Bytes bytes(2'000'000);
    device.site.random.fill(bytes);
    const auto report = device.client()->print(document_of(bytes));
    CHECK(report.end == net::PrintEnd::completed);
    CHECK(report.job.impressions_completed == 3);
    CHECK(same_bytes(device.document, bytes));
    CHECK(device.asked == 3);
}

TEST_CASE("what a printer refuses was not printed", "[net]") {
    const Bytes bytes(1000);
    SECTION("by IPP") {
        Device device{{[](const auto& r, ByteView) {
            return status(r, ipp::Status::client_error_document_format_not_supported, "no\x01pe");
        }}};
        const auto report = device.client()->print(document_of(bytes));
        CHECK(report.end == net::PrintEnd::refused);
        CHECK(report.detail.contains("document-format-not-supported"));
        CHECK(!report.detail.contains('\x01'));
    }
    SECTION("by HTTP") {
        Device device{
            {[](const auto&, ByteView) { return net::HttpResponse{.status = 403, .headers = {}, .body = {}}; }}};
        CHECK(device.client()->print(document_of(bytes)).end == net::PrintEnd::refused);
    }
    SECTION("by asking who we are") {
        Device device{
            {[](const auto&, ByteView) { return net::HttpResponse{.status = 401, .headers = {}, .body = {}}; }}};
        CHECK(device.client()->print(document_of(bytes)).end == net::PrintEnd::refused);
    }
    SECTION("by giving up before the first page") {
        Device device{{[](const auto& r, ByteView) { return job(r, ipp::JobState::aborted); }}};
        auto report = device.client()->print(document_of(bytes));
        CHECK(report.end != net::PrintEnd::completed);
    }
}

TEST_CASE("a printer that can't be reached or isn't the one has printed nothing", "[net]") {
    Bytes bytes(1000);
    Site site{2};
    bool asked = false;
    auto document = document_of(bytes);
    document.next = [&]() -> Result<ByteView> {
        asked = true;
        return ByteView{bytes};
    };
    std::string uri;
    {
        Device device{{[](const auto& r, ByteView) { return job(r, ipp::JobState::completed); }}};
        uri = "ipps://127.0.0.1:" + std::to_string(device.running.server.port()) + "/ipp/print";
        const auto stranger = must(net::IppClient::create({.uri = uri}, site.client(), site.clock, site.random));
        CHECK(stranger->print(document).end == net::PrintEnd::refused);
        CHECK(device.asked == 0);
    }
    const auto gone = must(net::IppClient::create({.uri = uri}, site.client(), site.clock, site.random));
    CHECK(gone->print(document).end == net::PrintEnd::refused);
    CHECK(!asked);
}

TEST_CASE("a source that fails before the first byte means refused, later uncertain", "[net]") {
    Device device{{[](const auto& r, ByteView) { return job(r, ipp::JobState::completed); }}};
    const Bytes bytes(1000);
    for (const int good : {0, 1}) {
        auto document = document_of(bytes, 100);
        document.next = [&, calls = 0]() mutable -> Result<ByteView> {
            if (calls++ == good) return fail(Errc::fenced, "attempt");
            return ByteView{bytes}.first(100);
        };
        CHECK(device.client()->print(document).end == (good == 0 ? net::PrintEnd::refused : net::PrintEnd::uncertain));
    }
    CHECK(device.asked == 0);
}

TEST_CASE("nobody knows what a silent or babbling printer did", "[net]") {
    using ipp::JobState;
    const Bytes bytes(1000);
    const auto pending = [](const auto& r, ByteView) { return job(r, JobState::processing); };
    const auto end_of = [&](std::vector<Answer> answers, std::chrono::milliseconds finish = 30s) {
        return Device{std::move(answers)}.client({}, finish)->print(document_of(bytes)).end;
    };
    const Answer html = [](const auto&, ByteView) {
        net::HttpResponse out{.status = 200, .headers = {}, .body = to_bytes("<html>")};
        out.headers.add("Content-Type", "text/html");
        return out;
    };
    const Answer garbage = [](const auto&, ByteView) {
        net::HttpResponse out{.status = 200, .headers = {}, .body = Bytes(100, std::byte{0xff})};
        out.headers.add("Content-Type", "application/ipp");
        return out;
    };
    const Answer huge = [](const auto&, ByteView) {
        net::HttpResponse out{.status = 200, .headers = {}, .body = Bytes(3'000'000)};
        out.headers.add("Content-Type", "application/ipp");
        return out;
    };
    const Answer other_id = [](const auto& r, ByteView) {
        ipp::Message message = r;
        message.request_id = 99;
        return job(message, JobState::completed);
    };
    CHECK(end_of({html}) == net::PrintEnd::uncertain);
    CHECK(end_of({garbage}) == net::PrintEnd::uncertain);
    CHECK(end_of({huge}) == net::PrintEnd::uncertain);
    CHECK(end_of({other_id}) == net::PrintEnd::uncertain);
    CHECK(end_of({[](const auto& r, ByteView) { return job(r, JobState::completed, 0); }}) == net::PrintEnd::uncertain);
    CHECK(end_of({pending, garbage}, 300ms) == net::PrintEnd::uncertain);
    CHECK(end_of({pending, [](const auto& r, ByteView) { return job(r, JobState::completed, 6); }}, 300ms) ==
          net::PrintEnd::uncertain);
    CHECK(end_of({pending, [](const auto& r, ByteView) { return status(r, ipp::Status::client_error_not_found); }}) ==
          net::PrintEnd::uncertain);
    CHECK(end_of({pending}, 100ms) == net::PrintEnd::uncertain);
    CHECK(end_of({[](const auto& r, ByteView) { return job(r, JobState::canceled, 5, 1); }}) ==
          net::PrintEnd::uncertain);
}

TEST_CASE("waiting for a printer can be stopped", "[net]") {
    Device device{{[](const auto& r, ByteView) { return job(r, ipp::JobState::processing); }}};
    std::stop_source stop;
    const Bytes bytes(1000);
    const auto client = device.client({.stop = stop.get_token()}, 24h);
    std::thread stopper{[&] {
        while (device.asked < 3) std::this_thread::yield();
        stop.request_stop();
    }};
    const auto report = client->print(document_of(bytes));
    stopper.join();
    CHECK(report.end == net::PrintEnd::uncertain);
}

TEST_CASE("a printer that tells nothing about its job is not waited for any longer", "[net]") {
    using ipp::JobState;
    std::atomic<bool> reported{false};
    Device device{{[](const auto& r, ByteView) { return job(r, JobState::processing); },
                   [&](const auto& r, ByteView) {
                       const auto end = std::chrono::steady_clock::now() + 30s;
                       while (!reported && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
                       return job(r, JobState::completed);
                   }}};
    const Bytes bytes(1000);
    const auto report = device.client({.io_timeout = 24h}, 200ms)->print(document_of(bytes));
    reported = true;
    CHECK(report.end == net::PrintEnd::uncertain);
}

TEST_CASE("a printer's attributes are read", "[net]") {
    Device device{{[](const auto& r, ByteView) {
                       ipp::Message out = ipp::refuse(r.header(), ipp::Status::successful_ok);
                       ipp::Group& group = out.group(ipp::GroupTag::printer);
                       group.set("printer-name", ipp::Value::name("mfd"));
                       group.set("document-format-supported", ipp::Value::mime_media_type("application/pdf"));
                       group.set("printer-is-accepting-jobs", ipp::Value::boolean(true));
                       return ipp_response(out);
                   },
                   [](const auto& r, ByteView) { return status(r, ipp::Status::server_error_busy); }}};
    const auto client = device.client();
    const auto printer = must(client->printer());
    CHECK(printer.name == "mfd");
    CHECK(printer.takes_format("application/pdf"));
    const auto refused = client->printer();
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::ipp_status);
}
