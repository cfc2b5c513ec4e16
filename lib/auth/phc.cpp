// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/phc.hpp>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace safeq::auth {
namespace {

constexpr std::string_view where = "PHC string";

std::string b64(ByteView bytes) {
    std::string text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    return text;
}

Result<Bytes> from_b64(std::string_view text) {
    if (text.contains('=')) return fail(Errc::malformed, std::string{where}, "padded base64");
    if (text.size() % 4 == 1) return fail(Errc::malformed, std::string{where}, "impossible base64 length");
    std::string padded{text};
    padded.append((4 - text.size() % 4) % 4, '=');
    return from_base64(padded);
}

// The text up to `stop`, which must be there; `in` goes on after it.
Result<std::string_view> until(std::string_view& in, char stop, std::string_view what) {
    const std::size_t end = in.find(stop);
    if (end == std::string_view::npos) return fail(Errc::malformed, std::string{where}, fmt::format("no {}", what));
    const std::string_view found = in.substr(0, end);
    in.remove_prefix(end + 1);
    return found;
}

Result<std::uint32_t> number(std::string_view text, std::string_view prefix) {
    if (!text.starts_with(prefix))
        return fail(Errc::malformed, std::string{where}, fmt::format("no '{}' in its place", prefix));
    text.remove_prefix(prefix.size());
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
        return fail(Errc::malformed, std::string{where}, fmt::format("'{}' is not followed by digits", prefix));
    if (text.size() > 1 && text.front() == '0')
        return fail(Errc::not_canonical, std::string{where}, fmt::format("leading zero after '{}'", prefix));
    std::uint32_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
        return fail(Errc::weak_parameters, std::string{where}, fmt::format("'{}' is over 32 bits", prefix));
    return value;
}

Result<std::optional<PepperId>> key_id(std::string_view text) {
    constexpr std::string_view prefix = "keyid=";
    if (!text.starts_with(prefix)) return fail(Errc::malformed, std::string{where}, "a parameter that is not 'keyid'");
    SAFEQ_TRY(const Bytes bytes, from_b64(text.substr(prefix.size())));
    if (bytes.empty()) return fail(Errc::not_canonical, std::string{where}, "an empty keyid must be left out");
    PepperId id;
    if (bytes.size() != id.bytes.size())
        return fail(Errc::unsupported, std::string{where}, fmt::format("a keyid of {} bytes, not 8", bytes.size()));
    std::ranges::copy(bytes, id.bytes.begin());
    return id;
}

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

    SAFEQ_TRY(const std::string_view function, until(in, '$', "version"));
    if (function != "argon2id") return fail(Errc::unsupported, std::string{where}, "a function other than argon2id");
    SAFEQ_TRY(const std::string_view version, until(in, '$', "parameters"));
    SAFEQ_TRY(const std::uint32_t version_number, number(version, "v="));
    if (version_number != 19) return fail(Errc::unsupported, std::string{where}, "a version other than 19");
    SAFEQ_TRY(std::string_view parameters, until(in, '$', "salt"));
    SAFEQ_TRY(const std::string_view salt_text, until(in, '$', "hash"));

    PhcString out;
    SAFEQ_TRY(const std::string_view memory, until(parameters, ',', "'t'"));
    SAFEQ_TRY(const std::string_view passes, until(parameters, ',', "'p'"));
    const std::size_t lanes_end = std::min(parameters.find(','), parameters.size());
    SAFEQ_TRY(out.cost_.memory_kib, number(memory, "m="));
    SAFEQ_TRY(out.cost_.passes, number(passes, "t="));
    SAFEQ_TRY(out.cost_.lanes, number(parameters.substr(0, lanes_end), "p="));
    if (lanes_end < parameters.size()) {
        SAFEQ_TRY(out.pepper_, key_id(parameters.substr(lanes_end + 1)));
    }
    SAFEQ_TRY(out.salt_, from_b64(salt_text));
    SAFEQ_TRY(out.hash_, from_b64(in));
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
    const std::string key = pepper_ ? ",keyid=" + b64(pepper_->bytes) : std::string{};
    return fmt::format("$argon2id$v=19$m={},t={},p={}{}${}${}", cost_.memory_kib, cost_.passes, cost_.lanes, key,
                       b64(salt_), b64(hash_));
}

}  // namespace safeq::auth
