// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/log_store.hpp>
#include <safeq/audit/merkle.hpp>
#include <safeq/audit/record.hpp>

namespace safeq::audit {

/// A tamper-evident log: entries are appended, never changed; checkpoints commit to all of them.
/// *Threads*: safe from several threads. Appends that meet share one sync (the first waits for the store, the others
/// for it). Destroy only when no call is running.
class Log {
public:
    /// What a log keeps in memory at the most.
    struct Options {
        /// Appending is idempotent by record id over this many of the last records; `find` has no such bound.
        std::size_t recent_ids = 65'536;
        /// Entries that are durable but not yet published stay in memory, up to this many bytes; then appending is
        /// refused until `publish` succeeds.
        std::size_t max_unpublished_bytes = 64 * 1024 * 1024;
    };

    /// Recovers the log, or begins one. `origin` is the log's name and that of its key; a log is its origin and key.
    /// *Requires*: `store` and `key` outlive the log.
    /// *Errors*: `malformed` for an origin that can't name a key; `checkpoint_invalid`, `signature_invalid` for a
    /// checkpoint of another log; `fork_detected` when tiles, journal and checkpoint contradict each other; `rollback`
    /// when entries are missing that were there; those of the store.
    [[nodiscard]] static Result<std::unique_ptr<Log>> open(LogStore& store, std::string origin,
                                                           const crypto::SigningKey& key, const Options& options);
    /// The same with the options' defaults.
    [[nodiscard]] static Result<std::unique_ptr<Log>> open(LogStore& store, std::string origin,
                                                           const crypto::SigningKey& key);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// The log's name.
    [[nodiscard]] const std::string& origin() const noexcept;
    /// The key by which its checkpoints are verified.
    [[nodiscard]] const crypto::NoteKey& verifier() const noexcept;

    /// Whether an append would be tried now. *Errors*: `log_unavailable`.
    [[nodiscard]] Result<void> ready() const;

    /// Returns only when the record is durable. A record whose id is there already is not appended again, whatever
    /// else it says: the index of the first is returned.
    /// *Errors*: `log_unavailable`: the act must be refused; those of `Record::encode`.
    [[nodiscard]] Result<Index> append(const Record& record);
    /// The same for a record that is encoded already; its exact bytes become the entry. *Errors*: also those of
    /// `Record::parse`.
    [[nodiscard]] Result<Index> append_encoded(ByteView record_json);
    /// All or none, next to each other but for those that are there already.
    [[nodiscard]] Result<std::vector<Index>> append_all(std::span<const Record> records);

    /// Where a record is; nothing when it is not in the log. The last `recent_ids` are known at once, for others the
    /// whole log is read. *Errors*: `log_unavailable` when it is not found and nobody knows what the last append did.
    [[nodiscard]] Result<std::optional<Index>> find(RecordId id) const;
    /// The same for several, by one look through the log; those that are not in it are left out.
    [[nodiscard]] Result<std::map<RecordId, Index>> find(std::set<RecordId> ids) const;

    /// Entries that are durable.
    [[nodiscard]] std::uint64_t size() const noexcept;
    /// Entries that the latest checkpoint commits to.
    [[nodiscard]] std::uint64_t published_size() const noexcept;

    /// Appends that have not returned yet; a figure for operators.
    [[nodiscard]] std::size_t waiting() const noexcept;

    /// Publishes what is durable: tiles, then the signed checkpoint, which is returned. Nothing is written when
    /// nothing is new. On failure nothing has changed, and it may be called again.
    [[nodiscard]] Result<SignedCheckpoint> publish();
    /// The latest that was published. *Errors*: `not_found` before the first.
    [[nodiscard]] Result<SignedCheckpoint> checkpoint() const;
    /// Adds a witness's signature lines to the latest checkpoint, if it is that which was cosigned.
    /// *Errors*: `signature_invalid`; `conflict` when a later one was published since.
    [[nodiscard]] Result<void> add_cosignature(const SignedCheckpoint& cosigned, const Cosigner& witness,
                                               std::string_view lines);

    /// Proves that an entry is in the tree of that size. *Errors*: `invalid_argument` when `size` is over
    /// `published_size()` or `index` not below `size`; those of the store.
    [[nodiscard]] Result<InclusionProof> prove(Index index, std::uint64_t size) const;
    /// Proves that the tree of the new size begins with that of the old. *Errors*: `invalid_argument` when `new_size`
    /// is over `published_size()` or `old_size` over `new_size`; those of the store.
    [[nodiscard]] Result<ConsistencyProof> consistency(std::uint64_t old_size, std::uint64_t new_size) const;

    /// *Errors*: `not_found` for an index that isn't durable.
    [[nodiscard]] Result<Bytes> entry(Index index) const;
    /// Gives out all durable entries from `from` on, as of now; an error of `entry` ends the scan and is returned.
    [[nodiscard]] Result<void> scan(Index from, const std::function<Result<void>(Index, ByteView)>& entry) const;

private:
    struct Impl;
    explicit Log(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::audit
