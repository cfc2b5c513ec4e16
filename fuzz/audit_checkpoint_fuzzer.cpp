// SPDX-License-Identifier: Apache-2.0
// Under test: audit::Checkpoint::parse, audit::SignedCheckpoint::open, audit::AddCheckpoint::parse,
// audit::FollowerState::parse, audit::TileId::parse, audit::parse_signatures.
// Property: each text has one form: what is accepted encodes to itself; nothing that the fuzzer makes is signed by a
// key that it doesn't have.
#include <cstdint>
#include <cstdlib>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/follower.hpp>
#include <safeq/audit/tile.hpp>
#include <safeq/audit/witness.hpp>

using namespace safeq;
using namespace safeq::audit;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

const crypto::SigningKey& key() {
    static const crypto::SigningKey made = crypto::SigningKey::from_seed({});
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const crypto::NoteKey log{"log.example/fuzz", key().verifying_key()};
    if (const auto checkpoint = Checkpoint::parse(text)) {
        require(checkpoint->text() == text);
        require(checkpoint->head.size <= max_tree_size);
        // What was parsed can be signed and opened, if its origin can name a key.
        if (const auto made = SignedCheckpoint::sign(*checkpoint, key())) {
            const auto opened = SignedCheckpoint::open(made->encode(), {checkpoint->origin, key().verifying_key()});
            require(!opened || opened->checkpoint == *checkpoint);
        }
    }
    if (const auto opened = SignedCheckpoint::open(text, log)) {
        // Only the seed corpus holds signed ones; changed ones would be forgeries.
        require(opened->encode() == text);
        require(opened->note.verify(log).has_value());
    }
    if (const auto request = AddCheckpoint::parse(text)) {
        require(request->encode() == text);
        require(request->proof.size() <= max_proof_hashes);
        if (const auto checked = check_to_cosign({}, *request, log)) require(request->old_size == 0);
    }
    if (const auto state = FollowerState::parse(text)) require(state->encode() == text);
    if (const auto tile = TileId::parse(text)) require(tile->path() == text);
    if (const auto lines = parse_signatures(text)) require(encode_signatures(*lines) == text);
    return 0;
}
