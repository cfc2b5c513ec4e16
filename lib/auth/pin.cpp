// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/pin.hpp>

#include <algorithm>
#include <cstdint>

namespace safeq::auth {

Result<Pin> Pin::parse(crypto::Secret digits) {
    const auto is_digit = [](std::byte b) { return b >= std::byte{'0'} && b <= std::byte{'9'}; };
    if (digits.size() < min_digits || digits.size() > max_digits || !std::ranges::all_of(digits.expose(), is_digit))
        return fail(Errc::malformed, "PIN", "not 4 to 16 digits");
    return Pin{std::move(digits)};
}

crypto::Secret pin_material(const PinPepper& key, const PinOwner& owner, const Pin& pin) {
    // Lengths apart from the digits, so that no copy of the PIN is made that nobody wipes.
    const Bytes before = ByteWriter{}
                             .field(owner.tenant.bytes())
                             .field(owner.subject.bytes())
                             .u32(static_cast<std::uint32_t>(pin.digits().size()))
                             .take();
    crypto::MacTag tag = crypto::hmac_sha256(ByteView{key.expose()}, {before, pin.digits().expose()});
    crypto::Secret material = crypto::Secret::copy_of(tag);
    crypto::wipe(tag);
    return material;
}

}  // namespace safeq::auth
