// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/id.hpp>

namespace safeq {

IdBytes make_id_bytes(const Clock& clock, Random& random) {
    IdBytes id = random.bytes<16>();
    const auto ms = static_cast<std::uint64_t>(clock.now().time_since_epoch().count());
    for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::byte>((ms >> (40 - 8 * i)) & 0xff);
    id[6] = (id[6] & std::byte{0x0f}) | std::byte{0x70};
    id[8] = (id[8] & std::byte{0x3f}) | std::byte{0x80};
    return id;
}

std::string format_id(const IdBytes& id) {
    std::string hex = to_hex(id);
    for (const std::size_t dash : {8u, 13u, 18u, 23u}) hex.insert(dash, 1, '-');
    return hex;
}

Result<IdBytes> parse_id(std::string_view text) {
    if (text.size() != 36) return fail(Errc::malformed, "id", "not 36 characters");
    std::string hex;
    hex.reserve(32);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-')) return fail(Errc::malformed, "id", "dashes are not where a UUID has them");
        if (text[i] >= 'A' && text[i] <= 'F') return fail(Errc::not_canonical, "id", "upper case");
        if (!dash) hex.push_back(text[i]);
    }
    SAFEQ_TRY(const Bytes bytes, from_hex(hex));
    IdBytes id;
    std::memcpy(id.data(), bytes.data(), id.size());
    return id;
}

}  // namespace safeq
