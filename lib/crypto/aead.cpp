// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/aead.hpp>

#include <algorithm>
#include <string>

#include <botan/aead.h>
#include <botan/block_cipher.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

// A long message is copied and encrypted slice by slice, so that the cipher finds each slice in the cache.
constexpr std::size_t slice_bytes = 16384;

}  // namespace

struct Aead::Impl {
    Botan::secure_vector<std::uint8_t> key;
    std::unique_ptr<Botan::AEAD_Mode> sealer;
    std::unique_ptr<Botan::AEAD_Mode> opener;
    // The bytes after the last whole block, and the tag; kept so that no call allocates.
    Botan::secure_vector<std::uint8_t> tail;

    explicit Impl(ByteView key_bytes) {
        const auto bytes = to_botan(key_bytes);
        key.assign(bytes.begin(), bytes.end());
        tail.reserve(64);
    }

    // Most users need one direction only, and a key schedule isn't free.
    Botan::AEAD_Mode& mode(std::unique_ptr<Botan::AEAD_Mode>& slot, Botan::Cipher_Dir direction) const {
        if (!slot) {
            auto made = Botan::AEAD_Mode::create_or_throw(key.size() == 32 ? "AES-256/GCM" : "AES-128/GCM", direction);
            made->set_key(key);
            slot = std::move(made);
        }
        return *slot;
    }

    // Starts a message, moves `in` to `out` through the cipher but for the bytes after the last whole block, which
    // are left in `tail`.
    void run(Botan::AEAD_Mode& mode, std::span<std::byte> out, const AeadNonce& nonce, ByteView in,
             ByteView associated) {
        mode.reset();
        mode.set_associated_data(to_botan(associated));
        mode.start(to_botan(nonce));
        const std::size_t whole = in.size() - in.size() % mode.update_granularity();
        for (std::size_t at = 0; at < whole; at += slice_bytes) {
            const std::size_t n = std::min(slice_bytes, whole - at);
            if (out.data() != in.data()) std::memcpy(out.data() + at, in.data() + at, n);
            mode.process(to_botan_writable(out.subspan(at, n)));
        }
        const auto rest = to_botan(in.subspan(whole));
        tail.assign(rest.begin(), rest.end());
    }

    void seal(std::span<std::byte> out, const AeadNonce& nonce, ByteView plaintext, ByteView associated) {
        Botan::AEAD_Mode& cipher = mode(sealer, Botan::Cipher_Dir::Encryption);
        run(cipher, out, nonce, plaintext, associated);
        cipher.finish(tail);
        copy_from_botan(out.last(tail.size()), tail);
    }

    void open(std::span<std::byte> out, const AeadNonce& nonce, ByteView sealed, ByteView associated) {
        Botan::AEAD_Mode& cipher = mode(opener, Botan::Cipher_Dir::Decryption);
        const std::size_t text_bytes = sealed.size() - aead_tag_bytes;
        run(cipher, out, nonce, sealed.first(text_bytes), associated);
        const auto tag = to_botan(sealed.subspan(text_bytes));
        tail.insert(tail.end(), tag.begin(), tag.end());
        cipher.finish(tail);
        copy_from_botan(out.last(tail.size()), tail);
        wipe(std::as_writable_bytes(std::span{tail}));
    }
};

Aead::Aead(const AeadKey& key) : impl_{std::make_unique<Impl>(key.expose())} {}
Aead::Aead(const Aead128Key& key) : impl_{std::make_unique<Impl>(key.expose())} {}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal(std::span<std::byte> out, const AeadNonce& nonce, Plaintext plaintext, Associated associated) {
    require(out.size() >= aead_tag_bytes && out.size() - aead_tag_bytes == plaintext.bytes.size(),
            "seal: output of the plaintext's size and a tag");
    never_fails("AES-GCM seal", [&] { impl_->seal(out, nonce, plaintext.bytes, associated.bytes); });
}

Result<void> Aead::open(std::span<std::byte> out, const AeadNonce& nonce, ByteView sealed, Associated associated) {
    Result<void> opened = [&]() -> Result<void> {
        if (sealed.size() < aead_tag_bytes) return fail(Errc::truncated, "AES-GCM", "shorter than a tag");
        if (out.size() != sealed.size() - aead_tag_bytes)
            return fail(Errc::invalid_argument, "AES-GCM", "output not of the plaintext's size");
        return at_seam("AES-GCM", Errc::authentication_failed, [&]() -> Result<void> {
            impl_->open(out, nonce, sealed, associated.bytes);
            return {};
        });
    }();
    if (!opened) wipe(out);
    return opened;
}

std::string aead_provider() {
    return never_fails("AES-GCM", [] {
        const auto cipher = Botan::BlockCipher::create_or_throw("AES-256");
        const auto mode = Botan::AEAD_Mode::create_or_throw("AES-256/GCM", Botan::Cipher_Dir::Encryption);
        return cipher->provider() + "+" + mode->provider();
    });
}

}  // namespace safeq::crypto
