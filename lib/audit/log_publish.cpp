// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <safeq/audit/tile.hpp>
#include <safeq/core/fail_point.hpp>

#include "audit/log_impl.hpp"

namespace safeq::audit {
namespace {

// Tiles are handed to the store in portions of about this size.
constexpr std::size_t files_at_once = 16;

}  // namespace

// Takes the journal for a moment, so that a part of it ends at the index that is returned.
Index Log::Impl::rotate() {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return !writing; });
    const Index next = durable;
    writing = true;
    lock.unlock();
    const auto give_back = [&] {
        lock.lock();
        writing = false;
        const std::shared_ptr<Batch> first = queue.empty() ? nullptr : queue.front();
        lock.unlock();
        if (first) first->settled.notify_all();
        changed.notify_all();
    };
    try {
        // Where it fails, the journal goes on as it was or refuses the next append; what is durable can be published.
        [[maybe_unused]] const auto rotated = store.rotate(next);
    } catch (...) {
        give_back();
        throw;
    }
    give_back();
    return next;
}

Result<void> Log::Impl::write_tiles(TileBuilder& next, const Run& run, std::vector<std::string>& filled) {
    std::vector<LogFile> files;
    const auto flush = [&](std::size_t at_least) -> Result<void> {
        if (files.empty() || files.size() < at_least) return {};
        SAFEQ_TRY_VOID(store.write(files));
        files.clear();
        return {};
    };
    for (const Entry& entry : run) {
        const std::size_t before = files.size();
        SAFEQ_TRY_VOID(next.append(*entry, files));
        for (std::size_t i = before; i < files.size(); ++i) filled.push_back(files[i].path);
        SAFEQ_TRY_VOID(flush(files_at_once));
    }
    SAFEQ_FAIL_POINT("log.full_tiles_written");
    next.add_partials(files);
    return flush(1);
}

Result<SignedCheckpoint> Log::Impl::publish() {
    const std::scoped_lock only_one{publishing};
    Run run;
    {
        const std::scoped_lock lock{mutex};
        if (latest && published == durable) return *latest;
    }
    const Index until = rotate();
    SAFEQ_FAIL_POINT("log.rotated");
    {
        const std::scoped_lock lock{mutex};
        run.assign(unpublished.begin(), unpublished.begin() + static_cast<std::ptrdiff_t>(until - published));
    }
    TileBuilder next = builder;
    std::vector<std::string> filled;
    SAFEQ_TRY_VOID(write_tiles(next, run, filled));
    SAFEQ_FAIL_POINT("log.tiles_written");
    SAFEQ_TRY(SignedCheckpoint signed_now, SignedCheckpoint::sign({.origin = verifier.name, .head = next.head()}, key));
    const LogFile file{checkpoint_path, to_bytes(signed_now.encode())};
    // What is known of the tree changes as a whole: nothing from here on allocates before `builder` is the new one.
    std::optional<SignedCheckpoint> known{signed_now};
    SAFEQ_TRY_VOID(store.write({&file, 1}));
    SAFEQ_FAIL_POINT("log.checkpoint_written");
    {
        const std::scoped_lock lock{mutex};
        for (const Entry& entry : run) unpublished_bytes -= entry->size();
        unpublished.erase(unpublished.begin(), unpublished.begin() + static_cast<std::ptrdiff_t>(run.size()));
        published = until;
        latest = std::move(known);
    }
    builder = std::move(next);
    // Only room on the disk depends on these; the next publication tries to discard again.
    for (const std::string& path : filled) [[maybe_unused]]
        const auto removed = store.remove_partials(path);
    SAFEQ_FAIL_POINT("log.partials_removed");
    [[maybe_unused]] const auto discarded = store.discard(until);
    SAFEQ_FAIL_POINT("log.published");
    return signed_now;
}

Result<void> Log::Impl::replace_checkpoint(SignedCheckpoint with, const crypto::NoteSignature& line) {
    const std::scoped_lock only_one{publishing};
    {
        const std::scoped_lock lock{mutex};
        if (!latest || latest->checkpoint != with.checkpoint)
            return fail(Errc::conflict, "checkpoint", "a later one was published");
        // Others may have cosigned since.
        with = *latest;
    }
    auto& signatures = with.note.signatures;
    std::erase_if(signatures, [&](const auto& each) { return each.name == line.name && each.key_id == line.key_id; });
    signatures.push_back(line);
    const LogFile file{checkpoint_path, to_bytes(with.encode())};
    SAFEQ_TRY_VOID(store.write({&file, 1}));
    const std::scoped_lock lock{mutex};
    latest = std::move(with);
    return {};
}

}  // namespace safeq::audit
