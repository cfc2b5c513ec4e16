// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <safeq/auth/hashing_budget.hpp>
#include <safeq/auth/imported_hash.hpp>
#include <safeq/auth/pepper.hpp>
#include <safeq/auth/pin.hpp>
#include <safeq/core/id.hpp>
#include <safeq/core/random.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::auth {

/// What one hash costs; callers name it.
using Argon2Parameters = crypto::Argon2Cost;

/// 64 MiB, 3 passes, 4 lanes: the second recommendation of RFC 9106, section 4.
inline constexpr Argon2Parameters argon2id_2026{.memory_kib = 64 * 1024, .passes = 3, .lanes = 4};
static_assert(within_bounds(argon2id_2026));

/// What came of checking a password or a PIN.
enum class PasswordCheck {
    mismatch,
    match,
    match_needs_rehash,  ///< right, but stored with other costs or an older pepper: hash it anew and save that
};

inline constexpr std::size_t min_password_bytes = 8;
inline constexpr std::size_t max_password_bytes = 1024;

/// Stores and checks passwords and PINs: HMAC under the pepper, then Argon2id.
/// *Secrets*: nothing of the password stays; the time a check takes depends on the stored costs alone.
/// *Threads*: const calls are safe from several threads; they block while the budget is used up, then for the hash.
class Hasher final {
public:
    /// Borrows ring, randomness and budget, which must outlive it. Parameters out of bounds are refused by each `hash`.
    Hasher(const Argon2Parameters& parameters, const PepperRing& peppers, Random& random,
           HashingBudget& budget) noexcept
        : parameters_{parameters}, peppers_{peppers}, random_{random}, budget_{budget} {}
    Hasher(const Argon2Parameters& parameters, const PepperRing&& peppers, Random& random,
           HashingBudget& budget) = delete;

    /// The string to store for a new password, under the current pepper. The bytes count as they are: no case folding,
    /// no trimming, no Unicode normalisation.
    /// *Errors*: `weak_parameters`; `invalid_argument` for fewer than 8 bytes; `too_large`; `busy`; `out_of_memory`.
    [[nodiscard]] Result<PhcString> hash(const crypto::Secret& password) const;

    /// The same for a password that has just matched what is stored with older costs, another pepper or by another
    /// system: however short it is, it is the one that its owner has. *Errors*: as `hash`, without `invalid_argument`.
    [[nodiscard]] Result<PhcString> hash_again(const crypto::Secret& password) const;

    /// What to store for a password hash that another system made. Computes nothing but an HMAC.
    [[nodiscard]] ImportedHash adopt(const ForeignHash& foreign) const {
        return ImportedHash::of(foreign, peppers_.current());
    }

    /// An imported hash that matches always needs a rehash; where it doesn't match, one Argon2id computation is made
    /// beside it, so that the answer never comes sooner than to an unknown name.
    /// *Errors*: `key_unknown` when the string names no pepper of the ring (one without a pepper is refused likewise);
    /// `too_large`; `busy`; `out_of_memory`: none of them means that the password is wrong.
    [[nodiscard]] Result<PasswordCheck> verify(const StoredPassword& stored, const crypto::Secret& attempt) const;

    /// The string to store for a new PIN, which counts for this person of this tenant only. *Errors*: as `hash`.
    [[nodiscard]] Result<PhcString> hash_pin(const PinOwner& owner, const Pin& pin) const;
    /// *Errors*: as `verify`.
    [[nodiscard]] Result<PasswordCheck> verify_pin(const PhcString& stored, const PinOwner& owner,
                                                   const Pin& attempt) const;

    /// Does the work of one check for someone who isn't there, so that the time doesn't tell. The same `name` has the
    /// same salt each time, as those have who are there: Argon2id's time depends a little on it.
    /// *Errors*: `weak_parameters`, `busy`, `out_of_memory`.
    [[nodiscard]] Result<void> verify_nobody(std::string_view name, const crypto::Secret& attempt) const;

    [[nodiscard]] const Argon2Parameters& parameters() const noexcept { return parameters_; }

private:
    [[nodiscard]] Result<void> hash_in_vain(const Pepper& pepper, ByteView who, const crypto::Secret& attempt) const;
    [[nodiscard]] Result<PhcString> store(ByteView material) const;
    [[nodiscard]] Result<PasswordCheck> check(const PhcString& stored, ByteView material) const;
    [[nodiscard]] Result<PasswordCheck> check_imported(const ImportedHash& stored, const crypto::Secret& attempt) const;
    [[nodiscard]] Result<void> check_parameters() const;
    [[nodiscard]] Result<const Pepper*> pepper_of(const PhcString& stored) const;
    [[nodiscard]] Result<const Pepper*> pepper_named(const PepperId& id) const;

    Argon2Parameters parameters_;
    const PepperRing& peppers_;
    Random& random_;
    HashingBudget& budget_;
};

}  // namespace safeq::auth
