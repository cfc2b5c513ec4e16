// SPDX-License-Identifier: Apache-2.0
// Under test: token::OpaqueToken::parse, token::parse_print_path, token::format_print_path, token::redact_print_paths.
// Property: a path that is taken is written back byte for byte; what is redacted holds no token any more, and redacting
// it again changes nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <safeq/token/print_token.hpp>

using namespace safeq;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::string redacted = token::redact_print_paths(text);
    if (token::redact_print_paths(redacted) != redacted) std::abort();

    const auto secret = token::parse_print_path(text);
    if (!secret) return 0;
    const crypto::Secret path = token::format_print_path(crypto::Secret::copy_of(*secret));
    if (as_text(path.expose()) != text) std::abort();
    if (redacted != "/ipp/t/***") std::abort();
    const auto parsed = token::OpaqueToken::parse(*secret);
    if (!parsed) std::abort();
    const crypto::Secret again = parsed->text();
    if (as_text(again.expose()) != *secret) std::abort();
    return 0;
}
