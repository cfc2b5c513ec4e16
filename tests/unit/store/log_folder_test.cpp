// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/log_folder.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <safeq/audit/log.hpp>

#include "faulty_file_ops.hpp"
#include "log_folder_world.hpp"

using namespace safeq;
using audit::Index;
using test::append, test::read_all, test::replay, test::write_all;
using World = test::LogFolderWorld;
namespace fs = std::filesystem;

TEST_CASE("a log folder keeps what was appended, and has one writer") {
    World world;
    {
        auto store = store::open_log_folder(world.path);
        REQUIRE(store);
        CHECK(!replay(**store)->extent);
        REQUIRE(append(**store, 0, {"one", ""}));
        REQUIRE(append(**store, 2, {"three"}));
        CHECK(append(**store, 7, {"x"}).error().code == Errc::internal);
        CHECK(store::open_log_folder(world.path).error().code == Errc::locked);
    }
    auto store = store::open_log_folder(world.path);
    REQUIRE(store);
    const auto replayed = replay(**store);
    CHECK(replayed->extent == audit::JournalExtent{0, 3});
    CHECK(replayed->entries == std::vector<std::string>{"one", "", "three"});
    CHECK((fs::status(world.parts().at(0)).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("files are those of a log, and no others") {
    World world;
    auto store = *store::open_log_folder(world.path);
    const std::vector<audit::LogFile> files{
        {"tile/0/x001/234.p/7", to_bytes("a")}, {"tile/entries/000", to_bytes("b")}, {"checkpoint", to_bytes("c")}};
    REQUIRE(store->write(files));
    REQUIRE(store->write(std::vector{audit::LogFile{"checkpoint", to_bytes("d")}}));
    CHECK(*store->read("tile/0/x001/234.p/7") == to_bytes("a"));
    CHECK(*store->read("checkpoint") == to_bytes("d"));
    const auto reader = *store::read_log_folder(world.path);
    CHECK(*reader->read("tile/entries/000") == to_bytes("b"));
    CHECK(reader->read("tile/entries/001").error().code == Errc::not_found);
    for (const char* const path : {"", ".", "..", "../x", "/etc/passwd", "journal.00000000000000000000", ".lock",
                                   "tile/0/../../.lock", "tile/0", "checkpoint/", "tile/0/000.p/0", "tile"}) {
        INFO(path);
        CHECK(!store->read(path));
        CHECK(!reader->read(path));
        CHECK(!store->write(std::vector{audit::LogFile{path, to_bytes("x")}}));
        CHECK(!store->remove_partials(path));
    }
    REQUIRE(store->remove_partials("tile/0/x001/234"));
    REQUIRE(store->remove_partials("tile/0/x001/234"));
    CHECK(!fs::exists(world.path / "tile/0/x001/234.p"));
    CHECK(store->write({&files[0], 1}));
    CHECK(store::read_log_folder(world.path / "none").error().code == Errc::not_found);
    fs::resize_file(world.path / "checkpoint", audit::max_resource_bytes + 1);
    CHECK(reader->read("checkpoint").error().code == Errc::too_large);
    fs::remove(world.path / "checkpoint");
    fs::create_symlink("/etc/passwd", world.path / "checkpoint");
    CHECK(!reader->read("checkpoint"));
}

TEST_CASE("files that are written together share the sync of their folder") {
    World w;
    test::FaultyFileOps ops;
    auto store = store::open_log_folder(w.path, ops);
    REQUIRE(store);
    const auto write = [&](std::size_t count, std::size_t from) {
        std::vector<audit::LogFile> files;
        for (std::size_t i = from; i < from + count; ++i)
            files.push_back({fmt::format("tile/entries/{:03}", i), to_bytes(fmt::format("bundle {}", i))});
        ops.arm(0);
        REQUIRE((*store)->write(files));
        const auto syncs = std::ranges::count(ops.trace(), 'f');
        for (const audit::LogFile& file : files) CHECK((*store)->read(file.path) == file.bytes);
        return syncs;
    };
    write(1, 0);  // makes the folders
    CHECK(write(1, 1) == 1 + 1);
    CHECK(write(16, 2) == 16 + 1);
    CHECK(write(16, 2) == 16 + 1);  // in place of those
}

TEST_CASE("a journal torn at any byte of its last frame loses that frame only") {
    World world;
    std::size_t whole = 0;
    std::string bytes;
    fs::path part;
    {
        auto store = *store::open_log_folder(world.path);
        REQUIRE(append(*store, 0, {"first", "second"}));
        part = world.parts().at(0);
        whole = read_all(part).size();
        REQUIRE(append(*store, 2, {"third", "fourth"}));
        bytes = read_all(part);
    }
    const std::vector<std::string> before{"first", "second"};
    for (std::size_t cut = whole; cut < bytes.size(); ++cut) {
        for (const std::size_t zeros : {std::size_t{0}, bytes.size() - cut, std::size_t{4096}}) {
            write_all(part, bytes.substr(0, cut) + std::string(zeros, '\0'));
            {
                auto store = *store::open_log_folder(world.path);
                const auto replayed = replay(*store);
                REQUIRE(replayed);
                // A byte that was zero anyway may make the frame whole again.
                if (replayed->extent->next == 4) continue;
                REQUIRE(replayed->extent == audit::JournalExtent{0, 2});
                REQUIRE(replayed->entries == before);
                REQUIRE(append(*store, 2, {"again"}));
            }
            auto store = *store::open_log_folder(world.path);
            REQUIRE(replay(*store)->entries == std::vector<std::string>{"first", "second", "again"});
        }
    }
    SECTION("any byte of an earlier frame changed is damage, and told") {
        for (std::size_t at = 0; at < whole; ++at) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            write_all(part, changed);
            auto store = *store::open_log_folder(world.path);
            const auto replayed = replay(*store);
            INFO(at);
            REQUIRE(!replayed);
            REQUIRE(replayed.error().code == Errc::malformed);
            REQUIRE(read_all(part) == changed);
        }
    }
    SECTION("any byte of the last frame changed loses it") {
        for (std::size_t at = whole; at < bytes.size(); ++at) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            write_all(part, changed);
            auto store = *store::open_log_folder(world.path);
            REQUIRE(replay(*store)->entries == before);
        }
    }
}

TEST_CASE("the journal goes on in parts, and forgets those that are published") {
    World world;
    auto store = *store::open_log_folder(world.path, store::system_file_ops(), 100);
    REQUIRE(store->rotate(0));
    for (Index i = 0; i < 5; ++i) {
        REQUIRE(append(*store, i, {std::string(200, 'a')}));
        REQUIRE(store->rotate(i + 1));
        REQUIRE(store->rotate(i + 1));
    }
    CHECK(world.parts().size() == 6);
    REQUIRE(store->discard(3));
    CHECK(world.parts().size() == 3);
    REQUIRE(append(*store, 5, {"last"}));
    store.reset();
    SECTION("all is there") {
        store = *store::open_log_folder(world.path);
        const auto replayed = replay(*store);
        CHECK(replayed->extent == audit::JournalExtent{3, 6});
        CHECK(replayed->entries.back() == "last");
        REQUIRE(store->discard(100));
        CHECK(world.parts().size() == 1);
    }
    SECTION("a part is missing") {
        fs::remove(world.parts()[1]);
        store = *store::open_log_folder(world.path);
        CHECK(replay(*store).error().code == Errc::malformed);
    }
    SECTION("an earlier part is torn") {
        fs::resize_file(world.parts()[1], fs::file_size(world.parts()[1]) - 1);
        store = *store::open_log_folder(world.path);
        CHECK(replay(*store).error().code == Errc::malformed);
    }
    SECTION("another version") {
        write_all(world.parts().back(), "safeq/audit/journal/v2\n");
        store = *store::open_log_folder(world.path);
        CHECK(replay(*store).error().code == Errc::malformed);
    }
}
