// SPDX-License-Identifier: Apache-2.0
#include "http/strict.hpp"

#include <llhttp.h>

#include <string_view>

namespace safeq::http::detail {
namespace {

bool taken(std::string_view text) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    return llhttp_execute(&parser, text.data(), text.size()) == HPE_OK;
}

}  // namespace

bool llhttp_is_strict() {
    constexpr std::string_view good =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    return taken(good) && !taken("GET / HTTP/1.1\r\nHost: h\r\n\rX") &&
           !taken("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc0\r\n\r\n");
}

}  // namespace safeq::http::detail
