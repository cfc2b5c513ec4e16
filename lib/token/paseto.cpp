// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/paseto.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

#include <safeq/crypto/blake2b.hpp>
#include <safeq/crypto/xchacha20.hpp>

namespace safeq::token {
namespace {

constexpr const char* where = "PASETO";
constexpr std::string_view local_header = "v4.local.";
constexpr std::string_view public_header = "v4.public.";
constexpr std::size_t nonce_bytes = 32;
constexpr std::size_t tag_bytes = 32;
constexpr std::size_t signature_bytes = std::tuple_size_v<crypto::Signature>;

using Nonce = std::array<std::byte, nonce_bytes>;
using Tag = std::array<std::byte, tag_bytes>;

std::string_view header(PasetoForm form) noexcept {
    switch (form) {
        case PasetoForm::v4_local: return local_header;
        case PasetoForm::v4_public: return public_header;
    }
    return {};
}

std::size_t least_body_bytes(PasetoForm form) noexcept {
    switch (form) {
        case PasetoForm::v4_local: return nonce_bytes + tag_bytes;
        case PasetoForm::v4_public: return signature_bytes;
    }
    return 0;
}

// How long `bytes` are as unpadded base64url.
constexpr std::size_t encoded_bytes(std::size_t bytes) noexcept { return bytes / 3 * 4 + (bytes % 3 * 4 + 2) / 3; }
static_assert(encoded_bytes(0) == 0 && encoded_bytes(1) == 2 && encoded_bytes(2) == 3 && encoded_bytes(3) == 4);

void add_le64(Bytes& out, std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<std::byte>(value >> shift & 0xff));
}

// Pre-authentication encoding: no two lists of pieces give the same bytes.
Bytes pae(std::initializer_list<ByteView> pieces) {
    std::size_t size = 8;
    for (const ByteView piece : pieces) size += 8 + piece.size();
    Bytes out;
    out.reserve(size);
    add_le64(out, pieces.size());
    for (const ByteView piece : pieces) {
        add_le64(out, piece.size());
        out.insert(out.end(), piece.begin(), piece.end());
    }
    return out;
}

std::string assemble(PasetoForm form, ByteView body, ByteView footer) {
    std::string text{header(form)};
    text += to_base64url(body);
    if (!footer.empty()) text.append(".").append(to_base64url(footer));
    return text;
}

Result<Bytes> decode(std::string_view text, const char* what) {
    Result<Bytes> bytes = from_base64url(text);
    if (!bytes) return fail(bytes.error().code, where, what);
    return bytes;
}

struct LocalKeys {
    crypto::XChaChaKey encryption;
    crypto::XChaChaNonce nonce{};
    crypto::Key<32, struct PasetoMacTag> authentication;
};

LocalKeys split(const LocalKey& key, ByteView nonce) {
    constexpr std::size_t key_bytes = crypto::XChaChaKey::size;
    LocalKeys keys;
    std::array<std::byte, key_bytes + sizeof(crypto::XChaChaNonce)> derived;
    crypto::blake2b_keyed(derived, key.expose(), {as_bytes("paseto-encryption-key"), nonce});
    std::ranges::copy(std::span{derived}.first<key_bytes>(), keys.encryption.fill().begin());
    std::ranges::copy(std::span{derived}.subspan<key_bytes>(), keys.nonce.begin());
    crypto::wipe(derived);
    crypto::blake2b_keyed(keys.authentication.fill(), key.expose(), {as_bytes("paseto-auth-key-for-aead"), nonce});
    return keys;
}

Tag tag_of(const LocalKeys& keys, ByteView nonce, ByteView sealed, ByteView footer, ImplicitAssertion implicit) {
    Tag tag;
    const Bytes all = pae({as_bytes(local_header), nonce, sealed, footer, implicit.bytes});
    crypto::blake2b_keyed(tag, keys.authentication.expose(), {all});
    return tag;
}

}  // namespace

std::string_view name(PasetoForm form) noexcept {
    const std::string_view text = header(form);
    return text.substr(0, text.size() - 1);
}

Result<Paseto> Paseto::parse(std::string_view text, const PasetoLimits& limits) {
    if (text.size() > limits.text_bytes) return fail(Errc::too_large, where);
    std::optional<PasetoForm> form;
    for (const PasetoForm each : {PasetoForm::v4_local, PasetoForm::v4_public})
        if (text.starts_with(header(each))) form = each;
    if (!form) return fail(Errc::bad_version, where, "neither v4.local nor v4.public");
    std::string_view body_text = text.substr(header(*form).size());
    std::optional<std::string_view> footer_text;
    if (const std::size_t dot = body_text.find('.'); dot != std::string_view::npos) {
        footer_text = body_text.substr(dot + 1);
        body_text = body_text.substr(0, dot);
    }
    if (footer_text && footer_text->size() > encoded_bytes(limits.footer_bytes))
        return fail(Errc::too_large, where, "footer");
    if (footer_text && footer_text->empty()) return fail(Errc::not_canonical, where, "an empty footer");
    SAFEQ_TRY(Bytes body, decode(body_text, "body"));
    if (body.size() < least_body_bytes(*form)) return fail(Errc::truncated, where);
    Bytes footer;
    if (footer_text) {
        SAFEQ_TRY(footer, decode(*footer_text, "footer"));
    }
    return Paseto{*form, std::move(body), std::move(footer)};
}

std::string Paseto::text() const { return assemble(form_, body_, footer_); }

std::string sign_paseto(const crypto::SigningKey& key, Message message, Footer footer, ImplicitAssertion implicit) {
    const crypto::Signature signature =
        key.sign(pae({as_bytes(public_header), message.bytes, footer.bytes, implicit.bytes}));
    Bytes body = to_bytes(message.bytes);
    body.insert(body.end(), signature.begin(), signature.end());
    return assemble(PasetoForm::v4_public, body, footer.bytes);
}

Result<Bytes> verify_paseto(const crypto::VerifyingKey& key, const Paseto& token, ImplicitAssertion implicit) {
    if (token.form_ != PasetoForm::v4_public) return fail(Errc::signature_invalid, where, "not a v4.public token");
    const ByteView body{token.body_};
    const ByteView message = body.first(body.size() - signature_bytes);
    const Bytes signed_bytes = pae({as_bytes(public_header), message, token.footer_, implicit.bytes});
    SAFEQ_TRY_VOID(key.verify(signed_bytes, body.last(signature_bytes)));
    return to_bytes(message);
}

std::string seal_paseto(const LocalKey& key, Random& random, Message message, Footer footer,
                        ImplicitAssertion implicit) {
    const Nonce nonce = random.bytes<nonce_bytes>();
    const LocalKeys keys = split(key, nonce);
    Bytes body;
    body.reserve(nonce.size() + message.bytes.size() + tag_bytes);
    body.insert(body.end(), nonce.begin(), nonce.end());
    body.insert(body.end(), message.bytes.begin(), message.bytes.end());
    const std::span<std::byte> sealed = std::span{body}.subspan(nonce.size());
    crypto::unsafe_xchacha20(sealed, keys.encryption, keys.nonce);
    const Tag tag = tag_of(keys, nonce, sealed, footer.bytes, implicit);
    body.insert(body.end(), tag.begin(), tag.end());
    return assemble(PasetoForm::v4_local, body, footer.bytes);
}

Result<crypto::Secret> open_paseto(const LocalKey& key, const Paseto& token, ImplicitAssertion implicit) {
    if (token.form_ != PasetoForm::v4_local) return fail(Errc::authentication_failed, where, "not a v4.local token");
    const ByteView body{token.body_};
    const ByteView nonce = body.first(nonce_bytes);
    const ByteView sealed = body.subspan(nonce_bytes, body.size() - nonce_bytes - tag_bytes);
    const LocalKeys keys = split(key, nonce);
    if (!crypto::equal(tag_of(keys, nonce, sealed, token.footer_, implicit), body.last(tag_bytes)))
        return fail(Errc::authentication_failed, where);
    crypto::Secret message = crypto::Secret::copy_of(sealed);
    crypto::unsafe_xchacha20(message.fill(), keys.encryption, keys.nonce);
    return message;
}

}  // namespace safeq::token
