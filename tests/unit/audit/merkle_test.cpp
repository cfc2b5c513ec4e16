// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/merkle.hpp>

#include "unit/audit/naive_tree.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::NaiveTree;

namespace {

// The naive roots of every prefix, once: the tree is quadratic otherwise.
std::vector<Hash> all_roots(const NaiveTree& tree) {
    std::vector<Hash> roots;
    for (std::size_t size = 0; size <= tree.leaves().size(); ++size) roots.push_back(tree.root(size));
    return roots;
}

}  // namespace

TEST_CASE("hashes are those of RFC 6962") {
    CHECK(to_hex(empty_root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    // SHA-256 of one zero byte.
    CHECK(to_hex(leaf_hash({})) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    const Hash a = leaf_hash(as_bytes("a"));
    const Hash b = leaf_hash(as_bytes("b"));
    const Bytes pair = ByteWriter{}.u8(1).bytes(a).bytes(b).take();
    CHECK(node_hash(a, b) == crypto::sha256(pair));
    CHECK(node_hash(a, b) != node_hash(b, a));
}

TEST_CASE("a compact range has the root of the naive tree at every size") {
    const NaiveTree tree{NaiveTree::some_leaves(300)};
    CompactRange range;
    for (std::size_t size = 0;; ++size) {
        REQUIRE(range.size() == size);
        REQUIRE(range.root() == tree.root(size));
        if (size == 300) break;
        range.append(tree.leaves()[size]);
    }
    const auto hashes = range.hashes();
    const auto again = CompactRange::from(300, {hashes.begin(), hashes.end()});
    REQUIRE(again);
    CHECK(*again == range);
    CHECK(CompactRange::from(301, {hashes.begin(), hashes.end()}).error().code == Errc::malformed);
    CHECK(CompactRange::from(max_tree_size + 1, {}).error().code == Errc::too_large);
}

TEST_CASE("inclusion proofs are those of the naive tree and verify, sizes 1 to 300") {
    NaiveTree tree{NaiveTree::some_leaves(300)};
    std::size_t proofs = 0;
    for (std::size_t size = 1; size <= 300; size += size < 70 ? 1 : 23) {
        const Hash root = tree.root(size);
        for (std::size_t index = 0; index < size; index += size < 40 ? 1 : 7) {
            const auto proof = prove_inclusion(tree, index, size);
            REQUIRE(proof);
            REQUIRE(proof->path == tree.path(index, 0, size));
            REQUIRE(verify_inclusion(*proof, tree.leaves()[index], root));
            ++proofs;
        }
    }
    CHECK(proofs > 1000);
}

TEST_CASE("consistency proofs are those of the naive tree and verify") {
    NaiveTree tree{NaiveTree::some_leaves(130)};
    const std::vector<Hash> roots = all_roots(tree);
    for (std::size_t size = 1; size <= 130; size += size < 34 ? 1 : 16) {
        for (std::size_t old = 1; old <= size; ++old) {
            const auto proof = prove_consistency(tree, old, size);
            REQUIRE(proof);
            REQUIRE(proof->path == tree.subproof(old, 0, size, true));
            REQUIRE(verify_consistency(*proof, roots[old], roots[size], FromEmpty::refuse));
        }
    }
    REQUIRE(tree_root(tree, 77));
    CHECK(*tree_root(tree, 77) == roots[77]);
    CHECK(*tree_root(tree, 0) == empty_root());
    CHECK(compact_range(tree, 77)->root() == roots[77]);
}

TEST_CASE("an inclusion proof shows nothing but what it was made for") {
    NaiveTree tree{NaiveTree::some_leaves(40)};
    for (const std::size_t size : {1u, 2u, 3u, 7u, 8u, 21u, 40u}) {
        const Hash root = tree.root(size);
        for (std::size_t index = 0; index < size; ++index) {
            const InclusionProof proof = *prove_inclusion(tree, index, size);
            const Hash& leaf = tree.leaves()[index];
            for (std::size_t other = 0; other < 40; ++other) {
                if (other == index) continue;
                InclusionProof moved = proof;
                moved.index = other;
                REQUIRE(!verify_inclusion(moved, leaf, root));
                REQUIRE(!verify_inclusion(proof, tree.leaves()[other], root));
            }
            InclusionProof longer = proof;
            longer.path.push_back(root);
            REQUIRE(!verify_inclusion(longer, leaf, root));
            for (std::size_t i = 0; i < proof.path.size(); ++i) {
                InclusionProof changed = proof;
                changed.path[i][31] ^= std::byte{1};
                REQUIRE(verify_inclusion(changed, leaf, root).error().code == Errc::proof_invalid);
                changed = proof;
                changed.path.erase(changed.path.begin() + static_cast<std::ptrdiff_t>(i));
                REQUIRE(!verify_inclusion(changed, leaf, root));
            }
        }
    }
    CHECK(!verify_inclusion({0, 0, {}}, tree.leaves()[0], empty_root()));
    CHECK(!verify_inclusion({0, max_tree_size + 1, {}}, tree.leaves()[0], empty_root()));
}

TEST_CASE("a consistency proof refuses every other pair of trees") {
    NaiveTree tree{NaiveTree::some_leaves(24)};
    const std::vector<Hash> roots = all_roots(tree);
    for (std::size_t size = 1; size <= 24; ++size) {
        for (std::size_t old = 1; old < size; ++old) {
            const ConsistencyProof proof = *prove_consistency(tree, old, size);
            for (std::size_t other = 0; other <= 24; ++other) {
                if (other != old) REQUIRE(!verify_consistency(proof, roots[other], roots[size], FromEmpty::accept));
                if (other != size) REQUIRE(!verify_consistency(proof, roots[old], roots[other], FromEmpty::accept));
            }
            for (std::size_t i = 0; i < proof.path.size(); ++i) {
                ConsistencyProof changed = proof;
                changed.path[i][0] ^= std::byte{0x80};
                REQUIRE(!verify_consistency(changed, roots[old], roots[size], FromEmpty::refuse));
            }
            ConsistencyProof longer = proof;
            longer.path.push_back(roots[1]);
            REQUIRE(!verify_consistency(longer, roots[old], roots[size], FromEmpty::refuse));
        }
    }
}

TEST_CASE("the empty tree and equal sizes") {
    NaiveTree tree{NaiveTree::some_leaves(5)};
    const Hash root = tree.root(5);
    CHECK(verify_consistency({0, 5, {}}, empty_root(), root, FromEmpty::accept));
    CHECK(verify_consistency({0, 5, {}}, empty_root(), root, FromEmpty::refuse).error().code == Errc::proof_invalid);
    CHECK(!verify_consistency({0, 5, {}}, root, root, FromEmpty::accept));
    CHECK(!verify_consistency({0, 5, {root}}, empty_root(), root, FromEmpty::accept));
    CHECK(verify_consistency({0, 0, {}}, empty_root(), empty_root(), FromEmpty::refuse));
    CHECK(verify_consistency({5, 5, {}}, root, root, FromEmpty::refuse));
    CHECK(!verify_consistency({5, 5, {root}}, root, root, FromEmpty::refuse));
    CHECK(verify_consistency({5, 5, {}}, tree.root(4), root, FromEmpty::refuse).error().code == Errc::fork_detected);
    CHECK(!verify_consistency({6, 5, {}}, root, root, FromEmpty::refuse));
    CHECK(!verify_consistency({4, 5, {}}, tree.root(4), root, FromEmpty::refuse));
    CHECK(prove_consistency(tree, 0, 5)->path.empty());
    CHECK(prove_consistency(tree, 6, 5).error().code == Errc::invalid_argument);
    CHECK(prove_inclusion(tree, 5, 5).error().code == Errc::invalid_argument);
}
