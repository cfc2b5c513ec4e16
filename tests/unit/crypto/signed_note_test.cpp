// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/signed_note.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::crypto;

namespace {

constexpr NoteLimits limits{.max_bytes = 65536};

struct Signer {
    test::SeededRandom random{11};
    SigningKey key = SigningKey::generate(random);
    NoteKey note_key{"example.com/notes", key.verifying_key()};

    SignedNote note(std::string text = "If you think cryptography is the answer\nto your problem,\n\nthen…\n") {
        auto made = SignedNote::of(std::move(text));
        REQUIRE(made);
        REQUIRE(made->sign(note_key.name, key));
        return *made;
    }
};

template <class T>
Errc code_of(const Result<T>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
}

Errc refuse(std::string_view note) { return code_of(SignedNote::parse(note, limits)); }

}  // namespace

// The example of Go's golang.org/x/mod/sumdb/note, which the format comes from.
TEST_CASE("a note that other software signed verifies") {
    const std::string note =
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const auto key = NoteKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    REQUIRE(key);
    CHECK(key->id() == 0xc74f20a3);
    CHECK(key->text() == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    const auto parsed = SignedNote::parse(note, limits);
    REQUIRE(parsed);
    CHECK(parsed->verify(*key));
    CHECK(parsed->encode() == note);
    CHECK(parsed->find("PeterNeumann", 0xc74f20a3) == &parsed->signatures[0]);
    CHECK(parsed->find("PeterNeumann", 0xc74f20a4) == nullptr);
}

TEST_CASE("what is signed verifies and is written in one way") {
    Signer signer;
    const SignedNote note = signer.note();
    const std::string text = note.encode();
    const auto parsed = SignedNote::parse(text, limits);
    REQUIRE(parsed);
    CHECK(*parsed == note);
    CHECK(parsed->encode() == text);
    CHECK(parsed->verify(signer.note_key));
    for (const char* odd : {"\n", "\n\n", "a\n\n", "\n\na\n", "— a b\n", "a\n\n— b c\n"}) {
        const SignedNote made = signer.note(odd);
        CHECK(SignedNote::parse(made.encode(), limits) == made);
    }
}

TEST_CASE("a note is refused when its text or signature was changed") {
    Signer signer;
    SignedNote note = signer.note();
    note.text[3] = '?';
    CHECK(code_of(note.verify(signer.note_key)) == Errc::signature_invalid);
    for (std::size_t i = 0; i < 64; ++i) {
        note = signer.note();
        note.signatures[0].signature[i] ^= std::byte{4};
        CHECK(code_of(note.verify(signer.note_key)) == Errc::signature_invalid);
    }
    note = signer.note();
    note.signatures[0].signature.pop_back();
    CHECK(code_of(note.verify(signer.note_key)) == Errc::signature_invalid);
    note.signatures.clear();
    CHECK(code_of(note.verify(signer.note_key)) == Errc::signature_invalid);
}

TEST_CASE("signatures of other keys are ignored, those of the key must all be right") {
    Signer signer;
    const SigningKey other = SigningKey::generate(signer.random);
    SignedNote note = signer.note();
    REQUIRE(note.sign("other.example", other));
    note.signatures.push_back({"witness.example", 7, Bytes(72)});
    note.signatures.push_back({signer.note_key.name, signer.note_key.id() + 1, Bytes(64)});
    note.signatures.push_back({"name.only.example", signer.note_key.id(), Bytes(64)});
    CHECK(SignedNote::parse(note.encode(), limits) == note);
    CHECK(note.verify(signer.note_key));
    CHECK(note.verify({"other.example", other.verifying_key()}));
    CHECK(code_of(note.verify({signer.note_key.name, other.verifying_key()})) == Errc::signature_invalid);
    CHECK(code_of(note.verify({"other.example", signer.key.verifying_key()})) == Errc::signature_invalid);
    note.signatures.push_back({signer.note_key.name, signer.note_key.id(), Bytes(64)});
    CHECK(code_of(note.verify(signer.note_key)) == Errc::signature_invalid);
}

TEST_CASE("notes of another form are refused") {
    Signer signer;
    const std::string good = signer.note("text\n").encode();
    const std::string line = good.substr(6);
    REQUIRE(good == "text\n\n" + line);
    CHECK(refuse("") == Errc::malformed);
    CHECK(refuse("\n") == Errc::malformed);
    CHECK(refuse("text\n") == Errc::malformed);
    CHECK(refuse("text\n\n") == Errc::malformed);
    CHECK(refuse("text\n" + line) == Errc::malformed);
    CHECK(refuse(line) == Errc::malformed);
    CHECK(refuse("\n" + line) == Errc::malformed);
    CHECK(refuse(good.substr(0, good.size() - 1)) == Errc::malformed);
    CHECK(refuse(good + "x\n") == Errc::malformed);
    CHECK(refuse(good + "\n") == Errc::malformed);
    CHECK(refuse("text\n\n-" + line.substr(3)) == Errc::malformed);
    CHECK(refuse("text\n\n— \n") == Errc::malformed);
    CHECK(refuse("text\n\n—  AAAAAAA=\n") == Errc::malformed);
    CHECK(refuse("text\n\n— name\n") == Errc::malformed);
    CHECK(refuse("text\n\n— name \n") == Errc::malformed);
    CHECK(refuse("text\n\n— name AAAAAA==\n") == Errc::malformed);  // four bytes: no signature after the id
    CHECK(SignedNote::parse("text\n\n— name AAAAAAA=\n", limits));
    CHECK(refuse("text\n\n— name AAAAAAA=\n\n") == Errc::malformed);
    CHECK(refuse("text\n\n— name AAAAAAB=\n") == Errc::not_canonical);
    CHECK(refuse("text\n\n— name AAAAAAA\n") == Errc::malformed);
    CHECK(refuse("text\n\n— name AAAAAAA= \n") == Errc::malformed);
    CHECK(refuse("text\n\n— na me AAAAAAA=\n") == Errc::malformed);
    CHECK(refuse("te\rxt\n\n— name AAAAAAA=\n") == Errc::control_character);
    CHECK(refuse("te\txt\n\n— name AAAAAAA=\n") == Errc::control_character);
    CHECK(refuse(std::string_view{"te\0xt\n\n— name AAAAAAA=\n", 24}) == Errc::control_character);
    CHECK(refuse("te\xffxt\n\n— name AAAAAAA=\n") == Errc::invalid_utf8);
    CHECK(refuse("text\n\n— n\xc3"
                 "ame AAAAAAA=\n") == Errc::invalid_utf8);
}

TEST_CASE("a note has a budget") {
    Signer signer;
    SignedNote note = signer.note();
    for (int i = 1; i < 16; ++i) REQUIRE(note.sign(signer.note_key.name, signer.key));
    const std::string sixteen = note.encode();
    CHECK(SignedNote::parse(sixteen, limits));
    CHECK(code_of(SignedNote::parse(sixteen, {.max_bytes = sixteen.size() - 1})) == Errc::too_large);
    CHECK(code_of(SignedNote::parse(sixteen, {.max_bytes = 65536, .max_signatures = 15})) == Errc::too_many);
    REQUIRE(note.sign(signer.note_key.name, signer.key));
    CHECK(refuse(note.encode()) == Errc::too_many);
}

TEST_CASE("key names have no spaces, pluses or control characters") {
    for (const char* good : {"a", "example.com/log", "PeterNeumann", "naïve.example", "日本"})
        CHECK(check_note_key_name(good));
    for (const char* bad : {"", " ", "a b", "a+b", "a\tb", "a\nb", "a\x7f\x1f", "a\u00a0b", "a\u0085b", "a\u1680b",
                            "a\u2000b", "a\u200ab", "a\u2028b", "a\u2029b", "a\u202fb", "a\u205fb", "a\u3000b"})
        CHECK(code_of(check_note_key_name(bad)) == Errc::malformed);
    CHECK(code_of(check_note_key_name("\xc0\xaf")) == Errc::invalid_utf8);
    CHECK(check_note_key_name(std::string(255, 'a')));
    CHECK(code_of(check_note_key_name(std::string(256, 'a'))) == Errc::too_large);
    Signer signer;
    SignedNote note = signer.note();
    CHECK(code_of(note.sign("a b", signer.key)) == Errc::malformed);
    CHECK(note.signatures.size() == 1);
}

TEST_CASE("texts that can't be signed are refused") {
    CHECK(code_of(SignedNote::of("")) == Errc::malformed);
    CHECK(code_of(SignedNote::of("no newline")) == Errc::malformed);
    CHECK(code_of(SignedNote::of("a\rb\n")) == Errc::control_character);
    CHECK(code_of(SignedNote::of("\xff\n")) == Errc::invalid_utf8);
}

TEST_CASE("a verifier key is written in one way") {
    Signer signer;
    const std::string text = signer.note_key.text();
    CHECK(NoteKey::parse(text) == signer.note_key);
    const std::string name = signer.note_key.name;
    const std::string id = text.substr(name.size() + 1, 8);
    const std::string base64 = text.substr(name.size() + 10);
    const auto refuse_key = [](const std::string& key) { return code_of(NoteKey::parse(key)); };
    CHECK(refuse_key("") == Errc::malformed);
    CHECK(refuse_key(name) == Errc::malformed);
    CHECK(refuse_key("+" + id + "+" + base64) == Errc::malformed);
    CHECK(refuse_key("a b+" + id + "+" + base64) == Errc::malformed);
    CHECK(refuse_key(name + "+" + id.substr(1) + "+" + base64) == Errc::malformed);
    CHECK(refuse_key(name + "+" + id + base64) == Errc::malformed);
    CHECK(refuse_key(name + "+" + id + "+") == Errc::malformed);
    CHECK(refuse_key(name + "+" + id + "+" + base64 + "=") == Errc::malformed);
    CHECK(refuse_key(name + "+00000000+" + base64) == Errc::key_invalid);
    CHECK(refuse_key("x" + text) == Errc::key_invalid);
    CHECK(refuse_key(name + "+" + id + "+" + to_base64(Bytes(33, std::byte{4}))) == Errc::unsupported);
    CHECK(refuse_key(name + "+" + id + "+" + to_base64(Bytes(32, std::byte{1}))) == Errc::key_invalid);
    CHECK(code_of(NoteKey::parse("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")) ==
          Errc::not_canonical);
}

TEST_CASE("the type is part of a key's id") {
    Signer signer;
    const auto& key = signer.note_key;
    CHECK(note_key_id(key.name, NoteSignatureType::ed25519, key.key.bytes) == key.id());
    CHECK(note_key_id(key.name, NoteSignatureType::ed25519_cosignature, key.key.bytes) != key.id());
}
