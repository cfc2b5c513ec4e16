// SPDX-License-Identifier: Apache-2.0
// Under test: crypto::SignedNote::parse, crypto::SignedNote::verify, crypto::NoteKey::parse.
// Property: what parses is written back as the same bytes; a note that is signed again verifies, and still parses.
#include <cstdlib>

#include <safeq/crypto/signed_note.hpp>

#include "../tests/support/random.hpp"

namespace {

using namespace safeq;

void hold(bool property) {
    if (!property) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static test::SeededRandom random{5};
    static const crypto::SigningKey key = crypto::SigningKey::generate(random);
    static const crypto::NoteKey note_key{"fuzz.example", key.verifying_key()};
    const std::string_view input = as_text(std::as_bytes(std::span{data, size}));

    if (const auto parsed = crypto::NoteKey::parse(input)) hold(parsed->text() == input);
    auto note = crypto::SignedNote::parse(input, {.max_bytes = 4096});
    if (!note) return 0;
    hold(note->encode() == input);
    hold(!note->verify(note_key).has_value());
    hold(note->sign(note_key.name, key).has_value());
    hold(note->verify(note_key).has_value());
    hold(crypto::SignedNote::parse(note->encode(), {.max_bytes = 8192, .max_signatures = 17}) == *note);
    return 0;
}
