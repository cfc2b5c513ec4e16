// SPDX-License-Identifier: Apache-2.0
// A second reader, written from docs/formats/spool_v1.md with nothing of lib/spool: what the library writes is what the
// page says, label by label.
#include <safeq/crypto/hash.hpp>
#include <safeq/crypto/hpke.hpp>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

Bytes join(std::initializer_list<ByteView> parts) {
    Bytes all;
    for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// The document of a spool file, by the page.
Bytes read_by_the_page(const ByteView file, const crypto::XwingPrivateKey& epoch, const crypto::VerifyingKey& intake) {
    REQUIRE(file.size() >= 1412);
    CHECK(as_text(file.first(12)) == "safeq/spool\n");
    const ByteView fixed = file.subspan(12, 80);
    const ByteView epoch_id = file.subspan(92, 32);
    const ByteView enc = file.subspan(124, 1120);
    const ByteView sealed_key = file.subspan(1244, 48);
    const ByteView signature = file.subspan(1292, 64);
    const ByteView salt = file.subspan(1356, 24);
    const ByteView commitment = file.subspan(1380, 32);

    const std::array<std::byte, 4> eighty{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{80}};
    CHECK(intake.verify(join({as_bytes("safeq/spool/v1/sig\n"), eighty, fixed, salt, commitment}), signature));

    CHECK(same_bytes(epoch_id, crypto::sha256(epoch.public_key())));
    crypto::XwingCiphertext ciphertext;
    std::copy(enc.begin(), enc.end(), ciphertext.begin());
    const Bytes info = join({as_bytes("safeq/spool/v1/dek\n"), epoch_id});
    const auto document_key = crypto::hpke_open(epoch, ciphertext, {info}, {fixed}, sealed_key);
    REQUIRE(document_key);
    CHECK(document_key->size() == 32);

    std::array<std::byte, 76> derived;
    const std::array<std::byte, 1> zero{};
    crypto::hkdf_expand_sha512(derived, document_key->expose(),
                               {as_bytes("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"), zero, salt,
                                as_bytes("safeq/spool/v1/ctx\n"), fixed});
    const ByteView parts = derived;
    CHECK(same_bytes(parts.subspan(44, 32), commitment));
    auto key = crypto::AeadKey::from(parts.first(32));
    REQUIRE(key);
    crypto::Aead aead{*key};

    Bytes document;
    ByteView chunks = file.subspan(1412);
    for (unsigned k = 0;; ++k) {
        const ByteView sealed = chunks.first(std::min<std::size_t>(chunks.size(), 16400));
        chunks = chunks.subspan(sealed.size());
        crypto::AeadNonce nonce;
        std::copy_n(parts.begin() + 32, 12, nonce.begin());
        nonce[11] ^= static_cast<std::byte>(k & 0xff);
        nonce[10] ^= static_cast<std::byte>(k >> 8);
        REQUIRE(sealed.size() >= 16);
        Bytes chunk(sealed.size() - 16);
        REQUIRE(aead.open(chunk, nonce, sealed, crypto::Associated{{}}));
        document.insert(document.end(), chunk.begin(), chunk.end());
        if (sealed.size() < 16400) break;
    }
    CHECK(chunks.empty());
    return document;
}

}  // namespace

TEST_CASE("a file is what the page says") {
    World world;
    const auto epoch = world.epochs.opening_key(world.epoch_id);
    REQUIRE(epoch);
    for (const std::size_t size : {0UZ, 5UZ, 16384UZ, 300UZ * 16384 + 1}) {
        const Bytes text = world.text(size);
        CHECK(read_by_the_page(world.sealed(text), **epoch, world.intake_key.verifying_key()) == text);
    }
}
