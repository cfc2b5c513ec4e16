// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <safeq/spool/blob.hpp>
#include <safeq/spool/envelope.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/spool/intakes.hpp>

namespace safeq::spool {

/// The first thing that is wrong with a file, and where in the file it stands.
struct Damage {
    std::uint64_t offset = 0;
    Error error;
};

/// Whether a sealed file that doesn't open or read, with this error, is itself to blame: damaged, exchanged, or not
/// what it claims to be. All else may pass, or be mended by an operator, and must cost no file.
[[nodiscard]] bool is_damage(Errc code) noexcept;

/// How far a file was checked.
enum class Depth : std::uint8_t {
    nothing,    ///< not even its beginning could be read
    beginning,  ///< magic, version, header and sizes
    signature,  ///< and its name, and the intake's signature: as far as one gets without opening keys
    whole,      ///< and every byte of the body
};

/// What was found out about a file.
struct FileReport {
    BlobName name;
    std::uint64_t file_bytes = 0;
    std::optional<ParsedEnvelope> file;  ///< from `Depth::beginning` on
    Depth depth = Depth::nothing;
    std::optional<Damage> damage;
    /// Why no more was looked at: `key_unknown` for an intake that isn't ours, or, where keys were given,
    /// `epoch_unknown` or `key_destroyed`. No damage: the file may be as it was written, and nobody can tell.
    std::optional<Error> unreadable;
};

/// Checks the file that lies under `name`: with `epochs` every byte of it, without (null) what can be told without
/// keys. It stops at the first damage. Whether the file's owner and its pin are those of the job's row is not known
/// here. *Errors*: `io_failed` and others of the source: then nothing is known about the file.
[[nodiscard]] Result<FileReport> check_file(std::unique_ptr<BlobSource> source, const BlobName& name,
                                            KnownIntakes& intakes, EpochKeys* epochs);

}  // namespace safeq::spool
