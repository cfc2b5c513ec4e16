// SPDX-License-Identifier: Apache-2.0
// Under test: http::RequestParser, http::ResponseParser, http::parse_target, http::encode_request.
// Property: in one piece, byte by byte and cut anywhere a stream gives the same events; a head that is taken has a path
// without dot segments, empty segments, backslashes and controls, and one framing; written again and read again it is
// the same head.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http_events.hpp"

using namespace safeq;
using namespace safeq::http;

namespace {

constexpr Limits limits{.head_bytes = 2048,
                        .headers = 20,
                        .target_bytes = 256,
                        .body_bytes = 1024,
                        .chunk_extension_bytes = 64,
                        .trailer_bytes = 128};

void require(bool condition) {
    if (!condition) std::abort();
}

Headers without_host(const Headers& headers) {
    Headers out;
    for (const auto& [name, value] : headers.fields())
        if (name.size() != 4 || (name[0] | 0x20) != 'h' || (name[1] | 0x20) != 'o' || (name[2] | 0x20) != 's' ||
            (name[3] | 0x20) != 't')
            out.add(name, value);
    return out;
}

void check(const RequestHead& head) {
    require(head.headers.fields().size() <= limits.headers && head.target.size() <= limits.target_bytes);
    require(!(head.chunked && head.content_length));
    require(head.content_length.value_or(0) <= limits.body_bytes);
    require(head.headers.count("host") <= 1 && head.headers.count("content-length") <= 1);
    if (head.path == "*") return;
    require(head.path.starts_with('/'));
    for (const char c : head.path) require((c < 0 || c >= 0x20) && c != 0x7f && c != '\\');
    require(head.path.find("//") == std::string::npos);
    const std::string closed = head.path + "/";
    require(closed.find("/./") == std::string::npos && closed.find("/../") == std::string::npos);

    if (head.host.empty()) return;
    const auto text = encode_request(head.method, head.target, head.host, without_host(head.headers));
    require(text.has_value());
    // Whitespace that was trimmed and a version can only make it shorter or one byte longer.
    Limits again_limits = limits;
    again_limits.head_bytes += 64;
    RequestParser parser{again_limits};
    const auto step = parser.feed(as_bytes(*text));
    require(step && step->event == Event::head && step->consumed == text->size());
    const RequestHead& again = parser.head();
    require(again.method == head.method && again.target == head.target && again.path == head.path &&
            again.query == head.query);
    require(again.host == head.host && again.content_length == head.content_length && again.chunked == head.chunked);
    require(without_host(again.headers) == without_host(head.headers));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto requests = test::run_every_way<RequestHead>([] { return RequestParser{limits}; }, text, false);
    for (const RequestHead& head : requests.heads) check(head);
    for (const bool to_head : {false, true}) {
        const auto responses =
            test::run_every_way<ResponseHead>([&] { return ResponseParser{limits, to_head}; }, text, true);
        for (const ResponseHead& head : responses.heads) {
            require(head.status >= 200 && head.status <= 599);
            require(!(head.chunked && head.content_length));
        }
    }
    return 0;
}
