// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/binding.hpp>

#include <safeq/crypto/hash.hpp>

namespace safeq::token {
namespace {

constexpr std::string_view opening = R"({"kid":")";
constexpr std::string_view closing = R"("})";

}  // namespace

Bytes implicit_assertion(const TokenBinding& binding) {
    ByteWriter out;
    out.field(binding.tenant.bytes()).field(binding.audience.text()).field(binding.purpose);
    if (binding.device_key) {
        out.field(crypto::sha256(ByteView{binding.device_key->bytes}));
    } else {
        out.field(ByteView{});
    }
    return out.take();
}

std::string key_footer(const KeyId& id) { return std::string{opening} + id.text() + std::string{closing}; }

Result<KeyId> parse_key_footer(ByteView footer) {
    const std::string_view text = as_text(footer);
    if (text.size() != opening.size() + KeyId::text_bytes + closing.size() || !text.starts_with(opening) ||
        !text.ends_with(closing))
        return fail(Errc::malformed, "token footer");
    return KeyId::parse(text.substr(opening.size(), KeyId::text_bytes));
}

}  // namespace safeq::token
