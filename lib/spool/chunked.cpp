// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/chunked.hpp>

#include <algorithm>
#include <string>

#include <safeq/crypto/hash.hpp>

namespace safeq::spool {
namespace {

constexpr std::string_view where = "chunked encryption";

Result<crypto::Aead> make_aead(ByteView key) {
    if (key.size() == crypto::AeadKey::size) {
        SAFEQ_TRY(const crypto::AeadKey long_key, crypto::AeadKey::from(key));
        return crypto::Aead{long_key};
    }
    SAFEQ_TRY(const crypto::Aead128Key short_key, crypto::Aead128Key::from(key));
    return crypto::Aead{short_key};
}

std::unexpected<Error> too_large() { return fail(Errc::too_large, std::string{where}, "2^38 chunks or more"); }

}  // namespace

Result<ChunkLayout> ChunkLayout::of_sealed(std::uint64_t sealed_bytes) {
    const std::uint64_t whole = sealed_bytes / sealed_chunk_bytes;
    const std::uint64_t last = sealed_bytes % sealed_chunk_bytes;
    if (whole >= max_chunks) return too_large();
    if (last < crypto::aead_tag_bytes)
        return fail(Errc::truncated, std::string{where}, "the short last chunk is missing or cut");
    return ChunkLayout{whole + 1, whole * chunk_bytes + (last - crypto::aead_tag_bytes)};
}

Result<ChunkLayout> ChunkLayout::of_plaintext(std::uint64_t plaintext_bytes) {
    const std::uint64_t whole = plaintext_bytes / chunk_bytes;
    if (whole >= max_chunks) return too_large();
    return ChunkLayout{whole + 1, plaintext_bytes};
}

Result<ChunkCipher> ChunkCipher::derive(ByteView key, const Salt& salt, ChunkContext context) {
    const bool long_key = key.size() == crypto::AeadKey::size;
    if (!long_key && key.size() != crypto::Aead128Key::size)
        return fail(Errc::key_invalid, std::string{where}, "neither 16 nor 32 bytes");
    // The name's own terminating zero is part of the format.
    const ByteView label = long_key ? std::as_bytes(std::span{"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"})
                                    : std::as_bytes(std::span{"c2sp.org/chunked-encryption@v1+AEAD_AES_128_GCM"});
    crypto::AeadNonce base_nonce;
    Commitment commitment;
    crypto::Secret derived = crypto::Secret::zeroed(key.size() + base_nonce.size() + commitment.size());
    crypto::hkdf_expand_sha512(derived.fill(), key, {label, salt, context.bytes});
    const ByteView parts = derived.expose();
    std::ranges::copy(parts.subspan(key.size(), base_nonce.size()), base_nonce.begin());
    std::ranges::copy(parts.last(commitment.size()), commitment.begin());
    SAFEQ_TRY(crypto::Aead aead, make_aead(parts.first(key.size())));
    return ChunkCipher{std::move(aead), base_nonce, commitment};
}

crypto::AeadNonce ChunkCipher::nonce(std::uint64_t index) const noexcept {
    crypto::AeadNonce nonce = base_nonce_;
    for (std::size_t i = 0; i < sizeof(index); ++i)
        nonce[nonce.size() - 1 - i] ^= static_cast<std::byte>((index >> (8 * i)) & 0xff);
    return nonce;
}

Result<void> ChunkCipher::seal(std::uint64_t index, MutableByteView out, ByteView chunk) {
    if (index >= max_chunks) return too_large();
    if (chunk.size() > chunk_bytes) return fail(Errc::too_large, std::string{where}, "a chunk over 16 KiB");
    if (out.size() != chunk.size() + crypto::aead_tag_bytes)
        return fail(Errc::invalid_argument, std::string{where}, "output not of the sealed chunk's size");
    aead_.seal(out, nonce(index), crypto::Plaintext{chunk}, crypto::Associated{{}});
    return {};
}

Result<void> ChunkCipher::open(std::uint64_t index, MutableByteView out, ByteView sealed) {
    const Result<void> fits = [&]() -> Result<void> {
        if (index >= max_chunks) return too_large();
        if (sealed.size() < crypto::aead_tag_bytes) return fail(Errc::truncated, std::string{where}, "less than a tag");
        if (sealed.size() > sealed_chunk_bytes) return fail(Errc::too_large, std::string{where}, "a chunk over 16 KiB");
        return {};
    }();
    if (!fits) {
        crypto::wipe(out);
        return fits;
    }
    return aead_.open(out, nonce(index), sealed, crypto::Associated{{}});
}

Result<void> ChunkSealer::seal(MutableByteView out, ByteView chunk) {
    if (finished_) return fail(Errc::conflict, std::string{where}, "the last chunk was sealed already");
    SAFEQ_TRY_VOID(cipher_.seal(next_, out, chunk));
    finished_ = chunk.size() < chunk_bytes;
    ++next_;
    return {};
}

Result<ChunkOpener> ChunkOpener::create(ChunkCipher cipher, const Commitment& expected, const ChunkLayout& layout) {
    if (!crypto::equal(cipher.commitment(), expected))
        return fail(Errc::commitment_mismatch, std::string{where}, "wrong key or context, or another message's salt");
    return ChunkOpener{std::move(cipher), layout};
}

Result<void> ChunkOpener::open(std::uint64_t index, MutableByteView out, ByteView sealed) {
    const bool fits = index < layout_.chunks && out.size() == layout_.plaintext_bytes_of(index) &&
                      sealed.size() == out.size() + crypto::aead_tag_bytes;
    if (!fits) {
        crypto::wipe(out);
        return fail(Errc::invalid_argument, std::string{where}, "no chunk of that number and size");
    }
    return cipher_.open(index, out, sealed);
}

}  // namespace safeq::spool
