// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <safeq/http/parser.hpp>

namespace safeq::test {

/// What a parser told about a stream of messages, in a form that doesn't show how the bytes were cut.
template <class Head>
struct Events {
    std::vector<Head> heads;
    std::vector<std::string> bodies;
    std::size_t ends = 0;
    std::size_t consumed = 0;  // up to the last end
    bool refused = false;

    friend bool operator==(const Events&, const Events&) = default;
};

/// Feeds `text` in pieces: `cut` gives the length of the next one, 0 for all that is left.
template <class Head, class Parser, class Cut>
Events<Head> run(Parser parser, std::string_view text, bool one_message, Cut cut) {
    Events<Head> seen;
    std::size_t at = 0, given = 0;
    while (at < text.size() || given == 0) {
        const std::size_t piece = cut();
        const std::size_t end = piece == 0 || piece > text.size() - at ? text.size() : at + piece;
        given = 1;
        for (;;) {
            const auto step = parser.feed(as_bytes(text.substr(at, end - at)));
            if (!step) {
                seen.refused = true;
                return seen;
            }
            if (step->consumed > end - at) std::abort();
            at += step->consumed;
            if (step->event == http::Event::head) {
                seen.heads.push_back(parser.head());
                seen.bodies.emplace_back();
            }
            if (step->event == http::Event::body) {
                if (step->body.empty()) std::abort();
                seen.bodies.back() += as_text(step->body);
            }
            if (step->event == http::Event::end) {
                ++seen.ends;
                seen.consumed = at;
                if (one_message) return seen;
            }
            if (step->event == http::Event::need_more && at == end) break;
        }
    }
    return seen;
}

/// Lengths of pieces that depend on the input only.
class Cuts {
public:
    explicit Cuts(std::string_view seed) noexcept {
        for (const char c : seed) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    std::size_t operator()() noexcept {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return 1 + static_cast<std::size_t>(state_ >> 33) % 23;
    }

private:
    std::uint64_t state_ = 0xcbf29ce484222325U;
};

/// The events, after making sure that they are the same in one piece, byte by byte and cut anywhere.
template <class Head, class MakeParser>
Events<Head> run_every_way(MakeParser make, std::string_view text, bool one_message) {
    const auto whole = run<Head>(make(), text, one_message, [] { return std::size_t{0}; });
    if (!(run<Head>(make(), text, one_message, [] { return std::size_t{1}; }) == whole)) std::abort();
    if (!(run<Head>(make(), text, one_message, Cuts{text}) == whole)) std::abort();
    return whole;
}

}  // namespace safeq::test
