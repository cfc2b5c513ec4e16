// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/writer.hpp>

#include <algorithm>
#include <cstring>

#include <safeq/spool/envelope.hpp>

#include "bindings.hpp"
#include "unseal.hpp"

namespace safeq::spool {
namespace {

constexpr std::size_t out_capacity = Preamble::encoded_bytes + batch_chunks * sealed_chunk_bytes;

}  // namespace

Result<Writer> Writer::create(std::unique_ptr<BlobSink> sink, const Header& header, const EpochPublicKey& epoch,
                              const crypto::SigningKey& intake, Random& random) {
    if (sink == nullptr) return fail(Errc::invalid_argument, "spool writer", "no sink");
    if (!can_be_written(header.created))
        return fail(Errc::invalid_argument, "spool writer", "created before 1970 or after 9999");
    const Bytes fixed = header.encode();
    const DocumentKey key = DocumentKey::random(random);

    Preamble preamble;
    preamble.header = header;
    preamble.salt = random.bytes<sizeof(Salt)>();
    const Bytes context = chunk_context(fixed);
    SAFEQ_TRY(ChunkCipher cipher, ChunkCipher::derive(key.expose(), preamble.salt, ChunkContext{context}));
    preamble.commitment = cipher.commitment();
    SAFEQ_TRY(preamble.envelope, seal_key(key, epoch, fixed, random));
    preamble.signature = intake.sign(signed_message(fixed, preamble.salt, preamble.commitment));

    const Receipt receipt{.salt = preamble.salt, .commitment = preamble.commitment, .epoch = preamble.envelope.epoch};
    return Writer{std::move(sink), ChunkSealer{std::move(cipher)}, receipt, preamble.encode()};
}

Writer::Writer(std::unique_ptr<BlobSink> sink, ChunkSealer sealer, const Receipt& receipt, ByteView preamble)
    : sink_{std::move(sink)},
      sealer_{std::move(sealer)},
      receipt_{receipt},
      pending_{crypto::Secret::zeroed(chunk_bytes)},
      out_{std::make_unique_for_overwrite<std::byte[]>(out_capacity)},
      out_bytes_{preamble.size()} {
    std::memcpy(out_.get(), preamble.data(), preamble.size());
}

Result<void> Writer::guarded(Result<void> (Writer::*step)(ByteView), ByteView plaintext) {
    if (sink_ == nullptr) return fail(Errc::conflict, "spool writer", "it is finished");
    if (failed_) return std::unexpected{*failed_};
    Result<void> outcome = (this->*step)(plaintext);
    if (!outcome) failed_ = outcome.error();
    return outcome;
}

Result<void> Writer::append(ByteView plaintext) { return guarded(&Writer::take, plaintext); }

Result<void> Writer::take(ByteView plaintext) {
    receipt_.plaintext_bytes += plaintext.size();
    const auto keep = [&](ByteView piece) {
        if (!piece.empty()) std::memcpy(pending_.fill().data() + pending_bytes_, piece.data(), piece.size());
        pending_bytes_ += piece.size();
        plaintext = plaintext.subspan(piece.size());
    };
    if (pending_bytes_ > 0) {
        keep(plaintext.first(std::min(plaintext.size(), chunk_bytes - pending_bytes_)));
        if (pending_bytes_ < chunk_bytes) return {};
        SAFEQ_TRY_VOID(seal(pending_.expose()));
        pending_bytes_ = 0;
    }
    while (plaintext.size() >= chunk_bytes) {
        SAFEQ_TRY_VOID(seal(plaintext.first(chunk_bytes)));
        plaintext = plaintext.subspan(chunk_bytes);
    }
    keep(plaintext);
    return {};
}

Result<void> Writer::seal(ByteView chunk) {
    const std::size_t sealed = chunk.size() + crypto::aead_tag_bytes;
    if (sealed > out_capacity - out_bytes_) SAFEQ_TRY_VOID(flush());
    SAFEQ_TRY_VOID(sealer_.seal({out_.get() + out_bytes_, sealed}, chunk));
    out_bytes_ += sealed;
    return {};
}

Result<void> Writer::flush() {
    SAFEQ_TRY_VOID(sink_->write({out_.get(), out_bytes_}));
    receipt_.file_bytes += out_bytes_;
    out_bytes_ = 0;
    return {};
}

Result<void> Writer::end(ByteView) {
    SAFEQ_TRY_VOID(seal(pending_.expose().first(pending_bytes_)));
    SAFEQ_TRY_VOID(flush());
    return sink_->commit();
}

Result<Receipt> Writer::finish() && {
    SAFEQ_TRY_VOID(guarded(&Writer::end, {}));
    sink_.reset();
    pending_ = {};
    return receipt_;
}

}  // namespace safeq::spool
