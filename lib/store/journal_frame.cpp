// SPDX-License-Identifier: Apache-2.0
#include "store/journal_frame.hpp"

#include <algorithm>
#include <array>

#include <safeq/crypto/hash.hpp>

namespace safeq::store {
namespace {

// No text holds these bytes, so nothing that stands in an entry looks like the beginning of a frame.
constexpr std::array frame_mark{std::byte{0xf5}, std::byte{0x00}, std::byte{0xff}, std::byte{0xc0}};
constexpr std::size_t frame_head_bytes = frame_mark.size() + 4 + 8 + 4;
constexpr std::size_t frame_hash_bytes = 16;

}  // namespace

Bytes encode_frame(audit::Index first, std::span<const ByteView> entries) {
    ByteWriter payload;
    for (const ByteView entry : entries) payload.field(entry);
    ByteWriter frame;
    frame.bytes(frame_mark).u32(static_cast<std::uint32_t>(payload.view().size())).u64(first);
    frame.u32(static_cast<std::uint32_t>(entries.size())).bytes(payload.view());
    const crypto::Sha256Digest digest = crypto::sha256(frame.view());
    frame.bytes(ByteView{digest}.first(frame_hash_bytes));
    return frame.take();
}

std::optional<JournalFrame> parse_frame(ByteView in) {
    if (in.size() < frame_head_bytes + frame_hash_bytes ||
        !std::ranges::equal(in.first<frame_mark.size()>(), frame_mark))
        return std::nullopt;
    ByteReader reader{in.subspan(frame_mark.size())};
    const auto length = reader.u32("frame");
    const auto first = reader.u64("frame");
    const auto count = reader.u32("frame");
    if (!length || !first || !count || *length > in.size() - frame_head_bytes - frame_hash_bytes) return std::nullopt;
    const std::size_t hashed = frame_head_bytes + *length;
    const crypto::Sha256Digest digest = crypto::sha256(in.first(hashed));
    if (!same_bytes(ByteView{digest}.first(frame_hash_bytes), in.subspan(hashed, frame_hash_bytes)))
        return std::nullopt;
    JournalFrame frame{.first = *first, .bytes = hashed + frame_hash_bytes};
    ByteReader payload{in.subspan(frame_head_bytes, *length)};
    for (std::uint32_t i = 0; i < *count; ++i) {
        const auto size = payload.u32("frame");
        const auto entry = size ? payload.take(*size, "frame") : Result<ByteView>{fail(Errc::truncated, "frame")};
        if (!entry) return std::nullopt;
        frame.entries.push_back(*entry);
    }
    if (!payload.done()) return std::nullopt;
    return frame;
}

bool holds_frame(ByteView in) {
    for (;;) {
        const auto at = std::ranges::search(in, frame_mark);
        if (at.empty()) return false;
        in = in.subspan(static_cast<std::size_t>(at.begin() - in.begin()));
        if (parse_frame(in)) return true;
        in = in.subspan(1);
    }
}

}  // namespace safeq::store
