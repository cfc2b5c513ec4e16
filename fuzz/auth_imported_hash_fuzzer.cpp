// SPDX-License-Identifier: Apache-2.0
// Under test: auth::ForeignHash::parse, crypto::from_bcrypt_base64, auth::ImportedHash::of, auth::ImportedHash::parse,
// auth::ImportedHash::text, auth::StoredPassword::parse.
// Property: what is taken of a foreign hash is within its function's bounds, and what is stored of it reads back as the
// same; what is taken as stored is canonical and within the bounds; no text is both.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <safeq/auth/imported_hash.hpp>

using namespace safeq;
using namespace safeq::auth;

namespace {

bool within(const ForeignRules& rules, std::uint32_t cost, ByteView salt) {
    return cost >= rules.least_cost && cost <= rules.most_cost && salt.size() >= rules.least_salt_bytes &&
           salt.size() <= rules.most_salt_bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Pepper pepper{PepperKey{}};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto foreign = ForeignHash::parse(text);
    const auto stored = ImportedHash::parse(text);
    if (foreign && stored) std::abort();
    if (foreign) {
        const ForeignRules& rules = rules_of(foreign->function());
        if (!within(rules, foreign->cost(), foreign->salt())) std::abort();
        if (foreign->hash().size() != rules.hash_bytes) std::abort();
        const ImportedHash imported = ImportedHash::of(*foreign, pepper);
        if (!imported.matches(pepper, foreign->hash())) std::abort();
        const auto again = ImportedHash::parse(imported.text());
        if (!again || !(*again == imported)) std::abort();
    }
    if (stored) {
        if (stored->text() != text) std::abort();
        if (!within(rules_of(stored->function()), stored->cost(), stored->salt())) std::abort();
        if (!StoredPassword::parse(text)) std::abort();
    }
    return 0;
}
