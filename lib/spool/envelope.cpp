// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/envelope.hpp>

#include <algorithm>

namespace safeq::spool {
namespace {

constexpr std::string_view where = "spool file";
constexpr std::string_view magic = "safeq/spool\n";

template <std::size_t N>
Result<void> read_into(ByteReader& reader, std::array<std::byte, N>& out) {
    SAFEQ_TRY(const ByteView bytes, reader.take(N, where));
    std::ranges::copy(bytes, out.begin());
    return {};
}

}  // namespace

Bytes Preamble::encode() const {
    return ByteWriter{}
        .text(magic)
        .bytes(header.encode())
        .bytes(envelope.epoch.bytes)
        .bytes(envelope.enc)
        .bytes(envelope.sealed_key)
        .bytes(signature)
        .bytes(salt)
        .bytes(commitment)
        .take();
}

Result<Preamble> Preamble::decode(ByteView bytes) {
    ByteReader reader{bytes};
    SAFEQ_TRY(const ByteView begin, reader.take(magic.size(), where));
    if (as_text(begin) != magic) return fail(Errc::malformed, std::string{where}, "not a spool file");
    Preamble preamble;
    SAFEQ_TRY(const ByteView fixed, reader.take(Header::encoded_bytes, where));
    SAFEQ_TRY(preamble.header, Header::decode(fixed));
    SAFEQ_TRY_VOID(read_into(reader, preamble.envelope.epoch.bytes));
    SAFEQ_TRY_VOID(read_into(reader, preamble.envelope.enc));
    SAFEQ_TRY_VOID(read_into(reader, preamble.envelope.sealed_key));
    SAFEQ_TRY_VOID(read_into(reader, preamble.signature));
    SAFEQ_TRY_VOID(read_into(reader, preamble.salt));
    SAFEQ_TRY_VOID(read_into(reader, preamble.commitment));
    SAFEQ_TRY_VOID(reader.finish(where));
    return preamble;
}

Result<Preamble> read_preamble(BlobSource& source) {
    std::array<std::byte, Preamble::encoded_bytes> begin;
    SAFEQ_TRY_VOID(read_exactly(source, 0, begin, where));
    return Preamble::decode(begin);
}

Result<ParsedEnvelope> inspect(BlobSource& source) {
    ParsedEnvelope parsed;
    SAFEQ_TRY(parsed.file_bytes, source.size());
    SAFEQ_TRY(parsed.preamble, read_preamble(source));
    if (parsed.file_bytes < Preamble::encoded_bytes) return fail(Errc::truncated, std::string{where});
    SAFEQ_TRY(parsed.layout, ChunkLayout::of_sealed(parsed.file_bytes - Preamble::encoded_bytes));
    return parsed;
}

}  // namespace safeq::spool
