// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/foreign_hash.hpp>

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include <safeq/crypto/foreign_password_hash.hpp>
#include <safeq/crypto/hash.hpp>

#include "auth/phc_text.hpp"

namespace safeq::auth {
namespace {

constexpr std::string_view where = "imported hash";

// In the order of the enumeration.
constexpr std::array<ForeignRules, all_foreign_functions.size()> rules{{
    {.name = "bcrypt",
     .least_cost = 4,
     .most_cost = 14,
     .least_salt_bytes = crypto::bcrypt_salt_bytes,
     .most_salt_bytes = crypto::bcrypt_salt_bytes,
     .hash_bytes = crypto::bcrypt_hash_bytes},
    {.name = "pbkdf2-sha256",
     .least_cost = 1'000,
     .most_cost = 2'000'000,
     .least_salt_bytes = 8,
     .most_salt_bytes = 64,
     .hash_bytes = 32},
    {.name = "pbkdf2-sha512",
     .least_cost = 1'000,
     .most_cost = 2'000'000,
     .least_salt_bytes = 8,
     .most_salt_bytes = 64,
     .hash_bytes = 64},
    {.name = "ssha256",
     .least_cost = 1,
     .most_cost = 1,
     .least_salt_bytes = 4,
     .most_salt_bytes = 64,
     .hash_bytes = 32},
    {.name = "ssha512",
     .least_cost = 1,
     .most_cost = 1,
     .least_salt_bytes = 4,
     .most_salt_bytes = 64,
     .hash_bytes = 64},
}};

// What the text holds, still to be held against the rules.
struct Parts {
    ForeignFunction function;
    std::uint32_t cost = 1;
    Bytes salt;
    Bytes hash;
};

std::unexpected<Error> malformed(std::string what) {
    return fail(Errc::malformed, std::string{where}, std::move(what));
}

Result<Parts> parse_bcrypt(std::string_view text) {
    // $2b$12$, 22 characters of salt, 31 of hash.
    constexpr std::size_t head = 7;
    constexpr std::size_t salt_characters = 22;
    constexpr std::size_t hash_characters = 31;
    if (text.size() < 4 || text[3] != '$' || (text[2] != 'a' && text[2] != 'b' && text[2] != 'y'))
        return fail(Errc::unsupported, std::string{where}, "a kind of bcrypt other than 2a, 2b and 2y");
    if (text.size() != head + salt_characters + hash_characters) return malformed("bcrypt of another length");
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!digit(text[4]) || !digit(text[5]) || text[6] != '$') return malformed("bcrypt without two digits of cost");
    Parts parts{.function = ForeignFunction::bcrypt,
                .cost = static_cast<std::uint32_t>((text[4] - '0') * 10 + (text[5] - '0')),
                .salt = {},
                .hash = {}};
    SAFEQ_TRY(parts.salt, crypto::from_bcrypt_base64(text.substr(head, salt_characters)));
    SAFEQ_TRY(parts.hash, crypto::from_bcrypt_base64(text.substr(head + salt_characters)));
    return parts;
}

// Passlib writes '.' for '+'.
Result<Bytes> from_passlib_base64(std::string_view text) {
    if (text.contains('+')) return malformed("'+' where passlib writes '.'");
    std::string common{text};
    std::ranges::replace(common, '.', '+');
    return phc::from_b64(common, where);
}

Result<Parts> parse_pbkdf2(std::string_view in, ForeignFunction function) {
    Parts parts{.function = function, .cost = 0, .salt = {}, .hash = {}};
    SAFEQ_TRY(std::string_view parameters, phc::until(in, '$', "salt", where));
    SAFEQ_TRY(const std::string_view salt, phc::until(in, '$', "hash", where));
    if (!parameters.starts_with("i=")) {
        SAFEQ_TRY(parts.cost, phc::number(parameters, "", where));
        SAFEQ_TRY(parts.salt, from_passlib_base64(salt));
        SAFEQ_TRY(parts.hash, from_passlib_base64(in));
        return parts;
    }
    const std::size_t comma = std::min(parameters.find(','), parameters.size());
    SAFEQ_TRY(parts.cost, phc::number(parameters.substr(0, comma), "i=", where));
    SAFEQ_TRY(parts.salt, phc::from_b64(salt, where));
    SAFEQ_TRY(parts.hash, phc::from_b64(in, where));
    if (comma < parameters.size()) {
        SAFEQ_TRY(const std::uint32_t length, phc::number(parameters.substr(comma + 1), "l=", where));
        if (length != parts.hash.size()) return malformed("'l=' isn't the length of the hash");
    }
    return parts;
}

Result<Parts> parse_salted_sha(std::string_view in, ForeignFunction function) {
    SAFEQ_TRY(const Bytes both, from_base64(in));
    const std::size_t hash_bytes = rules_of(function).hash_bytes;
    if (both.size() < hash_bytes) return malformed("shorter than its hash");
    const auto middle = both.begin() + static_cast<std::ptrdiff_t>(hash_bytes);
    return Parts{
        .function = function, .cost = 1, .salt = Bytes(middle, both.end()), .hash = Bytes(both.begin(), middle)};
}

Result<Parts> parse_parts(std::string_view text) {
    const auto after = [&](std::string_view prefix) { return text.substr(prefix.size()); };
    if (constexpr std::string_view crypt = "{CRYPT}"; text.starts_with(crypt)) {
        text.remove_prefix(crypt.size());
        if (!text.starts_with("$2")) return fail(Errc::unsupported, std::string{where}, "{CRYPT} other than bcrypt");
    }
    if (text.starts_with("$2")) return parse_bcrypt(text);
    for (const auto& [prefix, function] :
         {std::pair<std::string_view, ForeignFunction>{"$pbkdf2-sha256$", ForeignFunction::pbkdf2_sha256},
          {"$pbkdf2-sha512$", ForeignFunction::pbkdf2_sha512}}) {
        if (text.starts_with(prefix)) return parse_pbkdf2(after(prefix), function);
    }
    for (const auto& [prefix, function] :
         {std::pair<std::string_view, ForeignFunction>{"{SSHA256}", ForeignFunction::ssha256},
          {"{SSHA512}", ForeignFunction::ssha512}}) {
        if (text.starts_with(prefix)) return parse_salted_sha(after(prefix), function);
    }
    return fail(Errc::unsupported, std::string{where}, "not bcrypt, PBKDF2, {SSHA256} or {SSHA512}");
}

crypto::Secret joined(ByteView first, ByteView second) {
    crypto::Secret both = crypto::Secret::zeroed(first.size() + second.size());
    std::ranges::copy(second, std::ranges::copy(first, both.fill().begin()).out);
    return both;
}

}  // namespace

const ForeignRules& rules_of(ForeignFunction function) noexcept { return rules[static_cast<std::size_t>(function)]; }

Result<ForeignHash> ForeignHash::parse(std::string_view text) {
    if (text.size() > max_text_bytes)
        return fail(Errc::too_large, std::string{where},
                    fmt::format("{} bytes, at most {}", text.size(), max_text_bytes));
    SAFEQ_TRY(Parts parts, parse_parts(text));
    const ForeignRules& its = rules_of(parts.function);
    if (parts.hash.size() != its.hash_bytes)
        return malformed(fmt::format("a hash of {} bytes, not {}", parts.hash.size(), its.hash_bytes));
    if (parts.cost < its.least_cost || parts.cost > its.most_cost)
        return fail(
            Errc::weak_parameters, std::string{where},
            fmt::format("{} with a cost of {}, not {} to {}", its.name, parts.cost, its.least_cost, its.most_cost));
    if (parts.salt.size() < its.least_salt_bytes || parts.salt.size() > its.most_salt_bytes)
        return fail(Errc::weak_parameters, std::string{where}, fmt::format("a salt of {} bytes", parts.salt.size()));
    ForeignHash out;
    out.function_ = parts.function;
    out.cost_ = parts.cost;
    out.salt_ = std::move(parts.salt);
    out.hash_ = std::move(parts.hash);
    return out;
}

Result<crypto::Secret> compute_foreign(ForeignFunction function, std::uint32_t cost, ByteView salt, ByteView password) {
    crypto::Secret hash = crypto::Secret::zeroed(rules_of(function).hash_bytes);
    switch (function) {
        case ForeignFunction::bcrypt: {
            if (salt.size() != crypto::bcrypt_salt_bytes)
                return fail(Errc::weak_parameters, std::string{where}, "bcrypt takes a salt of 16 bytes");
            // No system could store such a password with bcrypt: it took the zero byte for the end.
            if (std::ranges::find(password, std::byte{0}) != password.end()) return crypto::Secret{};
            SAFEQ_TRY_VOID(crypto::bcrypt(hash.fill().first<crypto::bcrypt_hash_bytes>(), password,
                                          salt.first<crypto::bcrypt_salt_bytes>(), cost));
            break;
        }
        case ForeignFunction::pbkdf2_sha256:
            SAFEQ_TRY_VOID(crypto::pbkdf2_sha256(hash.fill(), password, salt, cost));
            break;
        case ForeignFunction::pbkdf2_sha512:
            SAFEQ_TRY_VOID(crypto::pbkdf2_sha512(hash.fill(), password, salt, cost));
            break;
        case ForeignFunction::ssha256: {
            const crypto::Secret both = joined(password, salt);
            std::ranges::copy(crypto::sha256(both.expose()), hash.fill().begin());
            break;
        }
        case ForeignFunction::ssha512: {
            const crypto::Secret both = joined(password, salt);
            std::ranges::copy(crypto::sha512(both.expose()), hash.fill().begin());
            break;
        }
    }
    return hash;
}

}  // namespace safeq::auth
