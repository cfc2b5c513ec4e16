// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <safeq/core/random.hpp>
#include <safeq/spool/blob.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/header.hpp>
#include <safeq/spool/intakes.hpp>
#include <safeq/spool/writer.hpp>

namespace safeq::spool {

/// Copies a file with its document key sealed to another epoch: only the envelope changes, the signed header, salt,
/// commitment and all chunks stay as they are. The opened key must reproduce the signed commitment; chunks are not
/// decrypted, so a damaged file stays the damaged file that it was. Commits the sink, which may stand for the same
/// blob as the source.
/// *Errors*: those of `Reader::open`, `key_invalid` for `to`, those of source and sink; then the sink is not committed,
/// or its commit failed.
[[nodiscard]] Result<Receipt> reseal(BlobSource& source, std::unique_ptr<BlobSink> sink, const Header& expected,
                                     EpochKeys& epochs, KnownIntakes& intakes, const EpochPublicKey& to,
                                     Random& random);

}  // namespace safeq::spool
