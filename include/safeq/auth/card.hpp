// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/auth/pepper.hpp>
#include <safeq/core/id.hpp>

namespace safeq::auth {

/// A card as a reader reports it: its type and its UID. A UID is an identifier and can be cloned; it is no secret, but
/// it is personal, so only its keyed hash is stored.
class Card final {
public:
    static constexpr std::size_t min_uid_bytes = 4;
    static constexpr std::size_t max_uid_bytes = 16;
    static constexpr std::size_t max_type_bytes = 32;
    static constexpr std::size_t max_text_bytes = max_type_bytes + 1 + 2 * max_uid_bytes;
    static constexpr std::string_view default_type = "uid";  ///< of readers that tell none

    /// `type` is 1 to 32 of `a-z 0-9 -`, for example "mifare"; `uid` is hexadecimal in either case, 4 to 16 bytes.
    /// *Errors*: `malformed`; `invalid_argument` for a UID of all zeros or all ones, which readers give for a failed
    /// read.
    [[nodiscard]] static Result<Card> parse(std::string_view type, std::string_view uid);
    /// "mifare:04a1b2c3", or a UID alone, which is of the default type. *Errors*: as above.
    [[nodiscard]] static Result<Card> parse(std::string_view text);

    [[nodiscard]] const std::string& type() const noexcept { return type_; }
    [[nodiscard]] ByteView uid() const noexcept { return {uid_.data(), uid_bytes_}; }

private:
    Card() = default;
    std::string type_;
    std::array<std::byte, max_uid_bytes> uid_{};
    std::uint8_t uid_bytes_ = 0;
};

/// How a card is stored with its owner.
struct CardRecord {
    PepperId pepper;
    crypto::MacTag lookup{};

    friend bool operator==(const CardRecord&, const CardRecord&) = default;
};

/// HMAC over tenant, type and UID, each with its length before it.
[[nodiscard]] crypto::MacTag card_lookup(const CardPepper& key, TenantId tenant, const Card& card);

/// The record to store for a new card, under the current pepper.
[[nodiscard]] CardRecord card_record(const PepperRing& peppers, TenantId tenant, const Card& card);

/// The records under which the card may be stored: one a pepper, the current one first.
[[nodiscard]] std::vector<CardRecord> card_records(const PepperRing& peppers, TenantId tenant, const Card& card);

}  // namespace safeq::auth
