// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/blob_folder.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "blobs.hpp"
#include "faulty_file_ops.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using test::blob, test::files_in, test::get, test::large_text, test::put;
using Fault = test::FaultyFileOps::Fault;
namespace fs = std::filesystem;

TEST_CASE("a committed blob is read back, anywhere, and survives the folder's end", "[store]") {
    const test::TemporaryFolder root;
    {
        auto folder = *store::BlobFolder::open(root / "spool");
        REQUIRE(put(*folder, blob(1), "sealed document"));
        REQUIRE(put(*folder, blob(0), "ticket"));
    }
    auto folder = *store::BlobFolder::open(root / "spool");
    CHECK(get(*folder, blob(1)) == "sealed document");
    CHECK(folder->list() == std::vector{blob(0), blob(1)});
    const auto source = *folder->open(blob(1));
    std::string part(100, '\0');
    CHECK(source->read_at(7, std::as_writable_bytes(std::span{part})) == 8u);
    CHECK(part.substr(0, 8) == "document");
    CHECK(source->read_at(15, std::as_writable_bytes(std::span{part})) == 0u);
    CHECK(source->read_at(~std::uint64_t{0}, std::as_writable_bytes(std::span{part})).error().code == Errc::io_failed);
}

TEST_CASE("a folder that is made is durable before anything is put into it", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    for (const fs::path& path : {root / "spool", root / "other" / ""}) {
        ops.arm(0);
        REQUIRE(store::BlobFolder::open(path, ops));
        // The folder and what it lies in; its lock; the folder of unfinished files and what that lies in.
        CHECK(ops.trace().starts_with("mfcmf"));
        ops.arm(0);
        REQUIRE(store::BlobFolder::open(path, ops));
        CHECK(ops.trace().starts_with("mcm"));
    }
    ops.arm(2, Fault::once);
    CHECK(store::BlobFolder::open(root / "third", ops).error().code == Errc::io_failed);
}

TEST_CASE("nothing is seen of a blob before its commit, and nothing stays without one", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    {
        auto sink = *folder->create(blob(1));
        REQUIRE(sink->write(as_bytes("half")));
        CHECK(folder->open(blob(1)).error().code == Errc::not_found);
        CHECK(folder->list()->empty());
        CHECK(files_in(root / "spool/tmp") == 1);
    }
    CHECK(files_in(root / "spool/tmp") == 0);
}

TEST_CASE("a later blob takes an older one's place, and readers of the older keep it", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*folder, blob(1), "old"));
    const auto reader = *folder->open(blob(1));
    auto first = *folder->create(blob(1));
    auto second = *folder->create(blob(1));
    REQUIRE(first->write(as_bytes("first")));
    REQUIRE(second->write(as_bytes("second")));
    REQUIRE(first->commit());
    REQUIRE(second->commit());
    CHECK(second->commit().error().code == Errc::io_failed);
    CHECK(get(*folder, blob(1)) == "second");
    std::string text(3, '\0');
    CHECK(reader->read_at(0, std::as_writable_bytes(std::span{text})) == 3u);
    CHECK(text == "old");
    REQUIRE(folder->remove(blob(1)));
    REQUIRE(folder->remove(blob(1)));
    CHECK(folder->open(blob(1)).error().code == Errc::not_found);
}

TEST_CASE("opening removes what was unfinished and ignores what isn't ours", "[store]") {
    const test::TemporaryFolder root;
    {
        auto folder = *store::BlobFolder::open(root / "spool");
    }
    std::ofstream{root / "spool/tmp/left.over"} << "x";
    std::ofstream{root / "spool/notes.txt"} << "x";
    fs::create_directory(root / "spool/018bcfe5-6800-7000-8000-00000000000a.1.sealed");
    auto folder = *store::BlobFolder::open(root / "spool");
    CHECK(files_in(root / "spool/tmp") == 0);
    CHECK(folder->list()->empty());
    CHECK(fs::exists(root / "spool/notes.txt"));
}

TEST_CASE("files are private, and symbolic links are not followed", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*folder, blob(1), "text"));
    struct stat status{};
    REQUIRE(stat((root / "spool" / blob(1).text()).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777u) == 0600u);
    REQUIRE(stat((root / "spool").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777u) == 0700u);

    std::ofstream{root / "elsewhere"} << "secret";
    fs::create_symlink(root / "elsewhere", root / "spool" / blob(2).text());
    CHECK(folder->open(blob(2)).error().code == Errc::permission);
    CHECK(folder->list() == std::vector{blob(1)});
    REQUIRE(put(*folder, blob(2), "ours"));
    std::ifstream in{root / "elsewhere"};
    std::string text;
    in >> text;
    CHECK(text == "secret");
    REQUIRE(mkfifo((root / "spool" / blob(3).text()).c_str(), 0600) == 0);
    CHECK(folder->open(blob(3)).error().code == Errc::permission);

    fs::create_directory_symlink(root / "spool", root / "link");
    CHECK_FALSE(store::BlobFolder::open(root / "link"));
}

TEST_CASE("a folder has one process, must have a parent, and others may not write to it", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    CHECK(store::BlobFolder::open(root / "spool").error().code == Errc::locked);
    folder.reset();
    CHECK(store::BlobFolder::open(root / "spool"));
    CHECK(store::BlobFolder::open(root / "none/spool").error().code == Errc::not_found);
    fs::permissions(root / "spool", fs::perms::all);
    CHECK(store::BlobFolder::open(root / "spool").error().code == Errc::permission);
}

TEST_CASE("bytes are synced before the rename, and the folder after it", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops);
    ops.arm(0);
    REQUIRE(put(*folder, blob(1), "text"));
    CHECK(ops.trace() == "cwwfrf");
    ops.arm(0);
    REQUIRE(folder->remove(blob(1)));
    CHECK(ops.trace() == "uf");
}

TEST_CASE("a large blob is written behind its maker's back, in order, and nothing of it stays when it is given up",
          "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops);
    const std::string text = large_text();
    ops.arm(0);
    {
        auto sink = *folder->create(blob(1));
        std::size_t step = 1;
        for (std::string_view left = text; !left.empty(); step = step * 3 % 300'007) {
            const std::string_view piece = left.substr(0, step);
            REQUIRE(sink->write(as_bytes(piece)));
            left.remove_prefix(piece.size());
        }
        REQUIRE(sink->commit());
    }
    CHECK(ops.trace().ends_with("wfrf"));
    CHECK((get(*folder, blob(1)) == text));
    {
        auto sink = *folder->create(blob(2));
        REQUIRE(sink->write(as_bytes(std::string_view{text})));
        REQUIRE(sink->write(as_bytes(std::string_view{text})));
    }
    CHECK(files_in(root / "spool/tmp") == 0);
    CHECK(folder->list() == std::vector{blob(1)});
}

TEST_CASE("a damaged blob is set aside, not lost, and no longer listed", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*folder, blob(1), "damaged"));
    REQUIRE(put(*folder, blob(2), "good"));
    CHECK(folder->list_aside()->empty());
    REQUIRE(folder->set_aside(blob(1)));
    CHECK(folder->list_aside() == std::vector{blob(1)});
    CHECK(folder->list() == std::vector{blob(2)});
    CHECK(folder->open(blob(1)).error().code == Errc::not_found);
    CHECK(folder->set_aside(blob(1)).error().code == Errc::not_found);
    std::ifstream kept{root / "spool" / "quarantine" / blob(1).text()};
    CHECK(std::string{std::istreambuf_iterator<char>{kept}, {}} == "damaged");
}

TEST_CASE("who opens a folder to read needs no lock, and changes nothing", "[store]") {
    const test::TemporaryFolder root;
    CHECK(store::BlobFolder::open_to_read(root / "spool").error().code == Errc::not_found);
    CHECK_FALSE(fs::exists(root / "spool"));
    auto owner = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*owner, blob(1), "sealed document"));
    auto reader = store::BlobFolder::open_to_read(root / "spool");
    REQUIRE(reader);
    CHECK(get(**reader, blob(1)) == "sealed document");
    CHECK((*reader)->create(blob(2)).error().code == Errc::permission);
    CHECK((*reader)->remove(blob(1)).error().code == Errc::permission);
    CHECK((*reader)->set_aside(blob(1)).error().code == Errc::permission);
    CHECK(owner->list() == std::vector{blob(1)});
}

TEST_CASE("the last of a disk is not given to blobs, from the first byte that would touch it", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops, 1000);
    ops.free_bytes = 1000 + 15;
    REQUIRE(put(*folder, blob(1), "sealed document"));  // in two pieces, of 7 and 8 bytes
    ops.free_bytes = 1000 + 7;
    CHECK(put(*folder, blob(2), "sealed document").error().code == Errc::disk_full);
    ops.free_bytes = 999;
    const auto refused = folder->create(blob(3));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::disk_full);
    // Reading and removing need no room, and once there is some again, so is everything else.
    CHECK(get(*folder, blob(1)) == "sealed document");
    CHECK(folder->list() == std::vector{blob(1)});
    CHECK(files_in(root / "spool" / "tmp") == 0);
    REQUIRE(folder->remove(blob(1)));
    ops.free_bytes = 2000;
    CHECK(put(*folder, blob(2), "sealed document"));
    ops.free_bytes.reset();
    CHECK(put(*folder, blob(3), "sealed document"));
}
