// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/blob_folder.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <safeq/core/fail_point.hpp>

#include "folder.hpp"
#include "shared_sync.hpp"
#include "write_behind.hpp"

namespace safeq::store {

// What the store and everything that it gave out share, so that a sink may outlive the store.
struct BlobFolder::Impl {
    Folder folder;
    std::optional<Folder> unfinished;  // nothing: opened for reading
    File lock;
    std::uint64_t floor_bytes = 0;
    std::atomic<std::uint64_t> counter{0};
    std::atomic<bool> names_in_doubt{false};   // the last sync of the folder failed
    std::mutex names;                          // held from looking at whose a name is to changing it
    std::atomic<bool> names_forgotten{false};  // memory ran out before it was asked for
    SharedSync shared_sync{[this] {
        names_in_doubt = true;  // also where what went wrong can't even be told
        auto synced = folder.sync();
        names_in_doubt = !synced;
        return synced;
    }};

    Impl(Folder folder_in, std::optional<Folder> unfinished_in, File lock_in) noexcept
        : folder{std::move(folder_in)}, unfinished{std::move(unfinished_in)}, lock{std::move(lock_in)} {}

    Result<void> sync_folder() {
        try {
            return shared_sync();
        } catch (...) {
            names_forgotten = true;
            throw;
        }
    }

    // For an unfinished file; says whether the name was another one's before.
    Result<bool> take_name(const std::string& from, const std::string& to) {
        const std::scoped_lock held{names};
        const bool replaces = folder.exists(to);
        SAFEQ_TRY_VOID(unfinished->rename(from, folder, to));
        return replaces;
    }

    // Only where it is that file's: another writer of the same blob may have taken it since, durably.
    void give_name_back(const File& file, const std::string& name) {
        const std::scoped_lock held{names};
        const auto ours = folder.status(file, name);
        const auto found = folder.open_to_read(name);
        if (!ours || !found) return;
        const auto there = folder.status(*found, name);
        if (!there || there->st_dev != ours->st_dev || there->st_ino != ours->st_ino) return;
        [[maybe_unused]] const auto gone = folder.unlink(name);
    }

    // Asked for each piece: other programs fill the disk too.
    Result<void> check_room(std::uint64_t bytes) const {
        if (floor_bytes == 0) return {};
        SAFEQ_TRY(const std::uint64_t free, folder.free_bytes());
        if (free < floor_bytes || free - floor_bytes < bytes)
            return fail(Errc::disk_full, folder.path().string(),
                        "the last " + std::to_string(floor_bytes >> 20) + " MiB are kept for the log");
        return {};
    }
};

namespace {

constexpr const char* quarantine_name = "quarantine";

Result<std::vector<spool::BlobName>> names_in(const Folder& folder) {
    SAFEQ_TRY(const auto files, folder.files());
    std::vector<spool::BlobName> names;
    for (const std::string& file : files)
        if (const auto name = spool::BlobName::parse(file)) names.push_back(*name);
    std::ranges::sort(names);
    return names;
}

// A smaller blob isn't worth a thread.
constexpr std::uint64_t small_bytes = std::uint64_t{1} << 20;

template <class Impl>
class Sink final : public spool::BlobSink {
public:
    Sink(std::shared_ptr<Impl> impl, std::string name, std::string unfinished, File file) noexcept
        : impl_{std::move(impl)}, name_{std::move(name)}, unfinished_{std::move(unfinished)}, file_{std::move(file)} {}

    ~Sink() override {
        behind_.reset();
        // Where this fails, the next process that opens the folder does it.
        if (!committed_) [[maybe_unused]]
            const auto gone = impl_->unfinished->unlink(unfinished_);
    }

    Result<void> write(ByteView bytes) override {
        if (broken_ || committed_) return fail(Errc::io_failed, name_, "the blob has failed or ended");
        if (behind_ == nullptr && written_ >= small_bytes && !alone_) {
            behind_ = WriteBehind::start([this](ByteView piece) { return write_now(piece); });
            alone_ = behind_ == nullptr;
        }
        auto written = behind_ != nullptr ? behind_->put(bytes) : write_now(bytes);
        broken_ = !written;
        return written;
    }

    Result<void> commit() override {
        if (broken_ || committed_) return fail(Errc::io_failed, name_, "the blob has failed or ended");
        broken_ = true;
        if (behind_ != nullptr) SAFEQ_TRY_VOID(behind_->drain());
        SAFEQ_FAIL_POINT("blob.complete");
        SAFEQ_TRY_VOID(impl_->unfinished->sync(file_, unfinished_));
        SAFEQ_FAIL_POINT("blob.synced");
        SAFEQ_TRY(const bool replaces, impl_->take_name(unfinished_, name_));
        committed_ = true;
        SAFEQ_FAIL_POINT("blob.renamed");
        if (auto synced = impl_->sync_folder(); !synced) {
            // Under its name, and nobody knows whether durably: better not there than acknowledged by a reader. But
            // where it took an older one's place it may be all that is left of what was acknowledged.
            if (!replaces) impl_->give_name_back(file_, name_);
            return synced;
        }
        SAFEQ_FAIL_POINT("blob.durable");
        return {};
    }

private:
    Result<void> write_now(ByteView bytes) {
        SAFEQ_TRY_VOID(impl_->check_room(bytes.size()));
        SAFEQ_TRY_VOID(impl_->unfinished->write_all(file_, unfinished_, bytes));
        if (behind_ != nullptr) impl_->unfinished->begin_sync(file_, written_, bytes.size());
        written_ += bytes.size();
        SAFEQ_FAIL_POINT("blob.written");
        return {};
    }

    std::shared_ptr<Impl> impl_;
    std::string name_;
    std::string unfinished_;
    File file_;
    std::uint64_t written_ = 0;
    bool alone_ = false;  // there was no thread to be had
    bool broken_ = false;
    bool committed_ = false;
    std::unique_ptr<WriteBehind> behind_;  // last: it uses the others
};

template <class Impl>
class Source final : public spool::BlobSource {
public:
    Source(std::shared_ptr<Impl> impl, std::string name, File file) noexcept
        : impl_{std::move(impl)}, name_{std::move(name)}, file_{std::move(file)} {}

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        return impl_->folder.read_at(file_, name_, offset, out);
    }
    Result<std::uint64_t> size() override {
        SAFEQ_TRY(const struct stat found, impl_->folder.status(file_, name_));
        return static_cast<std::uint64_t>(found.st_size);
    }

private:
    std::shared_ptr<Impl> impl_;
    std::string name_;
    File file_;
};

}  // namespace

BlobFolder::BlobFolder(std::shared_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
BlobFolder::~BlobFolder() = default;

Result<std::unique_ptr<BlobFolder>> BlobFolder::open(const std::filesystem::path& path, FileOps& ops,
                                                     std::uint64_t floor_bytes) {
    SAFEQ_TRY(Folder folder, Folder::open(path, ops));
    SAFEQ_TRY(File lock, folder.lock());
    SAFEQ_TRY(Folder unfinished, folder.open_below("tmp"));
    SAFEQ_TRY(const auto leftovers, unfinished.files());
    for (const std::string& name : leftovers) {
        SAFEQ_FAIL_POINT("blob.leftover_found");
        SAFEQ_TRY_VOID(unfinished.unlink(name));
    }
    // The names of both folders are durable before anything in them is promised.
    SAFEQ_TRY_VOID(folder.sync());
    auto impl = std::make_shared<Impl>(std::move(folder), std::move(unfinished), std::move(lock));
    impl->floor_bytes = floor_bytes;
    return std::unique_ptr<BlobFolder>{new BlobFolder{std::move(impl)}};
}

Result<std::unique_ptr<BlobFolder>> BlobFolder::open_to_read(const std::filesystem::path& path, FileOps& ops) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) return fail(Errc::not_found, path.string(), "no folder");
    SAFEQ_TRY(Folder folder, Folder::open(path, ops));
    return std::unique_ptr<BlobFolder>{new BlobFolder{std::make_shared<Impl>(std::move(folder), std::nullopt, File{})}};
}

Result<void> BlobFolder::may_change() const {
    if (!impl_->unfinished) return fail(Errc::permission, impl_->folder.path().string(), "opened for reading");
    return {};
}

Result<void> BlobFolder::set_aside(const spool::BlobName& name) {
    SAFEQ_TRY_VOID(may_change());
    SAFEQ_TRY(const Folder quarantine, impl_->folder.open_below(quarantine_name));
    SAFEQ_TRY_VOID(impl_->folder.rename(name.text(), quarantine, name.text()));
    SAFEQ_TRY_VOID(quarantine.sync());
    return impl_->sync_folder();
}

Result<std::unique_ptr<spool::BlobSink>> BlobFolder::create(const spool::BlobName& name) {
    SAFEQ_TRY_VOID(may_change());
    // Two at a time may write the same blob; the later commit stands.
    SAFEQ_TRY_VOID(impl_->check_room(0));
    const std::string unfinished = name.text() + "." + std::to_string(++impl_->counter);
    SAFEQ_TRY(File file, impl_->unfinished->create(unfinished));
    SAFEQ_FAIL_POINT("blob.created");
    return std::make_unique<Sink<Impl>>(impl_, name.text(), unfinished, std::move(file));
}

Result<std::unique_ptr<spool::BlobSource>> BlobFolder::open(const spool::BlobName& name) {
    SAFEQ_TRY(File file, impl_->folder.open_to_read(name.text()));
    return std::make_unique<Source<Impl>>(impl_, name.text(), std::move(file));
}

Result<void> BlobFolder::remove(const spool::BlobName& name) {
    SAFEQ_TRY_VOID(may_change());
    SAFEQ_FAIL_POINT("blob.unwanted");
    SAFEQ_TRY_VOID(impl_->folder.unlink(name.text()));
    SAFEQ_FAIL_POINT("blob.unlinked");
    return impl_->sync_folder();
}

Result<std::vector<spool::BlobName>> BlobFolder::list_aside() {
    if (!impl_->folder.exists(quarantine_name)) return std::vector<spool::BlobName>{};
    SAFEQ_TRY(const Folder quarantine, impl_->folder.open_below(quarantine_name));
    return names_in(quarantine);
}

Result<std::vector<spool::BlobName>> BlobFolder::list() {
    // Who acts on what is listed, as one who destroys the key that an older blob of a name was sealed to, must not find
    // the older one there again after a power cut.
    if (impl_->names_forgotten.exchange(false) || impl_->names_in_doubt) SAFEQ_TRY_VOID(impl_->sync_folder());
    return names_in(impl_->folder);
}

}  // namespace safeq::store
