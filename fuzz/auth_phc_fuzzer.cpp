// SPDX-License-Identifier: Apache-2.0
// Under test: auth::PhcString::parse, auth::PhcString::text, auth::PhcString::from.
// Property: what is taken is canonical (written back it is the input, byte for byte), within the bounds of cost, and
// the same string as its parts make.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <safeq/auth/phc.hpp>

using namespace safeq;
using auth::PhcString;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto parsed = PhcString::parse(text);
    if (!parsed) return 0;
    if (parsed->text() != text) std::abort();
    if (!auth::within_bounds(parsed->cost())) std::abort();
    if (parsed->salt().size() > PhcString::max_salt_bytes || parsed->hash().size() > PhcString::max_hash_bytes)
        std::abort();
    const auto again = PhcString::from(parsed->cost(), parsed->pepper(), parsed->salt(), parsed->hash());
    if (!again || !(*again == *parsed)) std::abort();
    return 0;
}
