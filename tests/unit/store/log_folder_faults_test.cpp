// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/log_folder.hpp>

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <random>

#include <catch2/catch_test_macros.hpp>
#include <safeq/audit/follower.hpp>

#include "log_folder_world.hpp"
#include "passing_file_ops.hpp"

using namespace safeq;
using audit::Index;
using test::append, test::read_all, test::replay, test::write_all;
using World = test::LogFolderWorld;
namespace fs = std::filesystem;

namespace {

/// The system's calls, of which the one with a given number fails.
class FailingOps final : public test::PassingFileOps {
public:
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
    std::size_t calls = 0;
    std::size_t fail_at = never;
    int number = EIO;
    bool half = false;  ///< a write that fails has written the first half

    int openat(int folder, const char* name, int flags, mode_t mode) noexcept override {
        return fails() ? -1 : PassingFileOps::openat(folder, name, flags, mode);
    }
    int mkdirat(int folder, const char* name, mode_t mode) noexcept override {
        return fails() ? -1 : PassingFileOps::mkdirat(folder, name, mode);
    }
    ssize_t write(int file, const void* bytes, std::size_t count) noexcept override {
        if (!fails()) return PassingFileOps::write(file, bytes, count);
        if (half) [[maybe_unused]]
            const auto ignored = PassingFileOps::write(file, bytes, count / 2);
        errno = number;
        return -1;
    }
    ssize_t pread(int file, void* bytes, std::size_t count, std::int64_t offset) noexcept override {
        return fails() ? -1 : PassingFileOps::pread(file, bytes, count, offset);
    }
    int fsync(int file) noexcept override { return fails() ? -1 : PassingFileOps::fsync(file); }
    int renameat(int folder, const char* from, int to_folder, const char* to) noexcept override {
        return fails() ? -1 : PassingFileOps::renameat(folder, from, to_folder, to);
    }
    int unlinkat(int folder, const char* name) noexcept override {
        return fails() ? -1 : PassingFileOps::unlinkat(folder, name);
    }

private:
    bool fails() noexcept {
        if (calls++ != fail_at) return false;
        errno = number;
        return true;
    }
};

}  // namespace

TEST_CASE("a full disk takes nothing back and nothing on, and the log goes on") {
    World world;
    FailingOps ops;
    auto store = *store::open_log_folder(world.path, ops);
    REQUIRE(append(*store, 0, {"one"}));
    ops.number = ENOSPC;
    ops.half = true;
    ops.fail_at = ops.calls;
    CHECK(append(*store, 1, {"two"}).error().code == Errc::disk_full);
    CHECK(store->ready());
    REQUIRE(append(*store, 1, {"three"}));
    store.reset();
    store = *store::open_log_folder(world.path);
    CHECK(replay(*store)->entries == std::vector<std::string>{"one", "three"});
}

TEST_CASE("after a failed sync nothing is acknowledged until the log is opened anew") {
    World world;
    FailingOps ops;
    auto store = *store::open_log_folder(world.path, ops);
    REQUIRE(append(*store, 0, {"one"}));
    ops.fail_at = ops.calls + 1;
    CHECK(append(*store, 1, {"two"}).error().code == Errc::io_failed);
    CHECK(store->ready().error().code == Errc::log_unavailable);
    CHECK(append(*store, 1, {"two"}).error().code == Errc::log_unavailable);
    CHECK(append(*store, 2, {"two"}).error().code == Errc::log_unavailable);
    store.reset();
    store = *store::open_log_folder(world.path, ops);
    CHECK(replay(*store)->entries.at(0) == "one");
    CHECK(store->ready());
}

TEST_CASE("whichever call to the system fails, nothing acknowledged is lost") {
    World world;
    const std::vector<audit::Record> given = world.records(280);
    std::size_t runs = 0;
    for (const bool half : {false, true}) {
        bool reached = true;
        for (std::size_t n = 0; reached; ++n) {
            fs::remove_all(world.path);
            FailingOps ops;
            ops.half = half;
            ops.number = half ? ENOSPC : EIO;
            ops.fail_at = n;
            std::vector<RecordId> acknowledged;
            {
                auto store = store::open_log_folder(world.path, ops, 2000);
                auto log = store ? audit::Log::open(**store, world.verifier.name, world.key)
                                 : Result<std::unique_ptr<audit::Log>>{fail(Errc::io_failed, "test")};
                for (std::size_t i = 0; log && i < given.size(); i += 70) {
                    const std::span part = std::span{given}.subspan(i, 70);
                    if ((*log)->append_all(part))
                        for (const audit::Record& record : part) acknowledged.push_back(record.id);
                    [[maybe_unused]] const auto published = (*log)->publish();
                }
            }
            reached = ops.calls > n;
            auto store = *store::open_log_folder(world.path);
            auto log = audit::Log::open(*store, world.verifier.name, world.key);
            INFO("call " << n);
            if (!log) FAIL(log.error().message());
            for (const RecordId& id : acknowledged) REQUIRE((*log)->find(id)->has_value());
            REQUIRE((*log)->append_all(given));
            REQUIRE((*log)->size() == given.size());
            REQUIRE((*log)->publish());
            const auto reader = *store::read_log_folder(world.path);
            REQUIRE(audit::verify_log(*reader, world.verifier)->checkpoint.head.size == given.size());
            ++runs;
        }
    }
    CHECK(runs > 50);
}

TEST_CASE("HOSTILE 6: a flipped bit of a log is found by who opens or follows it, wherever it is") {
    World world;
    const auto open = [&]() -> Result<void> {
        SAFEQ_TRY(const auto store, store::open_log_folder(world.path));
        SAFEQ_TRY(const auto log, audit::Log::open(*store, "log.example/release", world.key));
        SAFEQ_TRY(const auto reader, store::read_log_folder(world.path));
        audit::Follower follower{world.verifier, {}};
        SAFEQ_TRY_VOID(follower.follow(*reader, [](const audit::FollowedEntries&) { return Result<void>{}; }));
        return {};
    };
    {
        auto store = *store::open_log_folder(world.path);
        const auto log = *audit::Log::open(*store, "log.example/release", world.key);
        REQUIRE(log->append_all(world.records(300)));
        REQUIRE(log->publish());
    }
    std::vector<fs::path> files;
    std::uintmax_t size = 0;
    for (const auto& entry : fs::recursive_directory_iterator{world.path})
        if (entry.is_regular_file() && entry.path().filename() != ".lock") {
            files.push_back(entry.path());
            size += entry.file_size();
        }
    std::ranges::sort(files);
    REQUIRE(files.size() >= 5);
    std::mt19937_64 random{6};
    const bool all = std::getenv("SAFEQ_LONG") != nullptr;
    for (std::size_t i = 0; i < (all ? 100'000U : 1'000U); ++i) {
        std::uint64_t bit = random() % (size * 8);
        std::size_t at = 0;
        while (bit >= fs::file_size(files[at]) * 8) bit -= fs::file_size(files[at++]) * 8;
        std::string bytes = read_all(files[at]);
        const auto flip = [&] {
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
            write_all(files[at], bytes);
        };
        flip();
        INFO(files[at] << ", bit " << bit);
        REQUIRE_FALSE(open());
        flip();
        // What opening has taken for a torn end and written anew, or left unfinished, would hide the next one.
        if (i % 100 == 99) REQUIRE(open());
    }
}
