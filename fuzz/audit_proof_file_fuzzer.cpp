// SPDX-License-Identifier: Apache-2.0
// Under test: audit::ProofFile::parse, audit::check_proof, audit::check_growth.
// Property: a proof file has one form: what is accepted encodes to itself. Nothing verifies but what is true of the one
// log whose checkpoints the seeds hold (ten entries, "entry 0" to "entry 9"): the fuzzer can't sign another. A proof
// made of the input for a tree that is signed here verifies exactly when it is the right one.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <safeq/audit/proof_file.hpp>

using namespace safeq;
using namespace safeq::audit;

namespace {

constexpr std::size_t leaves = 10;

void require(bool holds) {
    if (!holds) std::abort();
}

Bytes entry(std::uint64_t index) { return to_bytes("entry " + std::to_string(index)); }

// The hashes of the complete subtrees of the ten entries.
class Tree final : public HashSource {
public:
    Result<Hash> hash(unsigned level, std::uint64_t index) override {
        if (level == 0) return leaf_hash(entry(index));
        return node_hash(*hash(level - 1, 2 * index), *hash(level - 1, 2 * index + 1));
    }
};

struct World {
    crypto::SigningKey key = crypto::SigningKey::from_seed({});
    crypto::NoteKey log{"log.example/fuzz", key.verifying_key()};
    Tree tree;
    std::string checkpoint = at(leaves);
    SignedCheckpoint old = *SignedCheckpoint::open(at(4), log);

    std::string at(std::uint64_t size) {
        return SignedCheckpoint::sign({.origin = log.name, .head = {size, *tree_root(tree, size)}}, key)->encode();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto proof = ProofFile::parse(text)) {
        require(proof->encode() == text);
        require(proof->path.size() <= max_proof_hashes);
        if (check_proof(*proof, world.log)) require(proof->index < leaves && proof->entry == entry(proof->index));
    }
    if (const auto proof = AddCheckpoint::parse(text))
        if (const auto now = check_growth(*proof, world.old, world.log))
            require(proof->old_size == 4 && now->checkpoint.head.size == leaves);
    if (size < 2) return 0;

    // A right proof, and one byte of the input laid over it.
    const Index index = data[0] % leaves;
    ProofFile proof{entry(index), index, prove_inclusion(world.tree, index, leaves)->path, world.checkpoint};
    require(check_proof(proof, world.log).has_value());
    const ProofFile right = proof;
    switch (data[1] % 4) {
        case 0: proof.index = data[size - 1]; break;
        case 1:
            proof.entry.assign(std::as_bytes(std::span{data, size}).begin(),
                               std::as_bytes(std::span{data, size}).end());
            break;
        case 2:
            proof.path.at(data[size - 1] % proof.path.size())[data[1] % sizeof(Hash)] ^= std::byte{data[size / 2]};
            break;
        default: proof.path.resize(data[size - 1] % (max_proof_hashes + 1)); break;
    }
    require(check_proof(proof, world.log).has_value() == (proof == right));
    return 0;
}
