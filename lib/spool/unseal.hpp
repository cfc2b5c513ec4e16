// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/spool/chunked.hpp>
#include <safeq/spool/envelope.hpp>
#include <safeq/spool/intakes.hpp>

namespace safeq::spool {

struct Unsealed {
    DocumentKey key;
    ChunkOpener opener;
};

/// Who wrote the file. *Errors*: `key_unknown`, `signature_invalid`.
[[nodiscard]] Result<void> verify_signature(const Preamble& preamble, KnownIntakes& intakes);

/// All that stands between a file and its first chunk, in the order that `Reader::open` promises.
[[nodiscard]] Result<Unsealed> unseal(const ParsedEnvelope& file, const Header& expected, EpochKeys& epochs,
                                      KnownIntakes& intakes);

/// Seals a document key to an epoch. *Errors*: `key_invalid`.
[[nodiscard]] Result<Envelope> seal_key(const DocumentKey& key, const EpochPublicKey& to, ByteView fixed,
                                        Random& random);

}  // namespace safeq::spool
