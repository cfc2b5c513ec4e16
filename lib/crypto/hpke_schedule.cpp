// SPDX-License-Identifier: Apache-2.0
#include "hpke_schedule.hpp"

#include "seam.hpp"

namespace safeq::crypto::hpke {
namespace {

constexpr std::string_view version = "HPKE-v1";
constexpr std::uint8_t mode_base = 0x00;

}  // namespace

Bytes suite_id(const Suite& suite) {
    return ByteWriter{}.text("HPKE").u16(suite.kem).u16(hkdf_sha256_id).u16(suite.aead).take();
}

Secret labelled_extract(ByteView suite_id, ByteView salt, std::string_view label, ByteView secret) {
    Sha256Digest extracted = hkdf_extract_sha256(salt, {as_bytes(version), suite_id, as_bytes(label), secret});
    Secret pseudorandom_key = Secret::copy_of(extracted);
    wipe(extracted);
    return pseudorandom_key;
}

Secret labelled_expand(ByteView suite_id, const Secret& pseudorandom_key, std::string_view label, ByteView info,
                       std::size_t size) {
    require(size > 0 && size <= 255 * sizeof(Sha256Digest), "HPKE: 1 to 8160 bytes to expand");
    ByteWriter length;
    length.u16(static_cast<std::uint16_t>(size));
    Secret out = Secret::zeroed(size);
    hkdf_expand_sha256(out.fill(), pseudorandom_key.expose(),
                       {length.view(), as_bytes(version), suite_id, as_bytes(label), info});
    return out;
}

Schedule schedule_base(const Suite& suite, ByteView shared_secret, ByteView info) {
    const Bytes id = suite_id(suite);
    const Secret psk_id_hash = labelled_extract(id, {}, "psk_id_hash", {});
    const Secret info_hash = labelled_extract(id, {}, "info_hash", info);
    const Bytes context = ByteWriter{}.u8(mode_base).bytes(psk_id_hash.expose()).bytes(info_hash.expose()).take();
    const Secret secret = labelled_extract(id, shared_secret, "secret", {});

    Schedule schedule{.key = labelled_expand(id, secret, "key", context, suite.aead_key_bytes), .base_nonce = {}};
    const Secret nonce = labelled_expand(id, secret, "base_nonce", context, schedule.base_nonce.size());
    std::memcpy(schedule.base_nonce.data(), nonce.expose().data(), schedule.base_nonce.size());
    return schedule;
}

}  // namespace safeq::crypto::hpke
