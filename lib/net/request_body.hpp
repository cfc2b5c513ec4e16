// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include <safeq/http/parser.hpp>
#include <safeq/net/http_server.hpp>

#include "pace.hpp"

namespace safeq::net {

/// Pulls the body of one request out of the stream.
class RequestBody final : public BodyReader {
public:
    RequestBody(const HttpTimeouts& timeouts, Stream& stream, http::RequestParser& parser)
        : timeouts_{timeouts},
          stream_{stream},
          parser_{parser},
          wants_continue_{parser.head().expect_continue && parser.head().has_body()} {}

    asio::awaitable<Result<ByteView>> next() override {
        if (ended_) co_return ByteView{};
        if (error_) co_return std::unexpected(*error_);
        if (std::exchange(wants_continue_, false)) {
            if (auto sent = co_await stream_.write(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"), timeouts_.write); !sent)
                co_return keep(std::move(sent).error());
        }
        stream_.consume(std::exchange(lent_, 0));
        ByteView buffer;
        for (bool first = true;; first = false) {
            if (!first) {
                if (pace_.too_slow()) co_return keep(Error{Errc::timed_out, "body", "too slow"});
                const auto begun = std::chrono::steady_clock::now();
                auto read = co_await stream_.read(timeouts_.body);
                pace_.waited(std::chrono::steady_clock::now() - begun);
                if (!read) co_return keep(std::move(read).error());
                buffer = *read;
                if (buffer.empty()) co_return keep(Error{Errc::connection_closed, "body", "it stops half way"});
            }
            auto step = parser_.feed(buffer);
            if (!step) co_return keep(std::move(step).error());
            switch (step->event) {
                case http::Event::end:
                    stream_.consume(step->consumed);
                    ended_ = true;
                    co_return ByteView{};
                case http::Event::body:
                    // The piece lies in the stream's buffer: it is consumed when the next one is asked for.
                    lent_ = step->consumed;
                    pace_.moved(step->body.size());
                    co_return step->body;
                case http::Event::need_more:
                case http::Event::head: stream_.consume(step->consumed); break;
            }
        }
    }

    /// Reads to the end what the handler left, if it is little; false when the connection must end.
    asio::awaitable<bool> drain() {
        if (wants_continue_) co_return false;
        std::size_t left = 256 * 1024;
        while (!ended_) {
            const auto piece = co_await next();
            if (!piece || piece->size() > left) co_return false;
            left -= piece->size();
        }
        co_return true;
    }

    [[nodiscard]] bool ended() const noexcept { return ended_; }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

private:
    std::unexpected<Error> keep(Error error) {
        error_ = error;
        return std::unexpected(std::move(error));
    }

    const HttpTimeouts& timeouts_;
    Stream& stream_;
    http::RequestParser& parser_;
    bool wants_continue_;
    bool ended_ = false;
    std::size_t lent_ = 0;
    Pace pace_{timeouts_.body, timeouts_.least_bytes_per_second};
    std::optional<Error> error_;
};

}  // namespace safeq::net
