// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/proof_file.hpp>

#include "unit/audit/log_world.hpp"

using namespace safeq;
using namespace safeq::audit;
using test::LogWorld;
using test::MemoryLogReader;
using test::OpenLog;

namespace {

struct Published {
    LogWorld world;
    OpenLog log{world.disk, world};
    MemoryLogReader reader{world.disk};

    std::string grow(std::size_t count) {
        REQUIRE(log->append_all(world.records(count)));
        return log->publish()->encode();
    }
};

}  // namespace

TEST_CASE("a proof file carries an entry to whoever has only the key") {
    Published p;
    for (const std::size_t more : {1u, 1u, 254u, 1u, 300u}) {
        const std::string checkpoint = p.grow(more);
        const std::uint64_t size = p.log->size();
        for (const Index index : {Index{0}, size / 2, size - 1}) {
            const auto proof = prove_entry(p.reader, p.world.verifier, checkpoint, index);
            REQUIRE(proof);
            const auto parsed = ProofFile::parse(proof->encode());
            REQUIRE(parsed);
            CHECK(*parsed == *proof);
            CHECK(parsed->entry == *p.log->entry(index));
            CHECK(check_proof(*parsed, p.world.verifier)->encode() == checkpoint);
        }
        CHECK(prove_entry(p.reader, p.world.verifier, checkpoint, size).error().code == Errc::invalid_argument);
    }
}

TEST_CASE("a proof file is written as C2SP tlog-proof has it") {
    Published p;
    const std::string checkpoint = p.grow(2);
    const ProofFile proof = *prove_entry(p.reader, p.world.verifier, checkpoint, 0);
    CHECK(proof.encode() == "c2sp.org/tlog-proof@v1\nextra " + to_base64(*p.log->entry(0)) + "\nindex 0\n" +
                                to_base64(leaf_hash(*p.log->entry(1))) + "\n\n" + checkpoint);
}

TEST_CASE("a proof file with anything changed is refused") {
    Published p;
    const std::string checkpoint = p.grow(6);
    const ProofFile proof = *prove_entry(p.reader, p.world.verifier, checkpoint, 3);
    const std::string text = proof.encode();
    const auto holds = [&](std::string_view changed) {
        const auto parsed = ProofFile::parse(changed);
        return parsed && check_proof(*parsed, p.world.verifier);
    };
    REQUIRE(holds(text));
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const unsigned bit : {0u, 3u, 5u}) {
            std::string changed = text;
            changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ 1U << bit);
            INFO(i);
            REQUIRE(!holds(changed));
        }
        REQUIRE(!holds(text.substr(0, i)));
    }
    CHECK(!holds(text + "\n"));
    ProofFile other = proof;
    other.index = 2;
    CHECK(check_proof(other, p.world.verifier).error().code == Errc::proof_invalid);
    other = proof;
    other.entry = *p.log->entry(2);
    CHECK(check_proof(other, p.world.verifier).error().code == Errc::proof_invalid);
    const crypto::NoteKey stranger{p.world.origin, crypto::SigningKey::generate(p.world.random).verifying_key()};
    CHECK(check_proof(proof, stranger).error().code == Errc::signature_invalid);
}

TEST_CASE("what is no proof file is refused before anything is believed") {
    const std::string head = "c2sp.org/tlog-proof@v1\n";
    const std::string hash = to_base64(Hash{}) + "\n";
    REQUIRE(ProofFile::parse(head + "extra AA==\nindex 0\n" + hash + "\nx"));
    for (const std::string& bad :
         {std::string{}, head, std::string{"c2sp.org/tlog-proof@v2\nextra AA==\nindex 0\n\nx"}, head + "index 0\n\nx",
          head + "extra AA==\nindex 00\n\nx", head + "extra AA==\nindex +1\n\nx", head + "extra AA==\nindex \n\nx",
          head + "extra AA==\nindex 18446744073709551616\n\nx", head + "extra AA==\nindex 0\nAAAA\n\nx",
          head + "extra AA==\nindex 0\n" + hash + "x", head + "extra AA==\r\nindex 0\n\nx"}) {
        INFO(bad);
        CHECK(ProofFile::parse(bad).error().code == Errc::malformed);
    }
    CHECK(ProofFile::parse(head + "extra AB==\nindex 0\n\nx").error().code == Errc::not_canonical);
    std::string many = head + "extra AA==\nindex 0\n";
    for (int i = 0; i < 64; ++i) many += hash;
    CHECK(ProofFile::parse(many + "\nx").error().code == Errc::too_many);
    CHECK(ProofFile::parse(std::string(300'000, 'a')).error().code == Errc::too_large);
    CHECK(ProofFile::parse(head + "extra " + to_base64(Bytes(65'536)) + "\nindex 0\n\nx").error().code ==
          Errc::too_large);
}

TEST_CASE("growth is proved between two checkpoints") {
    Published p;
    std::vector<std::string> checkpoints{p.log->publish()->encode()};
    for (const std::size_t more : {1u, 2u, 253u, 1u, 300u}) checkpoints.push_back(p.grow(more));
    const std::string& last = checkpoints.back();
    for (std::size_t i = 1; i < checkpoints.size(); ++i) {
        const SignedCheckpoint old = *SignedCheckpoint::open(checkpoints[i], p.world.verifier);
        const auto proof = prove_growth(p.reader, p.world.verifier, old, last);
        REQUIRE(proof);
        const auto parsed = AddCheckpoint::parse(proof->encode());
        REQUIRE(parsed);
        CHECK(check_growth(*parsed, old, p.world.verifier)->encode() == last);

        const SignedCheckpoint other = *SignedCheckpoint::open(checkpoints[i - 1], p.world.verifier);
        CHECK(check_growth(*parsed, other, p.world.verifier).error().code == Errc::conflict);
        if (parsed->proof.empty()) continue;
        AddCheckpoint changed = *parsed;
        changed.proof.back()[5] ^= std::byte{1};
        CHECK(check_growth(changed, old, p.world.verifier).error().code == Errc::proof_invalid);
    }
    const SignedCheckpoint empty = *SignedCheckpoint::open(checkpoints[0], p.world.verifier);
    CHECK(prove_growth(p.reader, p.world.verifier, empty, last).error().code == Errc::proof_invalid);
    const SignedCheckpoint newest = *SignedCheckpoint::open(last, p.world.verifier);
    CHECK(prove_growth(p.reader, p.world.verifier, newest, checkpoints[2]).error().code == Errc::rollback);
}
