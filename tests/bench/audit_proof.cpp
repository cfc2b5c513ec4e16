// SPDX-License-Identifier: Apache-2.0
// Inclusion proofs from the tiles of a log of ten million entries, on disk.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>

#include <safeq/audit/tile.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/store/log_folder.hpp>

#include "bench/figure.hpp"
#include "bench/memory.hpp"
#include "bench/must.hpp"
#include "bench/scratch.hpp"

namespace safeq::bench {
namespace {

constexpr std::uint64_t entries = 10'000'000;
constexpr int proofs = 2000;

void write_tile(const std::filesystem::path& root, const audit::TileId& tile, std::span<const audit::Hash> hashes) {
    const std::filesystem::path path = root / tile.path();
    std::filesystem::create_directories(path.parent_path());
    const Bytes bytes = audit::encode_hashes(hashes);
    std::ofstream{path, std::ios::binary} << as_text(bytes);
}

// The log's leaves are any hashes: a proof doesn't look behind them.
void write_log(const std::filesystem::path& root) {
    std::vector<audit::Hash> level(entries);
    std::mt19937_64 any{1};
    for (audit::Hash& leaf : level)
        for (std::size_t at = 0; at < leaf.size(); at += 8) {
            const std::uint64_t word = any();
            std::memcpy(leaf.data() + at, &word, sizeof word);
        }
    for (unsigned height = 0; !level.empty(); ++height) {
        std::vector<audit::Hash> above;
        for (std::size_t at = 0; at < level.size(); at += audit::tile_width) {
            const auto hashes =
                std::span{level}.subspan(at, std::min<std::size_t>(audit::tile_width, level.size() - at));
            const audit::TileId tile{
                .level = height, .index = at / audit::tile_width, .width = static_cast<unsigned>(hashes.size())};
            write_tile(root, tile, hashes);
            if (!tile.partial()) above.push_back(audit::subtree_hash(hashes));
        }
        level = std::move(above);
    }
}

std::vector<Figure> prove() {
    const Scratch scratch;
    write_log(scratch.path());
    const auto reader = must(store::read_log_folder(scratch.path()));
    audit::TileHashes hashes{*reader, entries};
    const audit::Hash root = must(audit::tree_root(hashes, entries));
    std::mt19937_64 any{2};
    std::vector<double> samples;
    give_back_memory();
    const PeakMemory peak;
    for (int i = 0; i < 2 * proofs; ++i) {
        const audit::Index index = any() % entries;
        audit::InclusionProof proof;
        const double took = seconds([&] { proof = must(audit::prove_inclusion(hashes, index, entries)); });
        must(audit::verify_inclusion(proof, must(hashes.hash(0, index)), root));
        if (i >= proofs) samples.push_back(took * 1e6);  // the first half warms up
    }
    const double memory = peak.mib();
    return {{.name = "audit.proof",
             .ours = quantile(samples, 0.5),
             .unit = "µs",
             .against = "the limit: 200 µs, ten million entries",
             .theirs = 200,
             .higher_is_better = false},
            {.name = "audit.proof.p99", .ours = quantile(samples, 0.99), .unit = "µs"},
            {.name = "audit.proof.memory",
             .ours = memory,
             .unit = "MiB",
             .against = "the limit: 64 MiB",
             .theirs = 64,
             .higher_is_better = false}};
}

}  // namespace

std::vector<Benchmark> audit_proof_benchmarks() { return {{"audit.proof", prove}}; }

}  // namespace safeq::bench
