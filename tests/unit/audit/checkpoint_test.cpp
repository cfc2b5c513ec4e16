// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/checkpoint.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::audit;

namespace {

constexpr std::string_view example =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

struct Keys {
    test::SeededRandom random;
    crypto::SigningKey log = crypto::SigningKey::generate(random);
    crypto::SigningKey witness = crypto::SigningKey::generate(random);
};

}  // namespace

TEST_CASE("a checkpoint round-trips") {
    const auto parsed = Checkpoint::parse(example);
    REQUIRE(parsed);
    CHECK(parsed->origin == "example.com/behind-the-sofa");
    CHECK(parsed->head.size == 20852163);
    CHECK(parsed->extensions.empty());
    CHECK(parsed->text() == example);
    const std::string extended = std::string{example} + "one\ntwo\n";
    REQUIRE(Checkpoint::parse(extended));
    CHECK(Checkpoint::parse(extended)->extensions == std::vector<std::string>{"one", "two"});
    CHECK(Checkpoint::parse(extended)->text() == extended);
    const Checkpoint empty{.origin = "a", .head = {}};
    CHECK(*Checkpoint::parse(empty.text()) == empty);
}

TEST_CASE("no other text is a checkpoint") {
    const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for (const std::string& text :
         {std::string{}, std::string{"a\n1\n"}, "a\n1\n" + root, "\n1\n" + root + "\n", "a\n01\n" + root + "\n",
          "a\n+1\n" + root + "\n", "a\n-1\n" + root + "\n", "a\n 1\n" + root + "\n", "a\n1 \n" + root + "\n",
          "a\n\n" + root + "\n", "a\n0x1\n" + root + "\n", "a\n18446744073709551616\n" + root + "\n",
          "a\n9223372036854775807\n" + root + "\n", "a\n1\n" + root.substr(0, 43) + "\n", std::string{"a\n1\nAAAA\n"},
          "a\n1\n" + root + "\n\n", "a\n1\n" + root + "\nx", "a\n0\n" + root + "\n",
          std::string{"a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"}}) {
        INFO(text);
        REQUIRE(!Checkpoint::parse(text));
        CHECK(Checkpoint::parse(text).error().code == Errc::checkpoint_invalid);
    }
}

TEST_CASE("a log signs, and only that log") {
    Keys keys;
    const crypto::NoteKey verifier{"log.example/intake", keys.log.verifying_key()};
    const Checkpoint checkpoint{.origin = verifier.name, .head = {3, leaf_hash(as_bytes("x"))}};
    const auto made = SignedCheckpoint::sign(checkpoint, keys.log);
    REQUIRE(made);
    const std::string note = made->encode();
    CHECK(*SignedCheckpoint::open(note, verifier) == *made);

    CHECK(SignedCheckpoint::open(note, {"log.example/other", verifier.key}).error().code == Errc::signature_invalid);
    CHECK(SignedCheckpoint::open(note, {verifier.name, keys.witness.verifying_key()}).error().code ==
          Errc::signature_invalid);
    std::string changed = note;
    changed[changed.find("\n3\n") + 1] = '4';
    CHECK(SignedCheckpoint::open(changed, verifier).error().code == Errc::signature_invalid);

    // Signed by the right key, under the right name, for another origin.
    auto foreign = crypto::SignedNote::of(Checkpoint{.origin = "log.example/other", .head = checkpoint.head}.text());
    REQUIRE(foreign->sign(verifier.name, keys.log));
    CHECK(SignedCheckpoint::open(foreign->encode(), verifier).error().code == Errc::checkpoint_invalid);
    auto nonsense = crypto::SignedNote::of("no checkpoint\n");
    REQUIRE(nonsense->sign(verifier.name, keys.log));
    CHECK(SignedCheckpoint::open(nonsense->encode(), verifier).error().code == Errc::checkpoint_invalid);
    CHECK(!SignedCheckpoint::sign({.origin = "with space", .head = {}}, keys.log));
    CHECK(!SignedCheckpoint::open(std::string(checkpoint_limits.max_bytes + 1, 'a'), verifier));
}

TEST_CASE("cosignatures") {
    Keys keys;
    const crypto::NoteKey verifier{"log.example/intake", keys.log.verifying_key()};
    const Cosigner witness{"witness.example/w1", keys.witness.verifying_key()};
    SignedCheckpoint signed_one =
        *SignedCheckpoint::sign({.origin = verifier.name, .head = {1, leaf_hash({})}}, keys.log);
    const Time now{std::chrono::milliseconds{1'679'315'147'999}};
    const auto cosignature = cosign(signed_one, witness.name, keys.witness, now);
    REQUIRE(cosignature);
    CHECK(cosignature->signature.size() == 72);

    // The message of the specification, byte for byte.
    const std::string message = "cosignature/v1\ntime 1679315147\n" + signed_one.note.text;
    CHECK(witness.key.verify(as_bytes(message), ByteView{cosignature->signature}.subspan(8)));
    CHECK(to_hex(ByteView{cosignature->signature}.first(8)) == "00000000641850cb");

    CHECK(verify_cosignature(signed_one, witness).error().code == Errc::signature_invalid);
    const std::string lines = encode_signatures({&*cosignature, 1});
    CHECK(lines.starts_with("\xE2\x80\x94 witness.example/w1 "));
    const auto parsed = parse_signatures(lines);
    REQUIRE(parsed);
    CHECK(*parsed == std::vector{*cosignature});
    CHECK(!parse_signatures(""));
    CHECK(!parse_signatures("\n" + lines));
    CHECK(!parse_signatures("text\n\n" + lines));
    CHECK(!parse_signatures(lines.substr(1)));

    signed_one.note.signatures.push_back(*cosignature);
    CHECK(*verify_cosignature(signed_one, witness) == Time{std::chrono::seconds{1'679'315'147}});
    CHECK(SignedCheckpoint::open(signed_one.encode(), verifier));
    // The type is part of the key's id: a note key of the same bytes is another key.
    CHECK(!signed_one.note.verify({witness.name, witness.key}));
    CHECK(!verify_cosignature(signed_one, {"witness.example/w2", witness.key}));
    for (std::size_t i = 0; i < 72; i += 7) {
        SignedCheckpoint changed = signed_one;
        changed.note.signatures.back().signature[i] ^= std::byte{1};
        INFO(i);
        CHECK(verify_cosignature(changed, witness).error().code == Errc::signature_invalid);
    }
    signed_one.note.signatures.back().signature.pop_back();
    CHECK(!verify_cosignature(signed_one, witness));
    CHECK(!cosign(signed_one, "no name", keys.witness, now));
    CHECK(!cosign(signed_one, witness.name, keys.witness, Time{std::chrono::milliseconds{-1}}));
}
