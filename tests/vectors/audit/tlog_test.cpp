// SPDX-License-Identifier: Apache-2.0
// The tiled log of 15 entries from transparency-dev/tessera, with a signed checkpoint for nearly every size.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/tile.hpp>

#include "support/vectors.hpp"

using namespace safeq;
using namespace safeq::audit;

namespace {

class FolderReader final : public LogReader {
public:
    Result<Bytes> read(const std::string& path) override {
        std::ifstream file{root_ / path, std::ios::binary};
        if (!file) return fail(Errc::not_found, path);
        const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        return to_bytes(bytes);
    }
    [[nodiscard]] const std::filesystem::path& root() const { return root_; }

private:
    std::filesystem::path root_ = test::vector_file("tlog/log/checkpoint").parent_path();
};

// The public key of the log, from the documentation of those test data.
constexpr const char* log_key = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

}  // namespace

TEST_CASE("the log verifies, and holds its entries") {
    FolderReader reader;
    const auto key = crypto::NoteKey::parse(log_key);
    REQUIRE(key);
    std::vector<std::string> entries;
    const auto verified = verify_log(reader, *key, [&](const FollowedEntries& taken) -> Result<void> {
        for (const ByteView entry : taken.entries) entries.emplace_back(as_text(entry));
        return {};
    });
    if (!verified) FAIL(verified.error().message());
    CHECK(verified->checkpoint.head.size == 15);
    REQUIRE(entries.size() == 15);
    CHECK(entries[0] == "one");
    CHECK(entries[2] == "three");
}

TEST_CASE("every checkpoint of the log is signed, has the root of its entries, and leads to the last") {
    FolderReader reader;
    const auto key = crypto::NoteKey::parse(log_key);
    REQUIRE(key);
    const std::vector<Bytes> entries = *read_entries(reader, {TileId::Kind::entries, 0, 0, 15});
    CompactRange range;
    TileHashes last{reader, 15};
    int checkpoints = 0;
    int bundles = 0;
    int proofs = 0;
    for (std::uint64_t size = 0; size <= 15; ++size) {
        if (size > 0) range.append(leaf_hash(entries[size - 1]));
        const std::string name = "checkpoint." + std::to_string(size);
        if (!std::filesystem::exists(reader.root() / name)) continue;
        ++checkpoints;
        INFO(name);
        const auto checkpoint = SignedCheckpoint::open(as_text(*reader.read(name)), *key);
        REQUIRE(checkpoint);
        CHECK(checkpoint->checkpoint.head == range.head());
        CHECK(checkpoint->encode() == as_text(*reader.read(name)));
        const auto consistency = prove_consistency(last, size, 15);
        REQUIRE(consistency);
        CHECK(verify_consistency(*consistency, range.root(), *tree_root(last, 15), FromEmpty::accept));
        if (size == 0) continue;
        const auto bundle = read_entries(reader, {TileId::Kind::entries, 0, 0, static_cast<unsigned>(size)});
        REQUIRE(bundle);
        CHECK(std::ranges::equal(*bundle, std::span{entries}.first(size)));
        ++bundles;
        TileHashes hashes{reader, size};
        for (Index index = 0; index < size; ++index, ++proofs)
            CHECK(verify_inclusion(*prove_inclusion(hashes, index, size), leaf_hash(entries[index]), range.root()));
    }
    CHECK(checkpoints == 16);
    CHECK(bundles == 15);
    CHECK(proofs == 120);
}
