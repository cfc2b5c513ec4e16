// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/tile.hpp>

#include "audit/tile_builder.hpp"
#include "support/memory_audit.hpp"
#include "unit/audit/naive_tree.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::NaiveTree;

TEST_CASE("tile paths are those of tlog-tiles") {
    using enum TileId::Kind;
    CHECK(TileId{hashes, 0, 0}.path() == "tile/0/000");
    CHECK(TileId{hashes, 3, 1234067}.path() == "tile/3/x001/x234/067");
    CHECK(TileId{hashes, 63, 1000, 1}.path() == "tile/63/x001/000.p/1");
    CHECK(TileId{entries, 0, 999, 255}.path() == "tile/entries/999.p/255");
    for (const TileId& tile : {TileId{hashes, 0, 0}, TileId{hashes, 7, 1234067, 12}, TileId{entries, 0, 1000},
                               TileId{entries, 0, 999'999'999'999'999'999ULL, 255}}) {
        const auto parsed = TileId::parse(tile.path());
        REQUIRE(parsed);
        CHECK(*parsed == tile);
    }
}

TEST_CASE("no other path names a tile") {
    for (const char* const path : {"",
                                   "tile",
                                   "tile/",
                                   "tile/0",
                                   "tile/0/",
                                   "tile/0/0",
                                   "tile/0/00",
                                   "tile/0/0000",
                                   "tile/00/000",
                                   "tile/64/000",
                                   "tile/-1/000",
                                   "tile/+1/000",
                                   "tile/0/x000/000",
                                   "tile/0/x01/000",
                                   "tile/0/001/000",
                                   "tile/0/x001/x000",
                                   "tile/0/000.p",
                                   "tile/0/000.p/",
                                   "tile/0/000.p/0",
                                   "tile/0/000.p/01",
                                   "tile/0/000.p/256",
                                   "tile/0/000.p/1/",
                                   "tile/0/000.p/1.p/1",
                                   "/tile/0/000",
                                   "tile/0/../000",
                                   "tile/entries/../../etc/passwd",
                                   "tile/Entries/000",
                                   "tile/entries/000 ",
                                   "tile/0/x001/x000/x000/x000/x000/x000/000",
                                   "tile/0/x-01/000",
                                   "checkpoint"}) {
        INFO(path);
        CHECK(!TileId::parse(path));
    }
    CHECK(!TileId::parse(std::string_view{"tile/0/000\0", 11}));
}

TEST_CASE("widths follow from the size of the tree") {
    // The example of the specification.
    CHECK(width_in_tree(0, 272, 70'000) == 256);
    CHECK(width_in_tree(0, 273, 70'000) == 112);
    CHECK(width_in_tree(0, 274, 70'000) == 0);
    CHECK(width_in_tree(1, 0, 70'000) == 256);
    CHECK(width_in_tree(1, 1, 70'000) == 17);
    CHECK(width_in_tree(2, 0, 70'000) == 1);
    CHECK(width_in_tree(3, 0, 70'000) == 0);
    CHECK(width_in_tree(0, 0, 256) == 256);
    CHECK(width_in_tree(0, 1, 256) == 0);
    CHECK(width_in_tree(1, 0, 256) == 1);
    CHECK(width_in_tree(7, 0, max_tree_size) == 64);
    CHECK(width_in_tree(63, 0, max_tree_size) == 0);
}

TEST_CASE("bundles round-trip and are exact") {
    Bytes bundle;
    REQUIRE(append_to_bundle(bundle, as_bytes("one")));
    REQUIRE(append_to_bundle(bundle, {}));
    REQUIRE(append_to_bundle(bundle, Bytes(max_bundle_entry_bytes)));
    CHECK(append_to_bundle(bundle, Bytes(max_bundle_entry_bytes + 1)).error().code == Errc::too_large);
    const auto entries = parse_bundle(bundle, 3);
    REQUIRE(entries);
    CHECK(as_text(entries->at(0)) == "one");
    CHECK(entries->at(1).empty());
    CHECK(entries->at(2).size() == max_bundle_entry_bytes);
    CHECK(parse_bundle(bundle, 2).error().code == Errc::trailing_data);
    CHECK(parse_bundle(bundle, 4).error().code == Errc::truncated);
    for (std::size_t cut = 0; cut < 8; ++cut) CHECK(!parse_bundle(ByteView{bundle}.first(cut), 3));

    const std::vector<Hash> hashes = NaiveTree::some_leaves(3);
    const Bytes tile = encode_hashes(hashes);
    CHECK(tile.size() == 96);
    CHECK(*parse_hashes(tile, 3) == hashes);
    CHECK(parse_hashes(tile, 4).error().code == Errc::truncated);
    CHECK(parse_hashes(tile, 2).error().code == Errc::trailing_data);
}

TEST_CASE("tiles hold every hash of the tree, and a builder goes on from them") {
    constexpr std::size_t size = 600;
    const auto disk = std::make_shared<test::MemoryDisk>();
    test::MemoryLogStore store{disk};
    std::vector<Hash> leaves;
    TileBuilder builder;
    for (std::size_t i = 0; i < size; ++i) {
        const std::string entry = "entry " + std::to_string(i);
        std::vector<LogFile> files;
        REQUIRE(builder.append(as_bytes(entry), files));
        leaves.push_back(leaf_hash(as_bytes(entry)));
        if (i % 50 == 49) builder.add_partials(files);
        REQUIRE(store.write(files));
        if (i % 50 != 49) continue;
        auto resumed = TileBuilder::resume(store, i + 1);
        REQUIRE(resumed);
        CHECK(resumed->head() == builder.head());
        builder = *std::move(resumed);
    }
    NaiveTree tree{leaves};
    CHECK(builder.head() == TreeHead{size, tree.root(size)});
    TileHashes hashes{store, size};
    for (unsigned level = 0; level <= 9; ++level) {
        for (std::uint64_t index = 0; index < size >> level; ++index)
            REQUIRE(*hashes.hash(level, index) == *tree.hash(level, index));
        CHECK(hashes.hash(level, size >> level).error().code == Errc::invalid_argument);
    }
    for (const std::uint64_t index : {0u, 255u, 256u, 511u, 512u, 599u})
        CHECK(prove_inclusion(hashes, index, size)->path == tree.path(index, 0, size));

    SECTION("the full tile stands in for a partial one that is gone") {
        REQUIRE(store.remove_partials("tile/0/001"));
        TileHashes older{store, 300};
        CHECK(*tree_root(older, 300) == tree.root(300));
        CHECK(read_entries(store, {TileId::Kind::entries, 0, 1, 44})->size() == 44);
    }
    SECTION("a missing or damaged tile is told") {
        disk->files.erase("tile/0/000");
        CHECK(TileHashes{store, size}.hash(0, 3).error().code == Errc::not_found);
        disk->files["tile/0/001"].pop_back();
        CHECK(TileHashes{store, size}.hash(0, 300).error().code == Errc::truncated);
        disk->files.erase("tile/0/002.p/88");
        CHECK(TileBuilder::resume(store, size).error().code == Errc::not_found);
    }
    SECTION("a bundle that is not what its tile commits to") {
        disk->files["tile/entries/002.p/88"].back() ^= std::byte{1};
        CHECK(TileBuilder::resume(store, size).error().code == Errc::fork_detected);
    }
}
