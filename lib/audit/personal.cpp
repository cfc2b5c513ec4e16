// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/personal.hpp>

#include <algorithm>
#include <cstring>

#include <safeq/core/text.hpp>

namespace safeq::audit {
namespace {

constexpr std::size_t max_text_bytes = 4096;
constexpr std::size_t nonce_bytes = sizeof(crypto::AeadNonce);

Bytes place(const PersonalContext& context, SubjectId subject, std::string_view field) {
    ByteWriter out;
    out.field("safeq/audit/v1/personal").field(context.origin).field(context.record.bytes());
    out.field(subject.bytes()).field(field);
    return out.take();
}

crypto::Aead cipher(const SubjectKey& key) { return crypto::Aead{crypto::AeadKey::copy_of(key.expose())}; }

}  // namespace

Result<SealedField> seal_personal(const SubjectKey& key, const PersonalContext& context, SubjectId subject,
                                  std::string_view name, std::string_view text, Random& random) {
    if (text.size() > max_text_bytes) return fail(Errc::too_large, std::string{name});
    if (!is_utf8(text)) return fail(Errc::invalid_utf8, std::string{name});
    const Bytes associated = place(context, subject, name);
    return SealedField{std::string{name}, subject, seal_under(key, {as_bytes(text)}, {associated}, random)};
}

Result<std::string> open_personal(const SubjectKey& key, const PersonalContext& context, const SealedField& sealed) {
    const Bytes associated = place(context, sealed.subject, sealed.name);
    SAFEQ_TRY(const Bytes opened, open_under(key, sealed.sealed, {associated}));
    if (!is_utf8(as_text(opened))) return fail(Errc::invalid_utf8, sealed.name);
    return std::string{as_text(opened)};
}

Bytes seal_under(const SubjectKey& key, crypto::Plaintext text, crypto::Associated associated, Random& random) {
    const crypto::AeadNonce nonce = random.bytes<nonce_bytes>();
    Bytes sealed(nonce_bytes + text.bytes.size() + crypto::aead_tag_bytes);
    std::ranges::copy(nonce, sealed.begin());
    cipher(key).seal(std::span{sealed}.subspan(nonce_bytes), nonce, text, associated);
    return sealed;
}

Result<Bytes> open_under(const SubjectKey& key, ByteView sealed, crypto::Associated associated) {
    if (sealed.size() < nonce_bytes + crypto::aead_tag_bytes) return fail(Errc::truncated, "personal field");
    crypto::AeadNonce nonce;
    std::ranges::copy(sealed.first<nonce_bytes>(), nonce.begin());
    Bytes opened(sealed.size() - nonce_bytes - crypto::aead_tag_bytes);
    SAFEQ_TRY_VOID(cipher(key).open(opened, nonce, sealed.subspan(nonce_bytes), associated));
    return opened;
}

}  // namespace safeq::audit
