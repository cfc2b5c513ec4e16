// SPDX-License-Identifier: Apache-2.0
#include <safeq/http/parser.hpp>

#include <llhttp.h>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

#include "http/framing.hpp"

// Without strict mode llhttp takes smuggled heads and chunks; newer versions are strict unless told otherwise.
static_assert(LLHTTP_VERSION_MAJOR > 8 || LLHTTP_STRICT_MODE == 1);

namespace safeq::http {
namespace detail {

// llhttp pauses at the end of the head, at each piece of the body and at the end of the message, so that its caller
// sets the pace. The head is collected first and looked at as a whole: llhttp never sees a folded line or a bare LF.
struct ParserImpl {
    enum class Kind { request, response };

    ParserImpl(Kind parser_kind, const Limits& parser_limits, bool response_to_head)
        : kind{parser_kind}, configured{parser_limits}, limits{parser_limits}, to_head{response_to_head} {
        llhttp_settings_init(&settings);
        settings.on_url = [](llhttp_t* p, const char* at, std::size_t n) {
            return self(p).append(self(p).target, at, n);
        };
        settings.on_header_field = [](llhttp_t* p, const char* at, std::size_t n) {
            return self(p).append(self(p).field, at, n);
        };
        settings.on_header_value = [](llhttp_t* p, const char* at, std::size_t n) {
            return self(p).append(self(p).value, at, n);
        };
        settings.on_header_value_complete = [](llhttp_t* p) { return self(p).field_complete(); };
        settings.on_headers_complete = [](llhttp_t* p) { return self(p).headers_complete(); };
        settings.on_body = [](llhttp_t* p, const char* at, std::size_t n) { return self(p).body_piece(at, n); };
        settings.on_message_complete = [](llhttp_t* p) { return self(p).message_complete(); };
        settings.on_chunk_header = [](llhttp_t* p) { return self(p).chunk_header(); };
        const auto extension = [](llhttp_t* p, const char*, std::size_t n) {
            return self(p).count(self(p).extensions, n, self(p).limits.chunk_extension_bytes, "chunk extensions");
        };
        settings.on_chunk_extension_name = extension;
        settings.on_chunk_extension_value = extension;
        start();
    }

    static ParserImpl& self(llhttp_t* p) { return *static_cast<ParserImpl*>(p->data); }

    void start() {
        llhttp_init(&parser, kind == Kind::request ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
        parser.data = this;
        limits = configured;
        raw_head.clear();
        checked = 0;
        target.clear();
        field.clear();
        value.clear();
        headers = {};
        in_head = true;
        extensions = trailers = frame_bytes = 0;
        body_bytes = 0;
        frame_before = '\n';
        in_data = false;
        ended = false;
    }

    int refuse(Errc code, std::string where, std::string detail = {}) {
        if (!error) error = Error{code, std::move(where), std::move(detail)};
        return HPE_USER;
    }

    int append(std::string& to, const char* at, std::size_t n) {
        if (!in_head)
            if (const int over = count(trailers, n, limits.trailer_bytes, "trailers"); over != 0) return over;
        to.append(at, n);
        return 0;
    }

    int count(std::size_t& counter, std::size_t n, std::size_t most, const char* what) {
        if (n > most - counter) return refuse(Errc::too_large, what);
        counter += n;
        return 0;
    }

    int field_complete() {
        if (field.empty()) return refuse(Errc::http_malformed, "header", "without a name");
        if (!in_head) {
            if (frames(field)) return refuse(Errc::http_malformed, "trailer", "would frame the message");
            field.clear();
            value.clear();
            return 0;
        }
        if (headers.fields().size() >= limits.headers) return refuse(Errc::too_many, "headers");
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
        headers.add(std::move(field), std::move(value));
        field.clear();
        value.clear();
        return 0;
    }

    int headers_complete() {
        in_head = false;
        const auto read = kind == Kind::request ? request_complete() : response_complete();
        if (!read) return refuse(read.error().code, read.error().where, read.error().detail);
        // 1xx has neither body nor meaning here; its end is found at the message's end.
        if (kind == Kind::response && response.status / 100 == 1) return 0;
        pending = Event::head;
        head_due = true;
        return kind == Kind::response && (to_head || response.status == 204 || response.status == 304) ? 1 : 0;
    }

    Result<void> request_complete() {
        if (parser.http_major != 1 || parser.http_minor > 1)
            return fail(Errc::http_malformed, "version", "only HTTP/1.0 and HTTP/1.1");
        request = {};
        std::optional<std::string> authority;
        request.method = llhttp_method_name(static_cast<llhttp_method_t>(parser.method));
        if (request.method == "CONNECT" || parser.upgrade != 0)
            return fail(Errc::http_malformed, "upgrade", "not offered");
        if (target.size() > limits.target_bytes) return fail(Errc::too_large, "target");
        if (request.method == "OPTIONS" && target == "*") {
            request.path = "*";
        } else {
            SAFEQ_TRY(Target parsed, parse_target(target));
            authority = std::move(parsed.authority);
            request.path = std::move(parsed.path);
            request.query = std::move(parsed.query);
        }
        request.target = std::move(target);
        SAFEQ_TRY(const auto host, headers.find_one("host"));
        if (!host && parser.http_minor == 1) return fail(Errc::http_malformed, "host", "missing");
        if (host && !is_authority(*host)) return fail(Errc::http_malformed, "host", "not a name or address");
        if (authority && host && !ascii_iequals(*authority, *host))
            return fail(Errc::http_malformed, "host", "not that of the target");
        request.host = host.value_or("");
        SAFEQ_TRY(const Framing framing, read_framing(headers, parser.http_minor, limits.body_bytes));
        request.content_length = framing.content_length;
        request.chunked = framing.chunked;
        SAFEQ_TRY(const auto expect, headers.find_one("expect"));
        if (expect && !ascii_iequals(*expect, "100-continue"))
            return fail(Errc::http_malformed, "expect", "not 100-continue");
        request.expect_continue = expect.has_value() && parser.http_minor == 1;
        request.keep_alive = llhttp_should_keep_alive(&parser) != 0;
        request.headers = std::move(headers);
        return {};
    }

    Result<void> response_complete() {
        if (parser.http_major != 1 || parser.http_minor > 1)
            return fail(Errc::http_malformed, "version", "only HTTP/1.0 and HTTP/1.1");
        if (parser.upgrade != 0 || parser.status_code == 101)
            return fail(Errc::http_malformed, "upgrade", "not asked for");
        response = {};
        response.status = parser.status_code;
        if (response.status < 100 || response.status > 599)
            return fail(Errc::http_malformed, "status", "none that HTTP has");
        SAFEQ_TRY(const Framing framing, read_framing(headers, parser.http_minor, limits.body_bytes));
        response.content_length = framing.content_length;
        response.chunked = framing.chunked;
        response.keep_alive = llhttp_should_keep_alive(&parser) != 0;
        response.headers = std::move(headers);
        return {};
    }

    int chunk_header() {
        if (parser.content_length > limits.body_bytes - body_bytes)
            return refuse(Errc::too_large, "body", "chunks exceed the limit");
        return 0;
    }

    int body_piece(const char* at, std::size_t n) {
        if (n == 0) return 0;
        if (n > limits.body_bytes - body_bytes) return refuse(Errc::too_large, "body");
        body_bytes += n;
        piece = std::as_bytes(std::span{at, n});
        pending = Event::body;
        return HPE_PAUSED;
    }

    int message_complete() {
        ended = true;
        return HPE_PAUSED;
    }

    // Looks at raw bytes that frame a message: no reader may see a line end where another sees none.
    static Result<void> check_raw(std::string_view raw, char& before, std::string_view what) {
        for (const char c : raw) {
            if (c == '\n' && before != '\r')
                return fail(Errc::http_malformed, std::string{what}, "a line feed without carriage return");
            if (before == '\r' && c != '\n')
                return fail(Errc::http_malformed, std::string{what}, "a carriage return without line feed");
            if (before == '\n' && (c == ' ' || c == '\t'))
                return fail(Errc::http_malformed, std::string{what}, "a folded line");
            if ((c >= 0 && c < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
                return fail(Errc::http_malformed, std::string{what}, "a control character");
            before = c;
        }
        return {};
    }

    Result<Step> execute(ByteView bytes) {
        // llhttp takes a null pointer for the mark of a span that has not begun.
        constexpr static std::byte nothing{};
        if (bytes.data() == nullptr) bytes = {&nothing, 0};
        const char* data = reinterpret_cast<const char*>(bytes.data());
        for (;;) {
            pending = Event::need_more;
            const llhttp_errno_t result = llhttp_execute(
                &parser, data,
                static_cast<std::size_t>(reinterpret_cast<const char*>(bytes.data()) + bytes.size() - data));
            if (error) return std::unexpected(*error);
            if (result != HPE_OK && result != HPE_PAUSED) {
                error = Error{
                    Errc::http_malformed, "message",
                    fmt::format(
                        "{}: {}", llhttp_errno_name(result),
                        escape_for_log(llhttp_get_error_reason(&parser) ? llhttp_get_error_reason(&parser) : ""))};
                return std::unexpected(*error);
            }
            if (result == HPE_OK) return Step{.event = pending, .consumed = bytes.size()};
            data = llhttp_get_error_pos(&parser);
            const auto consumed = static_cast<std::size_t>(data - reinterpret_cast<const char*>(bytes.data()));
            llhttp_resume(&parser);
            if (pending == Event::body) return Step{.event = Event::body, .consumed = consumed, .body = piece};
            if (ended) return Step{.event = Event::end, .consumed = consumed};
        }
    }

    Result<Step> feed(ByteView bytes) {
        if (error) return std::unexpected(*error);
        if (end_due) {  // the message was complete with its head
            end_due = false;
            start();
            return Step{.event = Event::end};
        }
        if (in_head) return collect_head(bytes);
        const bool chunked = kind == Kind::request ? request.chunked : response.chunked;
        SAFEQ_TRY(const Step step, chunked ? chunks(bytes) : execute(bytes));
        if (step.event == Event::end) {
            head_done = false;
            start();
        }
        return step;
    }

    // What stands between two pieces of a chunked body has a budget, whatever it is: sizes with a million leading zeros
    // too. llhttp is given no more than the budget allows, so that the outcome doesn't depend on how the bytes arrive.
    Result<Step> chunks(ByteView bytes) {
        const std::uint64_t room = limits.chunk_extension_bytes + limits.trailer_bytes + 64 - frame_bytes + 1 +
                                   (in_data ? parser.content_length : 0);
        if (room < bytes.size()) bytes = bytes.first(static_cast<std::size_t>(room));
        const auto step = execute(bytes);
        const char* const begin = reinterpret_cast<const char*>(bytes.data());
        const char* const end = !step                        ? llhttp_get_error_pos(&parser)
                                : step->event == Event::body ? reinterpret_cast<const char*>(step->body.data())
                                                             : begin + step->consumed;
        const std::string_view frame{begin, end == nullptr ? 0 : static_cast<std::size_t>(end - begin)};
        if (auto good = check_raw(frame, frame_before, "chunk"); !good) {
            error = std::move(good).error();
            return std::unexpected(*error);
        }
        if (!step) return step;
        frame_bytes += frame.size();
        in_data = step->event == Event::body;
        if (in_data) {
            frame_bytes = 0;
            frame_before = '\0';
        } else if (step->event == Event::need_more && room == frame.size()) {
            error = Error{Errc::too_large, "chunk", "more framing than any body needs"};
            return std::unexpected(*error);
        }
        return step;
    }

    Result<Step> collect_head(ByteView bytes) {
        const std::size_t before = raw_head.size();
        const std::size_t room = limits.head_bytes - before;
        raw_head.append(as_text(bytes.subspan(0, std::min(room + 1, bytes.size()))));
        const auto end = raw_head.find("\r\n\r\n", before < 3 ? 0 : before - 3);
        const std::size_t head_size = end == std::string::npos ? raw_head.size() : end + 4;
        raw_head.resize(head_size);
        char last = checked == 0 ? '\0' : raw_head[checked - 1];
        if (auto good = check_raw(std::string_view{raw_head}.substr(checked), last, "head"); !good) {
            error = std::move(good).error();
            return std::unexpected(*error);
        }
        checked = raw_head.size();
        if (head_size > limits.head_bytes) {
            error = Error{Errc::too_large, "head", fmt::format("more than {} bytes", limits.head_bytes)};
            return std::unexpected(*error);
        }
        const std::size_t consumed = head_size - before;
        if (end == std::string::npos) return Step{.event = Event::need_more, .consumed = consumed};
        if (raw_head.starts_with("\r\n")) {
            error = Error{Errc::http_malformed, "head", "an empty line before it"};
            return std::unexpected(*error);
        }
        // Between method, target and version one space each; llhttp would take more.
        const std::string_view line{raw_head.data(), raw_head.find("\r\n")};
        if (kind == Kind::request && std::ranges::count(line, ' ') != 2) {
            error = Error{Errc::http_malformed, "request line", "not method, target and version"};
            return std::unexpected(*error);
        }
        const std::string head = raw_head;
        head_due = false;
        SAFEQ_TRY(const Step step, execute(as_bytes(head)));
        if (step.consumed != head.size()) {
            error = Error{Errc::http_malformed, "head", "it ends before its empty line"};
            return std::unexpected(*error);
        }
        if (!head_due) {  // an interim response
            if (++interim > most_interim) {
                error = Error{Errc::too_many, "response", "interim ones without end"};
                return std::unexpected(*error);
            }
            start();
            return Step{.event = Event::need_more, .consumed = consumed};
        }
        head_done = true;
        if (step.event == Event::end || ended) {
            end_due = true;
            head_done = false;
        }
        return Step{.event = Event::head, .consumed = consumed};
    }

    static constexpr int most_interim = 16;

    Kind kind;
    Limits configured;
    Limits limits;  // of this message; see limit_body
    bool to_head;
    llhttp_settings_t settings{};
    llhttp_t parser{};
    std::string raw_head, target, field, value;
    Headers headers;
    RequestHead request;
    ResponseHead response;
    bool in_head = true;     // llhttp has not seen the end of the head
    bool head_done = false;  // the head was told, the body follows
    bool head_due = false;
    bool end_due = false;  // the next event is the end
    bool ended = false;
    Event pending = Event::need_more;
    ByteView piece;
    std::size_t checked = 0;  // of raw_head
    std::size_t extensions = 0, trailers = 0;
    std::size_t frame_bytes = 0;  // since the last piece of a chunked body
    char frame_before = '\n';
    bool in_data = false;  // parser.content_length is what is left of a chunk
    int interim = 0;
    std::uint64_t body_bytes = 0;
    std::optional<Error> error;
};

}  // namespace detail

using detail::ParserImpl;

RequestParser::RequestParser(const Limits& limits)
    : impl_{std::make_unique<ParserImpl>(ParserImpl::Kind::request, limits, false)} {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
Result<Step> RequestParser::feed(ByteView bytes) { return impl_->feed(bytes); }
const RequestHead& RequestParser::head() const noexcept { return impl_->request; }

Result<void> RequestParser::limit_body(std::uint64_t bytes) {
    impl_->limits.body_bytes = bytes;
    if (impl_->request.content_length.value_or(0) > bytes)
        return fail(Errc::too_large, "body",
                    fmt::format("{} bytes, at most {}", *impl_->request.content_length, bytes));
    return {};
}

ResponseParser::ResponseParser(const Limits& limits, bool to_head)
    : impl_{std::make_unique<ParserImpl>(ParserImpl::Kind::response, limits, to_head)} {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;
Result<Step> ResponseParser::feed(ByteView bytes) { return impl_->feed(bytes); }
const ResponseHead& ResponseParser::head() const noexcept { return impl_->response; }

Result<void> ResponseParser::finish() {
    if (impl_->error) return std::unexpected(*impl_->error);
    if (impl_->head_done && llhttp_finish(&impl_->parser) == HPE_PAUSED) return {};
    return fail(Errc::truncated, "response", "the connection ended before the message");
}

}  // namespace safeq::http
