// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/http_client.hpp>

#include <fmt/format.h>

#include <safeq/http/parser.hpp>

#include "pace.hpp"

namespace safeq::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t max_idle = 8;

// The default port of an address' scheme, or 0 for a scheme that isn't ours.
unsigned short default_port(std::string_view scheme) {
    if (scheme == "https") return 443;
    if (scheme == "ipps") return 631;
    return 0;
}

}  // namespace

Result<HttpTarget> HttpTarget::https(std::string_view url, std::shared_ptr<const tls::ClientContext> context) {
    const auto wrong = [&](const char* why) {
        return fail(Errc::invalid_argument, std::string{url.substr(0, url.find("/ipp/t/"))}, why);
    };
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) return wrong("no scheme");
    const unsigned short standard = default_port(url.substr(0, colon));
    if (standard == 0) return wrong("expected https or ipps");
    std::string_view authority = url.substr(colon + 3);
    authority = authority.substr(0, authority.find('/'));
    if (authority.contains('@')) return wrong("no credentials in an address");
    HttpTarget out{.endpoint = {.host = {}, .port = standard}, .context = std::move(context), .local_path = {}};
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return wrong("an open bracket");
        out.endpoint.host = authority.substr(1, end - 1);
        if (authority.size() > end + 1 && authority[end + 1] != ':') return wrong("something behind the bracket");
        port = authority.size() > end + 1 ? authority.substr(end + 2) : std::string_view{};
    } else {
        const auto at = authority.find(':');
        out.endpoint.host = authority.substr(0, at);
        port = at == std::string_view::npos ? std::string_view{} : authority.substr(at + 1);
    }
    if (out.endpoint.host.empty()) return wrong("no host");
    if (!port.empty()) {
        unsigned n = 0;
        for (const char c : port) {
            if (c < '0' || c > '9' || n > 65535) return wrong("no port number");
            n = n * 10 + static_cast<unsigned>(c - '0');
        }
        if (n == 0 || n > 65535) return wrong("no port number");
        out.endpoint.port = static_cast<unsigned short>(n);
    }
    return out;
}

HttpTarget HttpTarget::local(std::string path) {
    return {.endpoint = {}, .context = nullptr, .local_path = std::move(path)};
}

HttpClient::HttpClient(HttpTarget target, const Clock& clock, Random& random, ClientStream::Options options,
                       const http::Limits& limits)
    : target_{std::move(target)}, clock_{clock}, random_{random}, options_{std::move(options)}, limits_{limits} {}

Result<std::unique_ptr<ClientStream>> HttpClient::connect(const Context& context, SteadyClock::time_point end) {
    const auto begun = SteadyClock::now();
    {
        const std::scoped_lock lock{mutex_};
        if (outage_) {
            if (begun < outage_->until) return std::unexpected(outage_->last);
            outage_->until = begun + options_.connect_timeout;  // for the others
        }
    }
    auto stream = try_to_connect(context, end);
    const auto now = SteadyClock::now();
    const bool waited = now - begun >= options_.connect_timeout / 10;
    const std::scoped_lock lock{mutex_};
    if (stream) connected_ = now;
    // Not where somebody got through since this one began.
    if (!stream && waited && target_.pause.count() > 0 && connected_ < begun)
        outage_ = Outage{.last = stream.error(), .until = now + target_.pause};
    else outage_.reset();
    return stream;
}

Result<std::unique_ptr<ClientStream>> HttpClient::try_to_connect(const Context& context, SteadyClock::time_point end) {
    ClientStream::Options options = options_;
    options.connect_timeout =
        std::min(options.connect_timeout, std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()));
    if (target_.choose) {
        SAFEQ_TRY(const Context chosen, target_.choose());
        if (!chosen) return fail(Errc::invalid_argument, "client", "no context was chosen");
        return ClientStream::connect(target_.endpoint, chosen, clock_, random_, options);
    }
    if (!context) return ClientStream::connect_local(target_.local_path, options);
    return ClientStream::connect(target_.endpoint, context, clock_, random_, options);
}

Result<void> HttpClient::use(Context context) {
    const std::scoped_lock lock{mutex_};
    if (!context || !target_.context)
        return fail(Errc::invalid_argument, "client", "a context replaces another one, and nothing else");
    target_.context = std::move(context);
    idle_.clear();
    return {};
}

Result<HttpReply> HttpClient::request(const HttpRequest& request) {
    std::unique_ptr<ClientStream> stream;
    Context context;
    {
        const std::scoped_lock lock{mutex_};
        context = target_.context;
        if (!idle_.empty()) {
            stream = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    // One that the server has ended meanwhile has something to say: the end.
    if (stream) {
        const auto spoke = stream->readable();
        if (!spoke || *spoke) stream.reset();
    }
    const bool used = stream != nullptr;
    if (!stream) {
        SAFEQ_TRY(stream, connect(context, request.end));
    }
    bool answered = false;
    bool reusable = false;
    auto reply = exchange(*stream, request, answered, reusable);
    if (!reply && used && !answered && !request.next && reply.error().code == Errc::connection_closed) {
        SAFEQ_TRY(stream, connect(context, request.end));
        reply = exchange(*stream, request, answered, reusable);
    }
    if (reply && reusable) {
        const std::scoped_lock lock{mutex_};
        if (idle_.size() < max_idle && context == target_.context) idle_.push_back(std::move(stream));
    }
    return reply;
}

Result<HttpReply> HttpClient::exchange(ClientStream& stream, const HttpRequest& request, bool& answered,
                                       bool& reusable) {
    stream.end_by(request.end);
    http::Headers headers = request.headers;
    const bool chunked = request.next && !request.body_bytes;
    if (chunked) headers.add("Transfer-Encoding", "chunked");
    else if (request.next) headers.add("Content-Length", fmt::format("{}", *request.body_bytes));
    else if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
        headers.add("Content-Length", fmt::format("{}", request.body.size()));
    const std::string host = target_.local_path.empty() ? target_.endpoint.text() : "localhost";
    SAFEQ_TRY(const std::string head, http::encode_request(request.method, request.target, host, headers));
    Bytes first = to_bytes(head);
    first.insert(first.end(), request.body.begin(), request.body.end());
    auto sent = stream.write(first);

    // A server may refuse before it has read everything: then its answer counts, not the broken pipe.
    bool complete = sent.has_value();
    std::uint64_t bytes = 0;
    for (bool more = sent && request.next; more;) {
        SAFEQ_TRY(const bool early, stream.readable());
        if (early) {
            complete = false;
            break;
        }
        SAFEQ_TRY(const ByteView piece, request.next());
        more = !piece.empty();
        if (chunked && !(sent = stream.write(as_bytes(fmt::format("{:x}\r\n", piece.size()))))) break;
        if (more && !(sent = stream.write(piece))) break;
        if (chunked && !(sent = stream.write(as_bytes("\r\n")))) break;
        bytes += piece.size();
        if (request.progress) request.progress(bytes);
    }
    if (!sent) complete = false;
    if (complete && request.body_bytes && request.next && bytes != *request.body_bytes)
        return fail(Errc::truncated, "request body",
                    fmt::format("{} bytes announced, {} given", *request.body_bytes, bytes));

    http::ResponseParser parser{limits_, request.method == "HEAD"};
    HttpReply reply;
    const auto head_end = SteadyClock::now() + options_.io_timeout;
    bool has_head = false;
    Pace pace{options_.io_timeout, options_.least_bytes_per_second};
    const auto read = [&]() -> Result<ByteView> {
        const auto begun = SteadyClock::now();
        if (has_head ? pace.too_slow() : begun > head_end) return fail(Errc::timed_out, "response", "too slow");
        if (!has_head) return stream.read(std::chrono::ceil<std::chrono::milliseconds>(head_end - begun));
        auto out = stream.read();
        pace.waited(SteadyClock::now() - begun);
        return out;
    };
    for (;;) {
        auto buffer = read();
        if (!buffer) return sent ? std::unexpected(buffer.error()) : std::unexpected(sent.error());
        if (buffer->empty()) {
            if (!sent) return std::unexpected(sent.error());
            if (!answered)
                return fail(Errc::connection_closed, "response", "the server ended the connection without an answer");
            SAFEQ_TRY_VOID(parser.finish());
            reusable = false;
            return reply;
        }
        answered = true;
        ByteView rest = *buffer;
        const std::size_t given = rest.size();
        for (;;) {
            SAFEQ_TRY(const http::Step step, parser.feed(rest));
            rest = rest.subspan(step.consumed);
            pace.moved(step.body.size());
            if (step.event == http::Event::head) {
                has_head = true;
                reply.status = parser.head().status;
                reply.headers = parser.head().headers;
                reusable = complete && parser.head().keep_alive;
            }
            if (step.event == http::Event::body)
                reply.body.insert(reply.body.end(), step.body.begin(), step.body.end());
            if (step.event == http::Event::end) {
                stream.consume(given - rest.size());
                reusable = reusable && rest.empty();
                return reply;
            }
            if (step.event == http::Event::need_more && rest.empty()) break;
        }
        stream.consume(given);
    }
}

}  // namespace safeq::net
