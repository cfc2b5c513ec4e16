// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::auth {

/// How another system stored a password.
enum class ForeignFunction : std::uint8_t { bcrypt, pbkdf2_sha256, pbkdf2_sha512, ssha256, ssha512 };

inline constexpr std::array all_foreign_functions{ForeignFunction::bcrypt, ForeignFunction::pbkdf2_sha256,
                                                  ForeignFunction::pbkdf2_sha512, ForeignFunction::ssha256,
                                                  ForeignFunction::ssha512};

/// What one function may ask of this machine, and the shape of what it stores.
struct ForeignRules {
    std::string_view name;     ///< "bcrypt"
    std::uint32_t least_cost;  ///< bcrypt: the exponent; PBKDF2: iterations; the others: 1
    std::uint32_t most_cost;   ///< about a second of one core
    std::size_t least_salt_bytes;
    std::size_t most_salt_bytes;
    std::size_t hash_bytes;
};
/// The rules for this function.
[[nodiscard]] const ForeignRules& rules_of(ForeignFunction function) noexcept;

/// A password hash as another system wrote it:
/// - `$2a$12$…`, `$2b$…`, `$2y$…`, also behind `{CRYPT}`: bcrypt (`$2x$`, which had a fault, is refused);
/// - `$pbkdf2-sha256$29000$salt$hash` as passlib writes it, `$pbkdf2-sha256$i=29000$salt$hash` as PHC strings do
///   (there `l=32` may follow), and the same with `sha512`: full-length hashes only;
/// - `{SSHA256}…`, `{SSHA512}…`: base64 of the hash and the salt, as OpenLDAP's pw-sha2 writes them.
/// Only for importing: it is as good to guess from as it was there. What is stored here is an `ImportedHash`.
class ForeignHash final {
public:
    /// Longer text is refused before it is looked at.
    static constexpr std::size_t max_text_bytes = 256;

    /// *Errors*: `too_large`; `unsupported` for another function; `malformed`; `not_canonical` for leading zeros or
    /// stray base64 bits; `weak_parameters` for costs or salts out of bounds. The detail never repeats the hash.
    [[nodiscard]] static Result<ForeignHash> parse(std::string_view text);

    [[nodiscard]] ForeignFunction function() const noexcept { return function_; }
    [[nodiscard]] std::uint32_t cost() const noexcept { return cost_; }
    [[nodiscard]] ByteView salt() const noexcept { return salt_; }
    [[nodiscard]] ByteView hash() const noexcept { return hash_; }

private:
    ForeignHash() = default;
    ForeignFunction function_ = ForeignFunction::bcrypt;
    std::uint32_t cost_ = 0;
    Bytes salt_;
    Bytes hash_;
};

/// The hash of a password by one of these functions; none for a password that the function can't have been given (with
/// bcrypt, one with a zero byte). *Requires*: cost and salt within the function's rules.
/// *Errors*: `weak_parameters`, `out_of_memory`.
[[nodiscard]] Result<crypto::Secret> compute_foreign(ForeignFunction function, std::uint32_t cost, ByteView salt,
                                                     ByteView password);

}  // namespace safeq::auth
