// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <safeq/spool/blob.hpp>
#include <safeq/spool/header.hpp>
#include <safeq/spool/intakes.hpp>

namespace safeq::spool {

/// Judges a file by its first `Preamble::encoded_bytes`, before the rest is here: that it is `expected`'s, by tenant,
/// job and document number, that `expected.intake` wrote it, and that this intake is known and signed it. Owner and
/// time are the file's to say, and whether it opens isn't looked at. *Errors*: those of `Preamble::decode`;
/// `header_mismatch`; `denied` for another intake's; `key_unknown`, `signature_invalid`.
[[nodiscard]] Result<void> check_beginning(ByteView beginning, const Header& expected, KnownIntakes& intakes);

/// A sink for a file that comes from elsewhere: everything goes on to `sink`, but what `check_beginning` refuses, which
/// is never committed. `intakes` must outlive it. *Errors*: of writing, or for a file that is shorter of its commit,
/// those of `check_beginning`.
[[nodiscard]] std::unique_ptr<BlobSink> arrival(std::unique_ptr<BlobSink> sink, const Header& expected,
                                                KnownIntakes& intakes);

}  // namespace safeq::spool
