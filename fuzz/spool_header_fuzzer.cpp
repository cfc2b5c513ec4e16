// SPDX-License-Identifier: Apache-2.0
// Under test: spool::Header::decode, spool::Preamble::decode, spool::inspect, spool::BlobName::parse.
// Property: what decodes encodes to the same bytes; what inspect accepts has a size that its layout explains.
#include <cstdlib>

#include <safeq/spool/envelope.hpp>

#include "../tests/support/memory_spool.hpp"

namespace {

using namespace safeq;

void hold(bool property) {
    if (!property) std::abort();
}

template <class T>
bool canonical(ByteView data) {
    const auto decoded = T::decode(data);
    if (decoded) hold(same_bytes(decoded->encode(), data));
    return decoded.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = std::as_bytes(std::span{data, size});
    if (canonical<spool::Header>(input)) hold(size == spool::Header::encoded_bytes);
    if (canonical<spool::Preamble>(input)) hold(size == spool::Preamble::encoded_bytes);
    if (const auto name = spool::BlobName::parse(as_text(input))) hold(name->text() == as_text(input));

    test::MemoryBlobSource source{to_bytes(input)};
    if (const auto parsed = spool::inspect(source)) {
        hold(canonical<spool::Preamble>(input.first(spool::Preamble::encoded_bytes)));
        hold(parsed->file_bytes == size);
        hold(spool::Preamble::encoded_bytes + parsed->layout.sealed_bytes() == size);
        hold(parsed->layout == spool::ChunkLayout::of_plaintext(parsed->layout.plaintext_bytes));
    }
    return 0;
}
