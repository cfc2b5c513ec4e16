// SPDX-License-Identifier: Apache-2.0
// Under test: ipp::decode, ipp::HeadDecoder, ipp::Value::decode, ipp::check, ipp::encode.
// Property: what is accepted is canonical: encoding it again gives the same bytes. A stream in pieces gives the same
// message, the same error and the same length of the head as the whole. The first byte picks the size of the pieces and
// whether the limits are tight.
#include <cstdlib>

#include <safeq/ipp/codec.hpp>

using namespace safeq;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check(ByteView in, std::size_t piece, const ipp::Limits& limits) {
    const Result<ipp::Decoded> whole = ipp::decode(in, limits);
    ipp::HeadDecoder decoder{limits};
    std::size_t at = 0;
    while (at < in.size() && !decoder.done()) {
        const auto taken = decoder.feed(in.subspan(at, std::min(piece, in.size() - at)));
        if (!taken) break;
        at += *taken;
    }
    const Result<ipp::Message> pieces = decoder.finish();
    must(whole.has_value() == pieces.has_value());
    if (!whole) {
        must(whole.error().message() == pieces.error().message());
        return;
    }
    must(whole->message == *pieces && whole->consumed == at && whole->consumed <= limits.head_bytes);
    must(same_bytes(ipp::encode(whole->message), in.first(whole->consumed)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const ByteView in = std::as_bytes(std::span{data + 1, size - 1});
    const std::size_t piece = (data[0] & 0x7fu) + 1;
    constexpr ipp::Limits tight{.head_bytes = 300,
                                .attributes = 5,
                                .values_per_attribute = 3,
                                .values = 8,
                                .depth = 2,
                                .name_bytes = 20,
                                .value_bytes = 30};
    check(in, piece, (data[0] & 0x80u) ? tight : ipp::Limits::standard());
    return 0;
}
