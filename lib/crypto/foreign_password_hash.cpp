// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/foreign_password_hash.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <botan/bcrypt.h>
#include <botan/pwdhash.h>
#include <botan/rng.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

constexpr std::string_view bcrypt_alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The backend makes the salt itself; this gives it ours.
class GivenSalt final : public Botan::RandomNumberGenerator {
public:
    explicit GivenSalt(ByteView salt) noexcept : salt_{salt} {}
    bool is_seeded() const override { return true; }
    bool accepts_input() const override { return false; }
    void clear() override {}
    std::string name() const override { return "given salt"; }

private:
    void fill_bytes_with_input(std::span<std::uint8_t> out, std::span<const std::uint8_t>) override {
        require(out.size() == salt_.size(), "bcrypt asks for a salt of another size");
        std::ranges::copy(to_botan(salt_), out.begin());
    }
    ByteView salt_;
};

Result<void> pbkdf2(const char* function, std::span<std::byte> out, ByteView password, ByteView salt,
                    std::uint32_t iterations) {
    if (out.empty()) return fail(Errc::invalid_argument, "PBKDF2", "no output");
    if (iterations < 1) return fail(Errc::weak_parameters, "PBKDF2", "no iteration");
    return at_seam("PBKDF2", Errc::crypto_failed, [&]() -> Result<void> {
        const auto hash = Botan::PasswordHashFamily::create_or_throw(function)->from_params(iterations);
        const auto to = to_botan_writable(out);
        const auto with_salt = to_botan(salt);
        hash->derive_key(to.data(), to.size(), as_text(password).data(), password.size(), with_salt.data(),
                         with_salt.size());
        return {};
    });
}

}  // namespace

Result<void> bcrypt(std::span<std::byte, bcrypt_hash_bytes> out, ByteView password,
                    std::span<const std::byte, bcrypt_salt_bytes> salt, std::uint32_t log2_rounds) {
    if (log2_rounds < 4 || log2_rounds > 18) return fail(Errc::weak_parameters, "bcrypt", "cost not 4 to 18");
    if (std::ranges::find(password, std::byte{0}) != password.end())
        return fail(Errc::invalid_argument, "bcrypt", "a zero byte in the password");
    return at_seam("bcrypt", Errc::crypto_failed, [&]() -> Result<void> {
        GivenSalt given{salt};
        const ByteView counting = password.first(std::min(password.size(), bcrypt_most_password_bytes));
        const std::string text =
            Botan::generate_bcrypt(as_text(counting), given, static_cast<std::uint16_t>(log2_rounds), 'b');
        constexpr std::size_t hash_characters = 31;
        if (text.size() < hash_characters) return fail(Errc::crypto_failed, "bcrypt", "a short answer");
        SAFEQ_TRY(const Bytes hash, from_bcrypt_base64(std::string_view{text}.substr(text.size() - hash_characters)));
        if (hash.size() != out.size()) return fail(Errc::crypto_failed, "bcrypt", "an answer of another size");
        std::ranges::copy(hash, out.begin());
        return {};
    });
}

Result<void> pbkdf2_sha256(std::span<std::byte> out, ByteView password, ByteView salt, std::uint32_t iterations) {
    return pbkdf2("PBKDF2(SHA-256)", out, password, salt, iterations);
}

Result<void> pbkdf2_sha512(std::span<std::byte> out, ByteView password, ByteView salt, std::uint32_t iterations) {
    return pbkdf2("PBKDF2(SHA-512)", out, password, salt, iterations);
}

std::string to_bcrypt_base64(ByteView bytes) {
    std::string text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) c = bcrypt_alphabet[base64_alphabet.find(c)];
    return text;
}

Result<Bytes> from_bcrypt_base64(std::string_view text) {
    if (text.size() % 4 == 1) return fail(Errc::malformed, "bcrypt base64", "impossible length");
    std::string common;
    for (const char c : text) {
        const std::size_t at = bcrypt_alphabet.find(c);
        if (at == std::string_view::npos) return fail(Errc::malformed, "bcrypt base64", "a character outside it");
        common += base64_alphabet[at];
    }
    common.append((4 - common.size() % 4) % 4, '=');
    return from_base64(common);
}

}  // namespace safeq::crypto
