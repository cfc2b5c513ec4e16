// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/reseal.hpp>

#include <algorithm>

#include "bindings.hpp"
#include "unseal.hpp"

namespace safeq::spool {

Result<Receipt> reseal(BlobSource& source, std::unique_ptr<BlobSink> sink, const Header& expected, EpochKeys& epochs,
                       KnownIntakes& intakes, const EpochPublicKey& to, Random& random) {
    if (sink == nullptr) return fail(Errc::invalid_argument, "spool reseal", "no sink");
    SAFEQ_TRY(const ParsedEnvelope file, inspect(source));
    SAFEQ_TRY(const Unsealed unsealed, unseal(file, expected, epochs, intakes));
    Preamble preamble = file.preamble;
    SAFEQ_TRY(preamble.envelope, seal_key(unsealed.key, to, preamble.header.encode(), random));
    SAFEQ_TRY_VOID(sink->write(preamble.encode()));

    Bytes buffer(batch_chunks * sealed_chunk_bytes);
    for (std::uint64_t at = Preamble::encoded_bytes; at < file.file_bytes;) {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file.file_bytes - at));
        const MutableByteView piece{buffer.data(), n};
        SAFEQ_TRY_VOID(read_exactly(source, at, piece, "spool file"));
        SAFEQ_TRY_VOID(sink->write(piece));
        at += n;
    }
    SAFEQ_TRY_VOID(sink->commit());
    return Receipt{preamble.salt, preamble.commitment, file.layout.plaintext_bytes, file.file_bytes,
                   preamble.envelope.epoch};
}

}  // namespace safeq::spool
