// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/signed_note.hpp>

#include <algorithm>
#include <array>
#include <cstring>

#include <safeq/core/text.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::crypto {
namespace {

constexpr std::string_view where = "signed note";
constexpr std::string_view dash = "\xE2\x80\x94 ";  // em dash, space
constexpr std::size_t max_name_bytes = 255;
constexpr std::size_t key_id_bytes = 4;

// Everything that Unicode calls White_Space, but for the control characters, in UTF-8.
constexpr std::array<std::string_view, 19> spaces{" ",
                                                  "\xC2\x85",
                                                  "\xC2\xA0",
                                                  "\xE1\x9A\x80",
                                                  "\xE2\x80\x80",
                                                  "\xE2\x80\x81",
                                                  "\xE2\x80\x82",
                                                  "\xE2\x80\x83",
                                                  "\xE2\x80\x84",
                                                  "\xE2\x80\x85",
                                                  "\xE2\x80\x86",
                                                  "\xE2\x80\x87",
                                                  "\xE2\x80\x88",
                                                  "\xE2\x80\x89",
                                                  "\xE2\x80\x8A",
                                                  "\xE2\x80\xA8",
                                                  "\xE2\x80\xA9",
                                                  "\xE2\x80\xAF",
                                                  "\xE2\x81\x9F"};
constexpr std::string_view ideographic_space = "\xE3\x80\x80";

std::unexpected<Error> malformed(const char* detail) { return fail(Errc::malformed, std::string{where}, detail); }

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20; }

Result<void> check_characters(std::string_view text) {
    if (!is_utf8(text)) return fail(Errc::invalid_utf8, std::string{where});
    if (std::ranges::any_of(text, [](char c) { return is_control(c) && c != '\n'; }))
        return fail(Errc::control_character, std::string{where});
    return {};
}

Result<NoteSignature> parse_signature(std::string_view line) {
    if (!line.starts_with(dash)) return malformed("a signature line doesn't begin with an em dash and a space");
    line.remove_prefix(dash.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return malformed("a signature line has no signature");
    const std::string_view name = line.substr(0, space);
    SAFEQ_TRY_VOID(check_note_key_name(name));
    SAFEQ_TRY(const Bytes bytes, from_base64(line.substr(space + 1)));
    if (bytes.size() <= key_id_bytes) return malformed("a signature is too short");
    ByteReader reader{bytes};
    SAFEQ_TRY(const std::uint32_t id, reader.u32(where));
    return NoteSignature{std::string{name}, id, to_bytes(reader.rest())};
}

}  // namespace

std::uint32_t note_key_id(std::string_view name, NoteSignatureType type, ByteView public_key) {
    const std::array<std::byte, 2> middle{std::byte{'\n'}, static_cast<std::byte>(type)};
    const Sha256Digest digest = sha256({as_bytes(name), middle, public_key});
    std::uint32_t id = 0;
    for (std::size_t i = 0; i < key_id_bytes; ++i) id = id << 8 | std::to_integer<std::uint32_t>(digest.at(i));
    return id;
}

Result<void> check_note_key_name(std::string_view name) {
    if (name.empty()) return malformed("a key name is empty");
    if (name.size() > max_name_bytes) return fail(Errc::too_large, "signed note key name");
    if (!is_utf8(name)) return fail(Errc::invalid_utf8, "signed note key name");
    if (std::ranges::any_of(name, is_control)) return malformed("a key name holds a control character");
    const auto in_name = [&](std::string_view space) { return name.find(space) != std::string_view::npos; };
    if (std::ranges::any_of(spaces, in_name) || in_name(ideographic_space) || in_name("+"))
        return malformed("a key name holds a space or a plus");
    return {};
}

Result<NoteKey> NoteKey::parse(std::string_view text) {
    const std::size_t first = text.find('+');
    if (first == std::string_view::npos) return malformed("a verifier key has no id");
    const std::string_view name = text.substr(0, first);
    SAFEQ_TRY_VOID(check_note_key_name(name));
    const std::string_view rest = text.substr(first + 1);
    if (rest.size() < 9 || rest[8] != '+') return malformed("a verifier key has no id of 8 digits");
    const std::string_view id_text = rest.substr(0, 8);
    SAFEQ_TRY(const Bytes id_bytes, from_hex(id_text));
    if (to_hex(id_bytes) != id_text) return fail(Errc::not_canonical, "signed note verifier key", "upper-case id");
    SAFEQ_TRY(const Bytes bytes, from_base64(rest.substr(9)));
    if (bytes.empty()) return malformed("a verifier key holds no key");
    if (bytes.front() != static_cast<std::byte>(NoteSignatureType::ed25519))
        return fail(Errc::unsupported, "signed note verifier key", "not an Ed25519 key");
    SAFEQ_TRY(const VerifyingKey key, VerifyingKey::from(ByteView{bytes}.subspan(1)));
    NoteKey parsed{std::string{name}, key};
    if (!same_bytes(ByteWriter{}.u32(parsed.id()).take(), id_bytes))
        return fail(Errc::key_invalid, "signed note verifier key", "the id is not that of the key");
    return parsed;
}

std::string NoteKey::text() const {
    const Bytes id_bytes = ByteWriter{}.u32(id()).take();
    const Bytes typed = ByteWriter{}.u8(static_cast<std::uint8_t>(NoteSignatureType::ed25519)).bytes(key.bytes).take();
    return name + '+' + to_hex(id_bytes) + '+' + to_base64(typed);
}

std::uint32_t NoteKey::id() const { return note_key_id(name, NoteSignatureType::ed25519, key.bytes); }

Result<SignedNote> SignedNote::of(std::string text) {
    if (!text.ends_with('\n')) return malformed("the text doesn't end with a newline");
    SAFEQ_TRY_VOID(check_characters(text));
    return SignedNote{std::move(text), {}};
}

Result<SignedNote> SignedNote::parse(std::string_view note, const NoteLimits& limits) {
    if (note.size() > limits.max_bytes) return fail(Errc::too_large, std::string{where});
    SAFEQ_TRY_VOID(check_characters(note));
    const std::size_t blank = note.rfind("\n\n");
    if (blank == std::string_view::npos) return malformed("no blank line before the signatures");
    SignedNote parsed{std::string{note.substr(0, blank + 1)}, {}};
    std::string_view rest = note.substr(blank + 2);
    if (rest.empty()) return malformed("no signature");
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) return malformed("the last line has no newline");
        if (parsed.signatures.size() == limits.max_signatures)
            return fail(Errc::too_many, std::string{where}, "signatures");
        SAFEQ_TRY(NoteSignature signature, parse_signature(rest.substr(0, end)));
        parsed.signatures.push_back(std::move(signature));
        rest.remove_prefix(end + 1);
    }
    return parsed;
}

std::string SignedNote::encode() const {
    std::string out = text + '\n';
    for (const NoteSignature& line : signatures) {
        out += dash;
        out += line.name;
        out += ' ';
        out += to_base64(ByteWriter{}.u32(line.key_id).bytes(line.signature).take());
        out += '\n';
    }
    return out;
}

Result<void> SignedNote::verify(const NoteKey& key) const {
    const std::uint32_t id = key.id();
    bool signed_by_key = false;
    for (const NoteSignature& line : signatures) {
        if (line.name != key.name || line.key_id != id) continue;
        SAFEQ_TRY_VOID(key.key.verify(as_bytes(text), line.signature));
        signed_by_key = true;
    }
    if (!signed_by_key) return fail(Errc::signature_invalid, std::string{where}, "not signed by " + key.name);
    return {};
}

Result<void> SignedNote::sign(std::string_view name, const SigningKey& key) {
    SAFEQ_TRY_VOID(check_note_key_name(name));
    const Signature signature = key.sign(as_bytes(text));
    const std::uint32_t id = note_key_id(name, NoteSignatureType::ed25519, key.verifying_key().bytes);
    signatures.push_back({std::string{name}, id, to_bytes(signature)});
    return {};
}

const NoteSignature* SignedNote::find(std::string_view name, std::uint32_t key_id) const noexcept {
    for (const NoteSignature& line : signatures) {
        if (line.name == name && line.key_id == key_id) return &line;
    }
    return nullptr;
}

}  // namespace safeq::crypto
