// SPDX-License-Identifier: Apache-2.0
// Under test: token::KeyId::parse, token::parse_local_key, token::parse_signing_key, token::parse_verifying_key,
// token::WrappedKey::parse, token::WrappedKey::unwrap_local, token::WrappedKey::unwrap_signing,
// token::PasswordWrappedKey::parse, token::PairingCode::parse, token::OpaqueToken::parse, token::RequestProof::parse
// (all that is read from one line of text). The input is the text; or, when it begins with a byte below 0x20, a way of
// changing a key that is wrapped under our own: that byte chooses the key, then come pairs of a position and a
// character.
// Property: what is parsed is written back byte for byte, by one parser at the most; costs out of bounds are refused
// before any work; no wrapped key but the good ones themselves is ever unwrapped.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <safeq/token/opaque.hpp>
#include <safeq/token/pairing.hpp>
#include <safeq/token/paserk_password.hpp>
#include <safeq/token/request_proof.hpp>

using namespace safeq;
using namespace safeq::token;

namespace {

class CountingRandom final : public Random {
public:
    void fill(std::span<std::byte> out) noexcept override {
        for (std::byte& b : out) b = static_cast<std::byte>(++last_ * 0x9d);
    }

private:
    std::uint8_t last_ = 0;
};

void same(std::string_view written, std::string_view text) {
    if (written != text) std::abort();
}

void same(const crypto::Secret& written, std::string_view text) { same(as_text(written.expose()), text); }

struct World {
    CountingRandom random;
    PaserkWrappingKey under = PaserkWrappingKey::random(random);
    crypto::Secret password = crypto::Secret::copy_of("correct horse battery staple");
    std::array<std::string, 2> good{WrappedKey::wrap(under, LocalKey::random(random), random).text(),
                                    WrappedKey::wrap(under, crypto::SigningKey::generate(random), random).text()};

    void check(const std::string& text) const {
        int taken = 0;
        if (const auto key = parse_local_key(text)) {
            same(unsafe_key_text(*key), text);
            same(KeyId::parse(KeyId::of(*key).text())->text(), KeyId::of(*key).text());
            ++taken;
        }
        if (const auto key = parse_signing_key(text)) {
            same(unsafe_key_text(*key), text);
            ++taken;
        }
        if (const auto key = parse_verifying_key(text)) {
            same(key_text(*key), text);
            ++taken;
        }
        if (const auto id = KeyId::parse(text)) {
            same(id->text(), text);
            ++taken;
        }
        if (const auto wrapped = WrappedKey::parse(text)) {
            same(wrapped->text(), text);
            if (wrapped->unwrap_local(under).has_value() != (text == good[0])) std::abort();
            if (wrapped->unwrap_signing(under).has_value() != (text == good[1])) std::abort();
            ++taken;
        }
        if (const auto wrapped = PasswordWrappedKey::parse(text)) {
            same(wrapped->text(), text);
            // No bounds hold these costs, so nothing is computed.
            constexpr PasswordWrapBounds none{.least = {1u << 30, 10, 8}, .most = {1u << 20, 1, 1}};
            const auto unwrapped = wrapped->unwrap_local(password, none);
            if (unwrapped || (wrapped->kind() == WrappedKind::local && unwrapped.error().code != Errc::weak_parameters))
                std::abort();
            ++taken;
        }
        if (const auto token = OpaqueToken::parse(text)) {
            same(token->text(), text);
            ++taken;
        }
        if (const auto proof = RequestProof::parse(text)) {
            same(proof->text(), text);
            ++taken;
        }
        if (taken > 1) std::abort();
        if (const auto code = PairingCode::parse(text)) {
            const crypto::Secret shown = code->text();
            const auto again = PairingCode::parse(as_text(shown.expose()));
            if (!again) std::abort();
            same(again->text(), as_text(shown.expose()));
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World world;
    if (size == 0 || data[0] >= 0x20) {
        world.check(std::string{reinterpret_cast<const char*>(data), size});
        return 0;
    }
    std::string changed = world.good[data[0] % world.good.size()];
    for (std::size_t at = 1; at + 2 <= size && at < 64; at += 2) {
        const std::size_t position = data[at] % (changed.size() + 1);
        const char character = static_cast<char>(data[at + 1]);
        if (position == changed.size()) changed.push_back(character);
        else if (character == '\0') changed.resize(position);
        else changed[position] = character;
    }
    world.check(changed);
    return 0;
}
