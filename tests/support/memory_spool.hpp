// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <safeq/spool/blob.hpp>

namespace safeq::test {

/// A source over bytes in memory.
class MemoryBlobSource final : public spool::BlobSource {
public:
    explicit MemoryBlobSource(Bytes bytes) : bytes_{std::make_shared<const Bytes>(std::move(bytes))} {}
    explicit MemoryBlobSource(std::shared_ptr<const Bytes> bytes) : bytes_{std::move(bytes)} {}

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        if (offset >= bytes_->size() || out.empty()) return std::size_t{0};
        const std::size_t n = std::min(out.size(), bytes_->size() - static_cast<std::size_t>(offset));
        std::memcpy(out.data(), bytes_->data() + offset, n);
        return n;
    }
    Result<std::uint64_t> size() override { return std::uint64_t{bytes_->size()}; }

private:
    std::shared_ptr<const Bytes> bytes_;
};

/// Blobs in memory, with faults on demand: the write, or the commit, with a given number fails. Blobs can be looked at
/// and changed behind the library's back. *Threads*: safe from several threads.
class MemoryBlobStore final : public spool::BlobStore {
public:
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

    /// Counts writes and commits of all sinks together, from 0 and from now on; the one numbered `call` fails.
    void fail_at(std::size_t call, Errc code = Errc::disk_full) {
        const std::scoped_lock lock{state_->mutex};
        state_->calls = 0;
        state_->fail_at = call;
        state_->fail_with = code;
    }
    /// Writes and commits so far, since the last `fail_at`.
    [[nodiscard]] std::size_t calls() const {
        const std::scoped_lock lock{state_->mutex};
        return state_->calls;
    }
    /// Sinks that exist and hold bytes.
    [[nodiscard]] std::size_t open_sinks() const {
        const std::scoped_lock lock{state_->mutex};
        return state_->open_sinks;
    }

    [[nodiscard]] bool has(const spool::BlobName& name) const {
        const std::scoped_lock lock{state_->mutex};
        return state_->blobs.contains(name);
    }
    /// The blob's bytes; empty when there is none.
    [[nodiscard]] Bytes bytes(const spool::BlobName& name) const {
        const std::scoped_lock lock{state_->mutex};
        const auto at = state_->blobs.find(name);
        return at == state_->blobs.end() ? Bytes{} : *at->second;
    }
    /// As with a bad sector: it can be opened, and its bytes can't be read.
    void make_unreadable(const spool::BlobName& name) {
        const std::scoped_lock lock{state_->mutex};
        state_->unreadable.insert(name);
    }
    void put(const spool::BlobName& name, Bytes bytes) {
        const std::scoped_lock lock{state_->mutex};
        state_->blobs[name] = std::make_shared<const Bytes>(std::move(bytes));
    }

    Result<std::unique_ptr<spool::BlobSink>> create(const spool::BlobName& name) override {
        return std::make_unique<Sink>(state_, name);
    }
    Result<std::unique_ptr<spool::BlobSource>> open(const spool::BlobName& name) override {
        const std::scoped_lock lock{state_->mutex};
        const auto at = state_->blobs.find(name);
        if (at == state_->blobs.end()) return fail(Errc::not_found, name.text());
        if (state_->unreadable.contains(name)) return std::make_unique<Unreadable>(at->second->size());
        return std::make_unique<MemoryBlobSource>(at->second);
    }
    Result<void> remove(const spool::BlobName& name) override {
        const std::scoped_lock lock{state_->mutex};
        state_->blobs.erase(name);
        return {};
    }
    Result<std::vector<spool::BlobName>> list() override {
        const std::scoped_lock lock{state_->mutex};
        std::vector<spool::BlobName> names;
        for (const auto& [name, bytes] : state_->blobs) names.push_back(name);
        return names;
    }

    Result<void> set_aside(const spool::BlobName& name) override {
        const std::scoped_lock lock{state_->mutex};
        auto blob = state_->blobs.extract(name);
        if (blob.empty()) return fail(Errc::not_found, name.text());
        state_->aside[name] = std::move(blob.mapped());
        return {};
    }
    Result<std::vector<spool::BlobName>> list_aside() override {
        const std::scoped_lock lock{state_->mutex};
        std::vector<spool::BlobName> names;
        for (const auto& [name, bytes] : state_->aside) names.push_back(name);
        return names;
    }

private:
    struct State {
        mutable std::mutex mutex;
        std::map<spool::BlobName, std::shared_ptr<const Bytes>> blobs;
        std::map<spool::BlobName, std::shared_ptr<const Bytes>> aside;
        std::set<spool::BlobName> unreadable;
        std::size_t calls = 0;
        std::size_t fail_at = never;
        Errc fail_with = Errc::disk_full;
        std::size_t open_sinks = 0;

        Result<void> call(const char* what) {
            if (calls++ == fail_at) return fail(fail_with, what, "as the test asked");
            return {};
        }
    };

    class Unreadable final : public spool::BlobSource {
    public:
        explicit Unreadable(std::uint64_t size) : size_{size} {}
        Result<std::size_t> read_at(std::uint64_t, MutableByteView) override { return fail(Errc::io_failed, "read"); }
        Result<std::uint64_t> size() override { return size_; }

    private:
        std::uint64_t size_;
    };

    class Sink final : public spool::BlobSink {
    public:
        Sink(std::shared_ptr<State> state, const spool::BlobName& name) : state_{std::move(state)}, name_{name} {
            const std::scoped_lock lock{state_->mutex};
            ++state_->open_sinks;
        }
        ~Sink() override {
            const std::scoped_lock lock{state_->mutex};
            --state_->open_sinks;
        }
        Result<void> write(ByteView bytes) override {
            const std::scoped_lock lock{state_->mutex};
            SAFEQ_TRY_VOID(state_->call("write"));
            bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
            return {};
        }
        Result<void> commit() override {
            const std::scoped_lock lock{state_->mutex};
            SAFEQ_TRY_VOID(state_->call("commit"));
            state_->blobs[name_] = std::make_shared<const Bytes>(std::move(bytes_));
            return {};
        }

    private:
        std::shared_ptr<State> state_;
        spool::BlobName name_;
        Bytes bytes_;
    };

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace safeq::test
