// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <safeq/http/limits.hpp>
#include <safeq/http/message.hpp>

namespace safeq::http {

/// What a step of parsing came to.
enum class Event {
    need_more,  ///< everything given was taken; more is needed
    head,       ///< the head is complete; see `head()`
    body,       ///< `Step::body` is the next piece of the body
    end,        ///< the message is complete; the bytes after it belong to the next
};

/// What one call of `feed` gave.
struct Step {
    Event event = Event::need_more;
    std::size_t consumed = 0;
    ByteView body;  ///< into the bytes that were given; valid as long as those
};

namespace detail {
struct ParserImpl;
}

/// Reads HTTP/1.1 requests (RFC 9112), one after the other, without I/O: strict, so that no two readers can disagree
/// about where a message ends. Refused: folded lines, bare CR or LF, NUL, two lengths, a length beside chunks, HTTP/1.0
/// chunks, no or two Hosts, upgrades. *Threads*: one at a time.
class RequestParser final {
public:
    explicit RequestParser(const Limits& limits);
    ~RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;

    /// Takes bytes up to the next event. Call again with what was not consumed.
    /// *Errors*: `http_malformed`, `too_large`, `too_many`; then the connection can't be read on.
    [[nodiscard]] Result<Step> feed(ByteView bytes);

    /// *Requires*: the event `head` has come.
    [[nodiscard]] const RequestHead& head() const noexcept;

    /// Lowers or raises the limit of the body that is to come; between `head` and the first `body`.
    /// *Errors*: `too_large` when the head announces more.
    [[nodiscard]] Result<void> limit_body(std::uint64_t bytes);

private:
    std::unique_ptr<detail::ParserImpl> impl_;
};

/// Reads the response to one request. Interim responses (1xx) are skipped.
class ResponseParser final {
public:
    /// `to_head`: the response to a HEAD request has no body whatever its headers say.
    ResponseParser(const Limits& limits, bool to_head = false);
    ~ResponseParser();
    ResponseParser(ResponseParser&&) noexcept;
    ResponseParser& operator=(ResponseParser&&) noexcept;

    /// As `RequestParser::feed`.
    [[nodiscard]] Result<Step> feed(ByteView bytes);

    /// The connection ended. *Errors*: `truncated` unless the message ends with the connection.
    [[nodiscard]] Result<void> finish();

    [[nodiscard]] const ResponseHead& head() const noexcept;

private:
    std::unique_ptr<detail::ParserImpl> impl_;
};

}  // namespace safeq::http
