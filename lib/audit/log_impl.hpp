// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <safeq/audit/log.hpp>
#include <safeq/audit/tile.hpp>

#include "audit/tile_builder.hpp"

namespace safeq::audit {

struct Log::Impl {
    using Entry = std::shared_ptr<const Bytes>;
    /// Entries that follow one another.
    using Run = std::vector<Entry>;

    struct NewEntry {
        RecordId id;
        Entry bytes;
    };

    /// What one call appends: goes to the journal whole, or not at all.
    struct Batch {
        std::vector<NewEntry> entries = {};
        std::optional<Result<Index>> first = {};  ///< the outcome; nothing while it is under way
        bool given_up = false;                    ///< there is none and never will be: an append ended unforeseen
        std::condition_variable settled = {};     ///< it ended, or it is the first of the queue

        [[nodiscard]] bool ended() const noexcept { return first || given_up; }
    };

    Impl(LogStore& log_store, const crypto::SigningKey& signing_key, crypto::NoteKey verifying_key,
         const Options& log_options)
        : store{log_store}, key{signing_key}, verifier{std::move(verifying_key)}, options{log_options} {}

    [[nodiscard]] Result<void> recover();
    [[nodiscard]] Result<void> ready() const;
    [[nodiscard]] Result<std::vector<Index>> append(std::vector<NewEntry> entries);
    [[nodiscard]] Result<SignedCheckpoint> publish();
    [[nodiscard]] Result<void> replace_checkpoint(SignedCheckpoint with, const crypto::NoteSignature& line);
    /// At least one of the durable entries from `from` on, none at or after `end`. *Requires*: `from < end`.
    [[nodiscard]] Result<Run> read_run(Index from, Index end) const;

    LogStore& store;
    const crypto::SigningKey& key;
    const crypto::NoteKey verifier;
    const Options options;

    /// Guards all below but what only the publisher uses. Never held while the store works.
    mutable std::mutex mutex;
    std::condition_variable changed;  ///< for who waits for the journal without a batch
    bool writing = false;             ///< somebody uses the journal: appends or rotates
    bool broken = false;              ///< an append ended in a way that nobody foresaw
    std::deque<std::shared_ptr<Batch>> queue;
    std::size_t queued_bytes = 0;
    std::size_t waiting = 0;
    std::unordered_map<RecordId, std::shared_ptr<Batch>> in_flight;

    std::uint64_t durable = 0;
    std::uint64_t published = 0;
    std::deque<Entry> unpublished;  ///< from `published` to before `durable`
    std::size_t unpublished_bytes = 0;
    std::unordered_map<RecordId, Index> recent;
    std::deque<RecordId> recent_order;  ///< of the last entries, up to `durable`
    std::optional<SignedCheckpoint> latest;

    std::mutex publishing;  ///< before `mutex`
    TileBuilder builder;

    std::mutex proving;
    TileHashes proved{store, 0};  ///< guarded by `proving`

private:
    void enqueue(const std::shared_ptr<Batch>& batch);
    void lead(std::unique_lock<std::mutex>& lock);
    void settle(const std::vector<std::shared_ptr<Batch>>& batches, const Result<void>& written);
    void remember(RecordId id, Index at);
    [[nodiscard]] Result<void> recover_journal();
    [[nodiscard]] Result<void> recover_ids();
    [[nodiscard]] Index rotate();
    [[nodiscard]] Result<void> write_tiles(TileBuilder& next, const Run& run, std::vector<std::string>& filled);
};

}  // namespace safeq::audit
