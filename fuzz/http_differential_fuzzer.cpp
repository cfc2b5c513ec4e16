// SPDX-License-Identifier: Apache-2.0
// Under test: http::RequestParser (against Boost.Beast's).
// Property: a request that ours takes Beast takes, too, and both see the same method, target, fields, framing and body,
// and the same end: what comes behind would be the same next request for both. (That is what smuggling lives on.)
#include <algorithm>
#include <cstdlib>
#include <string>

#include <boost/beast/http.hpp>

#include <safeq/core/text.hpp>

#include "http_events.hpp"

using namespace safeq;

namespace {

namespace beast = boost::beast::http;

constexpr http::Limits limits{.head_bytes = 4096,
                              .headers = 40,
                              .target_bytes = 512,
                              .body_bytes = 2048,
                              .chunk_extension_bytes = 64,
                              .trailer_bytes = 128};

void must(bool holds) {
    if (!holds) std::abort();
}

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view in{reinterpret_cast<const char*>(data), size};
    const auto ours =
        test::run<http::RequestHead>(http::RequestParser{limits}, in, true, [] { return std::size_t{0}; });
    if (ours.ends == 0) return 0;
    const http::RequestHead& head = ours.heads.front();

    beast::request_parser<beast::string_body> theirs;
    theirs.eager(true);
    theirs.header_limit(64 * 1024);
    theirs.body_limit(64 * 1024);
    boost::system::error_code error;
    std::size_t at = 0;
    while (!theirs.is_done()) {
        const std::size_t n = theirs.put(boost::asio::buffer(in.data() + at, in.size() - at), error);
        at += n;
        if (error == beast::error::need_more) must(false);
        // Of an extension only the end of its line counts, and that is looked at before.
        if (error == beast::error::bad_chunk_extension) return 0;
        must(!error);
        if (n == 0 && !theirs.is_done()) must(false);
    }
    const beast::request<beast::string_body>& request = theirs.get();
    must(at == ours.consumed);
    must(text(request.method_string()) == head.method && text(request.target()) == head.target);
    must(request.body() == ours.bodies.front());
    must(theirs.chunked() == head.chunked);
    if (head.chunked) return 0;  // Beast adds the trailers to the fields
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& field : request) fields.emplace_back(ascii_lower(text(field.name_string())), text(field.value()));
    std::vector<std::pair<std::string, std::string>> own;
    for (const auto& [name, value] : head.headers.fields()) own.emplace_back(ascii_lower(name), value);
    // Beast puts fields of one name side by side.
    std::ranges::stable_sort(fields, {}, &std::pair<std::string, std::string>::first);
    std::ranges::stable_sort(own, {}, &std::pair<std::string, std::string>::first);
    must(fields == own);
    return 0;
}
