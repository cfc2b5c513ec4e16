// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include <safeq/crypto/blake2b.hpp>
#include <safeq/spool/chunked.hpp>
#include <safeq/token/pairing.hpp>

#include "secrets.hpp"

namespace safeq::secrets {
namespace {

void leaky_compare() {
    const auto a = source().bytes<32>();
    auto b = a;
    hide(b);
    bool same = true;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i]) {
            same = false;
            break;
        }
    publish_object(same);
    check(same, "equal strings compare unequal");
}

void leaky_table() {
    static const std::array<unsigned char, 256> table{1, 2, 3};
    const auto secret = source().bytes<1>();
    hide(secret);
    volatile unsigned char found = table[std::to_integer<unsigned>(secret[0])];
    (void)found;
}

void leaky_pin() {
    const std::string stored = "48151623";
    std::string given = stored;
    hide(std::as_bytes(std::span{given}));
    check(given == stored, "equal PINs compare unequal");
}

// The same as `pin_check` and `pairing` make it, with comparisons that tell where the difference is.
void leaky_pin_check() {
    Hashing with;
    const auto stored = with.hasher.hash_pin(owner(), some_pin());
    check(stored.has_value(), "no PIN can be stored");
    const Bytes computed = to_bytes(stored->hash());
    hide(stored->hash());
    check(std::ranges::equal(computed, stored->hash()), "equal hashes compare unequal");
}

void leaky_pairing() {
    const auto key = hidden_key<token::PairingKey>();
    const auto code = token::PairingCode::generate(source());
    const DeviceId device{source().bytes<16>()};
    check(code.tag(key, owner().tenant, device) == code.tag(key, owner().tenant, device), "equal tags compare unequal");
}

void leaky_tag() {
    const auto key = source().bytes<32>();
    hide(key);
    std::array<std::byte, 32> tag{};
    crypto::blake2b_keyed(tag, key, {source().bytes<80>()});
    check(!std::ranges::equal(tag, source().bytes<32>()), "a tag is guessed");
}

// The same as `spool_commitment` makes it.
void leaky_commitment() {
    const auto key = hidden_key<spool::DocumentKey>();
    const auto cipher = spool::ChunkCipher::derive(key.expose(), source().bytes<24>(), {as_bytes("here")});
    check(cipher.has_value(), "no cipher of a hidden key");
    check(!std::ranges::equal(cipher->commitment(), source().bytes<32>()), "a commitment is guessed");
}

constexpr std::array cases{
    Case{"leaky-compare", leaky_compare},       Case{"leaky-table", leaky_table},     Case{"leaky-pin", leaky_pin},
    Case{"leaky-pin-check", leaky_pin_check},   Case{"leaky-pairing", leaky_pairing}, Case{"leaky-tag", leaky_tag},
    Case{"leaky-commitment", leaky_commitment},
};

}  // namespace

std::span<const Case> leaky_cases() { return cases; }

}  // namespace safeq::secrets
