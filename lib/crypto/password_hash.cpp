// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/password_hash.hpp>

#include <botan/pwdhash.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {
namespace {

// What the backend takes; RFC 9106 allows more.
constexpr std::uint32_t most_lanes = 128;
constexpr std::uint32_t most_memory_kib = 8u * 1024 * 1024;

}  // namespace

Result<void> argon2id(std::span<std::byte> out, ByteView password, Salt salt, const Argon2Cost& cost, ByteView secret,
                      ByteView associated) {
    if (out.size() < 4) return fail(Errc::invalid_argument, "Argon2id", "output shorter than 4 bytes");
    if (cost.passes < 1) return fail(Errc::weak_parameters, "Argon2id", "no pass");
    if (cost.lanes < 1 || cost.lanes > most_lanes) return fail(Errc::weak_parameters, "Argon2id", "lanes not 1 to 128");
    if (cost.memory_kib < 8 * cost.lanes || cost.memory_kib > most_memory_kib)
        return fail(Errc::weak_parameters, "Argon2id", "memory not 8 KiB a lane to 8 GiB");
    return at_seam("Argon2id", Errc::crypto_failed, [&]() -> Result<void> {
        const auto hash = Botan::PasswordHashFamily::create_or_throw("Argon2id")
                              ->from_params(cost.memory_kib, cost.passes, cost.lanes);
        const auto to = to_botan_writable(out);
        const auto with_salt = to_botan(salt.bytes);
        const auto with_associated = to_botan(associated);
        const auto with_secret = to_botan(secret);
        hash->derive_key(to.data(), to.size(), as_text(password).data(), password.size(), with_salt.data(),
                         with_salt.size(), with_associated.data(), with_associated.size(), with_secret.data(),
                         with_secret.size());
        return {};
    });
}

}  // namespace safeq::crypto
