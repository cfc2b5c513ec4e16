// SPDX-License-Identifier: Apache-2.0
#include "auth/phc_text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace safeq::auth::phc {

std::string b64(ByteView bytes) {
    std::string text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    return text;
}

Result<Bytes> from_b64(std::string_view text, std::string_view where) {
    if (text.contains('=')) return fail(Errc::malformed, std::string{where}, "padded base64");
    if (text.size() % 4 == 1) return fail(Errc::malformed, std::string{where}, "impossible base64 length");
    std::string padded{text};
    padded.append((4 - text.size() % 4) % 4, '=');
    return from_base64(padded);
}

Result<std::string_view> until(std::string_view& in, char stop, std::string_view what, std::string_view where) {
    const std::size_t end = in.find(stop);
    if (end == std::string_view::npos) return fail(Errc::malformed, std::string{where}, fmt::format("no {}", what));
    const std::string_view found = in.substr(0, end);
    in.remove_prefix(end + 1);
    return found;
}

Result<std::uint32_t> number(std::string_view text, std::string_view prefix, std::string_view where) {
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

Result<PepperId> key_id(std::string_view text, std::string_view where) {
    constexpr std::string_view prefix = "keyid=";
    if (!text.starts_with(prefix)) return fail(Errc::malformed, std::string{where}, "a parameter that is not 'keyid'");
    SAFEQ_TRY(const Bytes bytes, from_b64(text.substr(prefix.size()), where));
    if (bytes.empty()) return fail(Errc::not_canonical, std::string{where}, "an empty keyid must be left out");
    PepperId id;
    if (bytes.size() != id.bytes.size())
        return fail(Errc::unsupported, std::string{where}, fmt::format("a keyid of {} bytes, not 8", bytes.size()));
    std::ranges::copy(bytes, id.bytes.begin());
    return id;
}

}  // namespace safeq::auth::phc
