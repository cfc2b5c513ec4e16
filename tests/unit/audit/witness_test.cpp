// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/witness.hpp>

#include "support/random.hpp"
#include "unit/audit/naive_tree.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::NaiveTree;

namespace {

struct World {
    test::SeededRandom random;
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    crypto::NoteKey log{"log.example/release", key.verifying_key()};
    NaiveTree tree{NaiveTree::some_leaves(20)};

    std::string note(std::size_t size) {
        return SignedCheckpoint::sign({.origin = log.name, .head = head(size)}, key)->encode();
    }
    TreeHead head(std::size_t size) { return {size, tree.root(size)}; }
    AddCheckpoint request(std::size_t old_size, std::size_t size) {
        return {old_size, prove_consistency(tree, old_size, size)->path, note(size)};
    }
};

}  // namespace

TEST_CASE("an add-checkpoint request round-trips") {
    World world;
    for (const auto& [old_size, size] : {std::pair{0, 5}, {3, 20}, {20, 20}}) {
        const AddCheckpoint request = world.request(static_cast<std::size_t>(old_size), static_cast<std::size_t>(size));
        const auto parsed = AddCheckpoint::parse(request.encode());
        REQUIRE(parsed);
        CHECK(*parsed == request);
    }
    CHECK(world.request(0, 5).encode().starts_with("old 0\n\nlog.example/release\n5\n"));
}

TEST_CASE("no other body is a request") {
    World world;
    const std::string note = world.note(5);
    const std::string line = to_base64(world.tree.leaves()[0]) + "\n";
    for (const std::string& body :
         {std::string{}, "old 0\n" + note.substr(0, 10), "Old 0\n\n" + note, "old 00\n\n" + note, "old -1\n\n" + note,
          "old\n\n" + note, "old 1\nAAAA\n\n" + note, "\n\n" + note, "old 1\r\n\r\n" + note,
          "old 1\n " + line + "\n" + note, "old 99999999999999999999\n\n" + note}) {
        INFO(body);
        CHECK(AddCheckpoint::parse(body).error().code == Errc::malformed);
    }
    std::string many = "old 1\n";
    for (int i = 0; i < 64; ++i) many += line;
    CHECK(AddCheckpoint::parse(many + "\n" + note).error().code == Errc::too_many);
    CHECK(AddCheckpoint::parse(std::string(100'000, 'a')).error().code == Errc::too_large);
}

TEST_CASE("a witness cosigns what continues the tree that it saw, and nothing else") {
    World world;
    Witnessed last;
    for (const std::size_t size : {1u, 1u, 7u, 8u, 20u}) {
        const auto checked = check_to_cosign(last, world.request(last.head.size, size), world.log);
        REQUIRE(checked);
        last.head = checked->checkpoint.head;
        CHECK(last.head == world.head(size));
    }
    last.head = world.head(8);
    CHECK(check_to_cosign(last, world.request(7, 20), world.log).error().code == Errc::conflict);
    CHECK(check_to_cosign(last, {8, {}, world.note(7)}, world.log).error().code == Errc::invalid_argument);
    CHECK(check_to_cosign(last, {8, {}, world.note(20)}, world.log).error().code == Errc::proof_invalid);
    CHECK(check_to_cosign({}, {0, {world.tree.leaves()[0]}, world.note(20)}, world.log).error().code ==
          Errc::proof_invalid);
    CHECK(check_to_cosign(last, world.request(8, 20), {world.log.name, {}}).error().code == Errc::signature_invalid);

    World fork;
    std::vector<Hash> leaves = fork.tree.leaves();
    leaves[3][0] ^= std::byte{1};
    fork.tree = NaiveTree{leaves};
    CHECK(check_to_cosign(last, fork.request(8, 8), world.log).error().code == Errc::fork_detected);
    CHECK(check_to_cosign(last, fork.request(8, 20), world.log).error().code == Errc::proof_invalid);
}
