// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/card.hpp>

#include <algorithm>

namespace safeq::auth {

Result<Card> Card::parse(std::string_view type, std::string_view uid) {
    const auto in_type = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (type.empty() || type.size() > max_type_bytes || !std::ranges::all_of(type, in_type))
        return fail(Errc::malformed, "card type", "not 1 to 32 of a-z, 0-9 and '-'");
    if (uid.size() < 2 * min_uid_bytes || uid.size() > 2 * max_uid_bytes)
        return fail(Errc::malformed, "card UID", "not 4 to 16 bytes");
    const Result<Bytes> bytes = from_hex(uid);
    if (!bytes) return fail(Errc::malformed, "card UID", "not hexadecimal");
    for (const std::byte blank : {std::byte{0x00}, std::byte{0xff}}) {
        if (std::ranges::all_of(*bytes, [&](std::byte b) { return b == blank; }))
            return fail(Errc::invalid_argument, "card UID", "all bits alike: the reader failed to read");
    }
    Card card;
    card.type_ = type;
    std::ranges::copy(*bytes, card.uid_.begin());
    card.uid_bytes_ = static_cast<std::uint8_t>(bytes->size());
    return card;
}

Result<Card> Card::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return parse(default_type, text);
    return parse(text.substr(0, colon), text.substr(colon + 1));
}

crypto::MacTag card_lookup(const CardPepper& key, TenantId tenant, const Card& card) {
    const Bytes fields = ByteWriter{}.field(tenant.bytes()).field(card.type()).field(card.uid()).take();
    return crypto::hmac_sha256(ByteView{key.expose()}, {fields});
}

CardRecord card_record(const PepperRing& peppers, TenantId tenant, const Card& card) {
    const Pepper& pepper = peppers.current();
    return {.pepper = pepper.id(), .lookup = card_lookup(pepper.for_cards(), tenant, card)};
}

std::vector<CardRecord> card_records(const PepperRing& peppers, TenantId tenant, const Card& card) {
    std::vector<CardRecord> records;
    for (const Pepper& pepper : peppers.all())
        records.push_back({.pepper = pepper.id(), .lookup = card_lookup(pepper.for_cards(), tenant, card)});
    return records;
}

}  // namespace safeq::auth
