// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/phc.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "auth/phc_text.hpp"

namespace safeq::auth {
namespace {

constexpr std::string_view where = "PHC string";

bool between(std::size_t value, std::size_t least, std::size_t most) { return value >= least && value <= most; }

Result<void> check_costs(const crypto::Argon2Cost& cost) {
    if (within_bounds(cost)) return {};
    return fail(Errc::weak_parameters, std::string{where},
                fmt::format("m={},t={},p={}", cost.memory_kib, cost.passes, cost.lanes));
}

}  // namespace

Result<PhcString> PhcString::parse(std::string_view text) {
    if (text.size() > max_text_bytes)
        return fail(Errc::too_large, std::string{where},
                    fmt::format("{} bytes, at most {}", text.size(), max_text_bytes));
    std::string_view in = text;
    if (!in.starts_with('$')) return fail(Errc::malformed, std::string{where}, "doesn't begin with '$'");
    in.remove_prefix(1);

    SAFEQ_TRY(const std::string_view function, phc::until(in, '$', "version", where));
    if (function != "argon2id") return fail(Errc::unsupported, std::string{where}, "a function other than argon2id");
    SAFEQ_TRY(const std::string_view version, phc::until(in, '$', "parameters", where));
    SAFEQ_TRY(const std::uint32_t version_number, phc::number(version, "v=", where));
    if (version_number != 19) return fail(Errc::unsupported, std::string{where}, "a version other than 19");
    SAFEQ_TRY(std::string_view parameters, phc::until(in, '$', "salt", where));
    SAFEQ_TRY(const std::string_view salt_text, phc::until(in, '$', "hash", where));

    PhcString out;
    SAFEQ_TRY(const std::string_view memory, phc::until(parameters, ',', "'t'", where));
    SAFEQ_TRY(const std::string_view passes, phc::until(parameters, ',', "'p'", where));
    const std::size_t lanes_end = std::min(parameters.find(','), parameters.size());
    SAFEQ_TRY(out.cost_.memory_kib, phc::number(memory, "m=", where));
    SAFEQ_TRY(out.cost_.passes, phc::number(passes, "t=", where));
    SAFEQ_TRY(out.cost_.lanes, phc::number(parameters.substr(0, lanes_end), "p=", where));
    if (lanes_end < parameters.size()) {
        SAFEQ_TRY(out.pepper_, phc::key_id(parameters.substr(lanes_end + 1), where));
    }
    SAFEQ_TRY(out.salt_, phc::from_b64(salt_text, where));
    SAFEQ_TRY(out.hash_, phc::from_b64(in, where));
    if (!between(out.salt_.size(), min_salt_bytes, max_salt_bytes))
        return fail(Errc::malformed, std::string{where}, fmt::format("a salt of {} bytes", out.salt_.size()));
    if (!between(out.hash_.size(), min_hash_bytes, max_hash_bytes))
        return fail(Errc::malformed, std::string{where}, fmt::format("a hash of {} bytes", out.hash_.size()));
    SAFEQ_TRY_VOID(check_costs(out.cost_));
    return out;
}

Result<PhcString> PhcString::from(const crypto::Argon2Cost& cost, std::optional<PepperId> pepper, ByteView salt,
                                  ByteView hash) {
    SAFEQ_TRY_VOID(check_costs(cost));
    if (!between(salt.size(), min_salt_bytes, max_salt_bytes) || !between(hash.size(), min_hash_bytes, max_hash_bytes))
        return fail(Errc::invalid_argument, std::string{where}, "length of salt or hash");
    PhcString out;
    out.cost_ = cost;
    out.pepper_ = pepper;
    out.salt_ = to_bytes(salt);
    out.hash_ = to_bytes(hash);
    return out;
}

std::string PhcString::text() const {
    const std::string key = pepper_ ? ",keyid=" + phc::b64(pepper_->bytes) : std::string{};
    return fmt::format("$argon2id$v=19$m={},t={},p={}{}${}${}", cost_.memory_kib, cost_.passes, cost_.lanes, key,
                       phc::b64(salt_), phc::b64(hash_));
}

}  // namespace safeq::auth
