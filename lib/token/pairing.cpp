// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/pairing.hpp>

#include <algorithm>

namespace safeq::token {
namespace {

constexpr const char* where = "pairing code";
constexpr std::string_view alphabet = "BCDFGHJKLMNPQRSTVWXZ";
// The bytes that give every letter the same chance.
constexpr unsigned fair_bytes = 256 / alphabet.size() * alphabet.size();

}  // namespace

PairingCode PairingCode::generate(Random& random) {
    Letters out;
    for (std::byte& letter : out.fill()) {
        unsigned drawn = fair_bytes;
        while (drawn >= fair_bytes) drawn = std::to_integer<unsigned>(random.bytes<1>()[0]);
        letter = static_cast<std::byte>(alphabet[drawn % alphabet.size()]);
    }
    return PairingCode{std::move(out)};
}

Result<PairingCode> PairingCode::parse(std::string_view typed) {
    if (typed.size() > max_typed_bytes) return fail(Errc::too_large, where);
    Letters out;
    std::size_t count = 0;
    for (const char c : typed) {
        if (c == '-' || c == ' ') continue;
        const char letter = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (alphabet.find(letter) == std::string_view::npos || count == letters)
            return fail(Errc::malformed, where, "not eight of its letters");
        out.fill()[count++] = static_cast<std::byte>(letter);
    }
    if (count != letters) return fail(Errc::malformed, where, "not eight of its letters");
    return PairingCode{std::move(out)};
}

crypto::Secret PairingCode::text() const {
    constexpr std::size_t half = letters / 2;
    crypto::Secret shown = crypto::Secret::zeroed(letters + 1);
    auto at = std::ranges::copy(letters_.expose().first<half>(), shown.fill().begin()).out;
    *at++ = std::byte{'-'};
    std::ranges::copy(letters_.expose().subspan<half>(), at);
    return shown;
}

crypto::MacTag PairingCode::tag(const PairingKey& key, TenantId tenant, DeviceId device) const {
    const Bytes before =
        ByteWriter{}.field("safeq/pairing/v1").field(tenant.bytes()).field(device.bytes()).u32(letters).take();
    return crypto::hmac_sha256(ByteView{key.expose()}, {before, letters_.expose()});
}

Result<IssuedPairing> Pairings::begin(TenantId tenant, DeviceId device, SubjectId by) {
    if (tenant.nil() || device.nil() || by.nil()) return fail(Errc::invalid_argument, where, "a nil id");
    if (rules_.lifetime.count() <= 0 || rules_.attempts == 0)
        return fail(Errc::invalid_argument, where, "rules without time or attempts");
    SAFEQ_TRY(const Time now, expiry_.now());
    const PairingCode code = PairingCode::generate(random_);
    const PairingRecord record{.id = PairingId::make(clock_, random_),
                               .tenant = tenant,
                               .device = device,
                               .by = by,
                               .code = code.tag(key_, tenant, device),
                               .attempts = 0,
                               .created = now,
                               .expires = now + rules_.lifetime};
    SAFEQ_TRY_VOID(store_.put(record));
    return IssuedPairing{.text = code.text(), .pairing = record};
}

Result<void> Pairings::end(const PairingRecord& record) {
    const auto erased = store_.erase(record.tenant, record.device, record.id);
    if (!erased && erased.error().code != Errc::not_found) return erased;
    return {};
}

Result<PairingRecord> Pairings::redeem(std::string_view typed, TenantId tenant, DeviceId device) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(const PairingCode code, PairingCode::parse(typed));
    const crypto::MacTag tag = code.tag(key_, tenant, device);
    const auto record = store_.attempt(tenant, device);
    if (!record && record.error().code == Errc::not_found)
        return fail(Errc::credential_wrong, where, "none is pending here");
    if (!record) return record;
    // One that was made under a date far ahead would last until then.
    if (record->expires <= now || record->created - now > rules_.lifetime) {
        SAFEQ_TRY_VOID(end(*record));
        return fail(Errc::expired, where);
    }
    if (record->attempts > rules_.attempts) {
        SAFEQ_TRY_VOID(end(*record));
        return fail(Errc::throttled, where, "the attempts are used up");
    }
    if (!crypto::equal(tag, record->code)) {
        if (record->attempts < rules_.attempts) return fail(Errc::credential_wrong, where);
        SAFEQ_TRY_VOID(end(*record));
        return fail(Errc::throttled, where, "the attempts are used up");
    }
    const auto erased = store_.erase(tenant, device, record->id);
    if (!erased && erased.error().code == Errc::not_found) return fail(Errc::credential_wrong, where, "just spent");
    SAFEQ_TRY_VOID(erased);
    return record;
}

Result<void> Pairings::cancel(TenantId tenant, DeviceId device) { return store_.erase(tenant, device); }

Result<std::size_t> Pairings::sweep() {
    SAFEQ_TRY(const Time now, expiry_.now());
    return store_.erase_expired(now);
}

}  // namespace safeq::token
