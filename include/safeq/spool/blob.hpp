// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/id.hpp>

namespace safeq::spool {

/// A blob that is being written. Destroyed without `commit`, it leaves nothing behind.
/// *Threads*: one object, one thread at a time.
class BlobSink {
public:
    virtual ~BlobSink() = default;
    BlobSink(const BlobSink&) = delete;
    BlobSink& operator=(const BlobSink&) = delete;

    /// Appends all bytes. *Errors*: `disk_full`, `io_failed`; after one, the sink can only be destroyed.
    [[nodiscard]] virtual Result<void> write(ByteView bytes) = 0;

    /// Makes the blob durable and visible under its name, at once and whole; it takes the place of an older one of
    /// that name. In a file system: fsync, rename, fsync of the folder. Called at most once.
    /// *Errors*: `disk_full`, `io_failed`; then nothing new stays, and of an older blob's name the older one or this
    /// one is there, whole.
    [[nodiscard]] virtual Result<void> commit() = 0;

protected:
    BlobSink() = default;
};

/// A blob that can be read anywhere. What it returns is hostile until it is authenticated.
/// *Threads*: one object, one thread at a time.
class BlobSource {
public:
    virtual ~BlobSource() = default;
    BlobSource(const BlobSource&) = delete;
    BlobSource& operator=(const BlobSource&) = delete;

    /// Reads into `out` from `offset` on and returns how many bytes; fewer than asked only at the end, where it is 0.
    /// *Errors*: `io_failed`.
    [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) = 0;

    /// *Errors*: `io_failed`.
    [[nodiscard]] virtual Result<std::uint64_t> size() = 0;

protected:
    BlobSource() = default;
};

/// Fills `out` from `offset` on. *Errors*: `truncated`, naming `what`, when the source ends before; `io_failed`.
[[nodiscard]] Result<void> read_exactly(BlobSource& source, std::uint64_t offset, MutableByteView out,
                                        std::string_view what);

/// Which blob: a job's ticket (number 0) or one of its documents. Made of our own ids only, so it is a safe file name.
struct BlobName {
    JobId job;
    std::uint32_t document = 0;

    /// `<job id>.<number>.sealed`.
    [[nodiscard]] std::string text() const;

    /// Accepts exactly what `text()` writes. *Errors*: `malformed`, `not_canonical` (leading zeros).
    [[nodiscard]] static Result<BlobName> parse(std::string_view text);

    friend bool operator==(const BlobName&, const BlobName&) = default;
    friend std::strong_ordering operator<=>(const BlobName&, const BlobName&) = default;
};

/// Where sealed files are kept. *Threads*: safe from several threads.
class BlobStore {
public:
    virtual ~BlobStore() = default;
    BlobStore(const BlobStore&) = delete;
    BlobStore& operator=(const BlobStore&) = delete;

    /// Begins a blob; nothing of it is seen before its `commit`. *Errors*: `disk_full`, `io_failed`, `permission`.
    [[nodiscard]] virtual Result<std::unique_ptr<BlobSink>> create(const BlobName& name) = 0;

    /// *Errors*: `not_found`, `io_failed`, `permission`.
    [[nodiscard]] virtual Result<std::unique_ptr<BlobSource>> open(const BlobName& name) = 0;

    /// Removes the blob, durably; one that isn't there is no error. Sources that are open stay readable.
    /// *Errors*: `io_failed`, `permission`.
    [[nodiscard]] virtual Result<void> remove(const BlobName& name) = 0;

    /// Every committed blob, in ascending order; one whose commit failed only once it is durable. *Errors*:
    /// `io_failed`, `permission`.
    [[nodiscard]] virtual Result<std::vector<BlobName>> list() = 0;

    /// Moves a blob out of the way, durably, in place of an older one of its name there: it is no longer listed nor
    /// opened, and not lost. *Errors*: `not_found`, `io_failed`, `permission`, `disk_full`.
    [[nodiscard]] virtual Result<void> set_aside(const BlobName& name) = 0;

    /// Every blob that was set aside, in ascending order. *Errors*: `io_failed`, `permission`.
    [[nodiscard]] virtual Result<std::vector<BlobName>> list_aside() = 0;

protected:
    BlobStore() = default;
};

}  // namespace safeq::spool
