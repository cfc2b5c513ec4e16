// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <safeq/audit/log_store.hpp>
#include <safeq/audit/personal.hpp>

namespace safeq::test {

/// What a log's store holds; lives longer than the stores over it, as a disk does.
struct MemoryDisk {
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

    /// How a call that is made to fail leaves the journal.
    enum class Failure {
        clean,         ///< nothing was written, the store goes on
        unknown_lost,  ///< nothing was written, but nobody knows: the store refuses all appends
        unknown_kept,  ///< all was written, and the store refuses all appends
    };

    mutable std::mutex mutex;
    std::map<std::string, Bytes> files;
    std::optional<audit::Index> first;  ///< of the journal's first entry; nothing: no journal
    std::vector<Bytes> journal;

    std::size_t calls = 0;  ///< that change something
    std::size_t syncs = 0;  ///< appends that reached the journal
    std::size_t fail_at = never;
    Failure failure = Failure::clean;
    std::function<void()> before_append = {};  ///< called without the mutex
    std::function<void()> before_rotate = {};  ///< likewise

    /// Counts calls from 0 and from now on; the one numbered `call` fails.
    void fail(std::size_t call, Failure how) {
        const std::scoped_lock lock{mutex};
        calls = 0;
        fail_at = call;
        failure = how;
    }
    [[nodiscard]] audit::Index next() const { return first.value_or(0) + journal.size(); }

    /// Another disk with the same on it: a backup.
    [[nodiscard]] std::shared_ptr<MemoryDisk> copy() const {
        const std::scoped_lock lock{mutex};
        auto other = std::make_shared<MemoryDisk>();
        other->files = files;
        other->first = first;
        other->journal = journal;
        return other;
    }
};

/// A log's store in memory. A second one over the same disk is the log opened anew.
class MemoryLogStore final : public audit::LogStore {
public:
    explicit MemoryLogStore(std::shared_ptr<MemoryDisk> disk) : disk_{std::move(disk)} {}

    Result<Bytes> read(const std::string& path) override {
        const std::scoped_lock lock{disk_->mutex};
        const auto at = disk_->files.find(path);
        if (at == disk_->files.end()) return fail(Errc::not_found, path);
        return at->second;
    }

    Result<std::optional<audit::JournalExtent>> replay(
        const std::function<Result<void>(audit::Index, ByteView)>& entry) override {
        // Whoever takes the entries may read meanwhile.
        const std::shared_ptr<MemoryDisk> now = disk_->copy();
        if (!now->first) return std::nullopt;
        audit::Index at = *now->first;
        for (const Bytes& each : now->journal) SAFEQ_TRY_VOID(entry(at++, each));
        return audit::JournalExtent{*now->first, now->next()};
    }

    Result<void> append(audit::Index first, std::span<const ByteView> entries) override {
        if (disk_->before_append) disk_->before_append();
        const std::scoped_lock lock{disk_->mutex};
        SAFEQ_TRY_VOID(usable());
        const bool fails = disk_->calls++ == disk_->fail_at;
        if (!fails || disk_->failure == MemoryDisk::Failure::unknown_kept) {
            if (!disk_->first) disk_->first = first;
            if (first != disk_->next()) return fail(Errc::internal, "memory journal");
            for (const ByteView entry : entries) disk_->journal.push_back(to_bytes(entry));
            ++disk_->syncs;
        }
        if (!fails) return {};
        poisoned_ = disk_->failure != MemoryDisk::Failure::clean;
        return fail(Errc::io_failed, "memory journal", "as the test asked");
    }

    Result<void> ready() override {
        const std::scoped_lock lock{disk_->mutex};
        return usable();
    }

    Result<void> rotate(audit::Index) override {
        if (disk_->before_rotate) disk_->before_rotate();
        const std::scoped_lock lock{disk_->mutex};
        return count();
    }

    Result<void> discard(audit::Index before) override {
        const std::scoped_lock lock{disk_->mutex};
        SAFEQ_TRY_VOID(count());
        if (!disk_->first || before <= *disk_->first) return {};
        const auto gone = static_cast<std::ptrdiff_t>(std::min(before, disk_->next()) - *disk_->first);
        disk_->journal.erase(disk_->journal.begin(), disk_->journal.begin() + gone);
        *disk_->first += static_cast<audit::Index>(gone);
        return {};
    }

    Result<void> write(std::span<const audit::LogFile> files) override {
        const std::scoped_lock lock{disk_->mutex};
        for (const audit::LogFile& file : files) {
            SAFEQ_TRY_VOID(count());
            disk_->files[file.path] = file.bytes;
        }
        return {};
    }

    Result<void> remove_partials(const std::string& full_tile_path) override {
        const std::scoped_lock lock{disk_->mutex};
        SAFEQ_TRY_VOID(count());
        const std::string prefix = full_tile_path + ".p/";
        std::erase_if(disk_->files, [&](const auto& file) { return file.first.starts_with(prefix); });
        return {};
    }

private:
    Result<void> usable() const {
        if (poisoned_) return fail(Errc::log_unavailable, "memory journal");
        return {};
    }
    Result<void> count() {
        if (disk_->calls++ == disk_->fail_at) return fail(Errc::io_failed, "memory log", "as the test asked");
        return {};
    }

    std::shared_ptr<MemoryDisk> disk_;
    bool poisoned_ = false;
};

/// What a log publishes, read from a disk that nobody writes to.
class MemoryLogReader final : public audit::LogReader {
public:
    explicit MemoryLogReader(std::shared_ptr<MemoryDisk> disk) : disk_{std::move(disk)} {}
    Result<Bytes> read(const std::string& path) override { return MemoryLogStore{disk_}.read(path); }

private:
    std::shared_ptr<MemoryDisk> disk_;
};

/// Subject keys in memory.
class MemorySubjectKeys final : public audit::SubjectKeys {
public:
    void put(SubjectId subject, audit::SubjectKey key) {
        const std::scoped_lock lock{mutex_};
        keys_.insert_or_assign(subject, std::optional{std::move(key)});
    }
    void destroy(SubjectId subject) {
        const std::scoped_lock lock{mutex_};
        keys_.insert_or_assign(subject, std::nullopt);
    }
    Result<audit::SubjectKey> key(SubjectId subject) override {
        const std::scoped_lock lock{mutex_};
        const auto at = keys_.find(subject);
        if (at == keys_.end()) return fail(Errc::key_unknown, subject.text());
        if (!at->second) return fail(Errc::key_destroyed, subject.text());
        return at->second->clone();
    }

private:
    std::mutex mutex_;
    std::map<SubjectId, std::optional<audit::SubjectKey>> keys_;
};

}  // namespace safeq::test
