// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/reader.hpp>

#include <algorithm>

#include "bindings.hpp"
#include "unseal.hpp"

namespace safeq::spool {

Result<Reader> Reader::open(std::unique_ptr<BlobSource> source, const Header& expected, EpochKeys& epochs,
                            KnownIntakes& intakes) {
    if (source == nullptr) return fail(Errc::invalid_argument, "spool reader", "no source");
    SAFEQ_TRY(ParsedEnvelope file, inspect(*source));
    SAFEQ_TRY(Unsealed unsealed, unseal(file, expected, epochs, intakes));
    return Reader{std::move(source), std::move(file), std::move(unsealed.opener)};
}

Reader::Reader(std::unique_ptr<BlobSource> source, ParsedEnvelope file, ChunkOpener opener)
    : source_{std::move(source)},
      file_{std::move(file)},
      opener_{std::move(opener)},
      plain_{crypto::Secret::zeroed(chunk_bytes)},
      window_{std::make_unique_for_overwrite<std::byte[]>(
          static_cast<std::size_t>(std::min<std::uint64_t>(batch_chunks, file_.layout.chunks)) * sealed_chunk_bytes)} {}

crypto::Sha256Digest Reader::pin() const {
    return crypto::sha256(
        {as_bytes("safeq/spool/v1/pin\n"), salt(), commitment(), ByteWriter{}.u64(plaintext_bytes()).view()});
}

Result<void> Reader::verify_all() {
    for (std::uint64_t i = 0; i < chunk_count(); ++i) SAFEQ_TRY_VOID(chunk(i));
    return {};
}

Result<void> Reader::verify_ends() {
    SAFEQ_TRY_VOID(chunk(chunk_count() - 1));
    return {};
}

Result<void> Reader::for_each(const std::function<Result<void>(ByteView)>& take) {
    for (std::uint64_t i = 0; i < chunk_count(); ++i) {
        SAFEQ_TRY(const ByteView piece, chunk(i));
        if (!piece.empty()) SAFEQ_TRY_VOID(take(piece));
    }
    return {};
}

Result<void> Reader::fill(std::uint64_t offset, MutableByteView out) {
    while (!out.empty()) {
        SAFEQ_TRY(const ByteView plain, chunk(offset / chunk_bytes));
        const ByteView from = plain.subspan(static_cast<std::size_t>(offset % chunk_bytes));
        const std::size_t n = std::min(from.size(), out.size());
        std::ranges::copy(from.first(n), out.begin());
        out = out.subspan(n);
        offset += n;
    }
    return {};
}

Result<void> Reader::read_range(std::uint64_t offset, MutableByteView out) {
    if (offset > plaintext_bytes() || out.size() > plaintext_bytes() - offset)
        return fail(Errc::invalid_argument, "spool reader", "a range past the document's end");
    auto filled = fill(offset, out);
    if (!filled) std::ranges::fill(out, std::byte{0});
    return filled;
}

Result<ByteView> Reader::chunk(std::uint64_t index) {
    if (source_ == nullptr || index >= chunk_count())
        return fail(Errc::invalid_argument, "spool reader", "no chunk " + std::to_string(index));
    SAFEQ_TRY(const ByteView sealed, sealed_chunk(index));
    const MutableByteView out = plain_.fill().first(file_.layout.plaintext_bytes_of(index));
    if (auto opened = opener_.open(index, out, sealed); !opened) {
        window_chunks_ = 0;  // the next attempt asks the source anew
        return fail(opened.error().code, "spool file, chunk " + std::to_string(index),
                    std::move(opened.error().detail));
    }
    next_ = index + 1;
    return ByteView{out};
}

Result<ByteView> Reader::sealed_chunk(std::uint64_t index) {
    const std::size_t bytes = file_.layout.plaintext_bytes_of(index) + crypto::aead_tag_bytes;
    if (index < window_first_ || index - window_first_ >= window_chunks_) {
        // Reading ahead pays only for who reads on.
        const std::uint64_t ahead = index == next_ ? batch_chunks : 1;
        const std::uint64_t chunks = std::min(ahead, chunk_count() - index);
        const std::size_t last = file_.layout.plaintext_bytes_of(index + chunks - 1) + crypto::aead_tag_bytes;
        const std::size_t size = static_cast<std::size_t>(chunks - 1) * sealed_chunk_bytes + last;
        window_chunks_ = 0;
        SAFEQ_TRY_VOID(read_exactly(*source_, Preamble::encoded_bytes + index * sealed_chunk_bytes,
                                    {window_.get(), size}, "spool file"));
        window_first_ = index;
        window_chunks_ = chunks;
    }
    return ByteView{window_.get() + static_cast<std::size_t>(index - window_first_) * sealed_chunk_bytes, bytes};
}

}  // namespace safeq::spool
