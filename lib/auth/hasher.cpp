// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/hasher.hpp>

#include <array>

#include <fmt/format.h>

namespace safeq::auth {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;

crypto::Secret password_material(const PasswordPepper& key, const crypto::Secret& password) {
    crypto::MacTag tag = crypto::hmac_sha256(ByteView{key.expose()}, {password.expose()});
    crypto::Secret material = crypto::Secret::copy_of(tag);
    crypto::wipe(tag);
    return material;
}

Result<void> check_length(const crypto::Secret& password) {
    if (password.size() <= max_password_bytes) return {};
    return fail(Errc::too_large, "password", fmt::format("over {} bytes", max_password_bytes));
}

}  // namespace

Result<PhcString> Hasher::hash(const crypto::Secret& password) const {
    if (password.size() < min_password_bytes)
        return fail(Errc::invalid_argument, "password", fmt::format("fewer than {} bytes", min_password_bytes));
    return hash_again(password);
}

Result<PhcString> Hasher::hash_again(const crypto::Secret& password) const {
    SAFEQ_TRY_VOID(check_length(password));
    const crypto::Secret material = password_material(peppers_.current().for_passwords(), password);
    return store(material.expose());
}

Result<PasswordCheck> Hasher::verify(const StoredPassword& stored, const crypto::Secret& attempt) const {
    SAFEQ_TRY_VOID(check_length(attempt));
    if (const ImportedHash* const imported = stored.imported()) return check_imported(*imported, attempt);
    SAFEQ_TRY(const Pepper* const pepper, pepper_of(*stored.own()));
    const crypto::Secret material = password_material(pepper->for_passwords(), attempt);
    return check(*stored.own(), material.expose());
}

Result<PhcString> Hasher::hash_pin(const PinOwner& owner, const Pin& pin) const {
    const crypto::Secret material = pin_material(peppers_.current().for_pins(), owner, pin);
    return store(material.expose());
}

Result<PasswordCheck> Hasher::verify_pin(const PhcString& stored, const PinOwner& owner, const Pin& attempt) const {
    SAFEQ_TRY(const Pepper* const pepper, pepper_of(stored));
    const crypto::Secret material = pin_material(pepper->for_pins(), owner, attempt);
    return check(stored, material.expose());
}

Result<void> Hasher::verify_nobody(std::string_view name, const crypto::Secret& attempt) const {
    SAFEQ_TRY_VOID(check_length(attempt));
    SAFEQ_TRY_VOID(check_parameters());
    SAFEQ_TRY(const HashingBudget::Permit permit, budget_.acquire(parameters_.memory_kib));
    return hash_in_vain(peppers_.current(), as_bytes(name), attempt);
}

Result<void> Hasher::hash_in_vain(const Pepper& pepper, ByteView who, const crypto::Secret& attempt) const {
    const crypto::Secret material = password_material(pepper.for_passwords(), attempt);
    const crypto::MacTag salt = crypto::hmac_sha256(ByteView{pepper.for_nobody().expose()}, {who});
    std::array<std::byte, hash_bytes> unused{};
    return crypto::argon2id(unused, material.expose(), crypto::Salt{ByteView{salt}.first(salt_bytes)}, parameters_);
}

Result<PhcString> Hasher::store(ByteView material) const {
    SAFEQ_TRY_VOID(check_parameters());
    SAFEQ_TRY(const HashingBudget::Permit permit, budget_.acquire(parameters_.memory_kib));
    const auto salt = random_.bytes<salt_bytes>();
    std::array<std::byte, hash_bytes> hash{};
    SAFEQ_TRY_VOID(crypto::argon2id(hash, material, crypto::Salt{salt}, parameters_));
    return PhcString::from(parameters_, peppers_.current().id(), salt, hash);
}

Result<PasswordCheck> Hasher::check(const PhcString& stored, ByteView material) const {
    std::array<std::byte, PhcString::max_hash_bytes> hash{};
    const std::span<std::byte> out{hash.data(), stored.hash().size()};
    {
        SAFEQ_TRY(const HashingBudget::Permit permit, budget_.acquire(stored.cost().memory_kib));
        SAFEQ_TRY_VOID(crypto::argon2id(out, material, crypto::Salt{stored.salt()}, stored.cost()));
    }
    const bool right = crypto::equal(out, stored.hash());
    crypto::wipe(hash);
    if (!right) return PasswordCheck::mismatch;
    const bool as_today = stored.cost() == parameters_ && stored.pepper() == peppers_.current().id() &&
                          stored.salt().size() == salt_bytes && stored.hash().size() == hash_bytes;
    return as_today ? PasswordCheck::match : PasswordCheck::match_needs_rehash;
}

Result<PasswordCheck> Hasher::check_imported(const ImportedHash& stored, const crypto::Secret& attempt) const {
    SAFEQ_TRY_VOID(check_parameters());
    SAFEQ_TRY(const Pepper* const pepper, pepper_named(stored.pepper()));
    SAFEQ_TRY(const HashingBudget::Permit permit, budget_.acquire(parameters_.memory_kib));
    SAFEQ_TRY(const crypto::Secret hash,
              compute_foreign(stored.function(), stored.cost(), stored.salt(), attempt.expose()));
    // Who is right pays for Argon2id with the rehash that follows.
    if (stored.matches(*pepper, hash.expose())) return PasswordCheck::match_needs_rehash;
    SAFEQ_TRY_VOID(hash_in_vain(*pepper, stored.salt(), attempt));
    return PasswordCheck::mismatch;
}

Result<void> Hasher::check_parameters() const {
    if (within_bounds(parameters_)) return {};
    return fail(Errc::weak_parameters, "Argon2id",
                fmt::format("m={},t={},p={}", parameters_.memory_kib, parameters_.passes, parameters_.lanes));
}

Result<const Pepper*> Hasher::pepper_of(const PhcString& stored) const {
    if (!stored.pepper()) return fail(Errc::key_unknown, "pepper", "the string was stored without one");
    return pepper_named(*stored.pepper());
}

Result<const Pepper*> Hasher::pepper_named(const PepperId& id) const {
    const Pepper* const pepper = peppers_.find(id);
    if (pepper == nullptr) return fail(Errc::key_unknown, "pepper", id.text());
    return pepper;
}

}  // namespace safeq::auth
