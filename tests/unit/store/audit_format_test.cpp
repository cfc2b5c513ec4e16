// SPDX-License-Identifier: Apache-2.0
// The example of docs/formats/audit_v1.md, which another program has computed, is what this library makes and takes.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/checkpoint.hpp>
#include <safeq/audit/log.hpp>
#include <safeq/audit/merkle.hpp>
#include <safeq/audit/personal.hpp>
#include <safeq/audit/record.hpp>
#include <safeq/store/log_folder.hpp>

#include "support/fixed_random.hpp"
#include "support/page_example.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::audit;

namespace {

const std::string origin = "log.example/release";

std::string read_all(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string example(const std::string& name) { return test::page_example("formats/audit_v1.md", name); }

crypto::SigningKey key_of(std::uint8_t byte) {
    crypto::SigningSeed seed;
    std::ranges::fill(seed.fill(), std::byte{byte});
    return crypto::SigningKey::from_seed(std::move(seed));
}

SubjectKey subject_key() {
    SubjectKey key;
    std::uint8_t next = 0;
    for (std::byte& each : key.fill()) each = std::byte{next++};
    return key;
}

}  // namespace

TEST_CASE("the example entry is made and taken as written down", "[audit]") {
    const std::string text = example("entry");
    const auto record = Record::parse(as_bytes(text));
    REQUIRE(record);
    CHECK(as_text(*record->encode()) == text);
    CHECK(record->id == derive_record_id(Kind::job_held, record->tenant, record->job->bytes()));
    CHECK(to_base64(leaf_hash(as_bytes(text))) == example("leaf"));

    REQUIRE(record->personal.size() == 1);
    const PersonalContext context{.origin = origin, .record = record->id};
    const auto title = open_personal(subject_key(), context, record->personal.front());
    REQUIRE(title);
    CHECK(*title == "Budget \"2027\".pdf");
    const Bytes nonce(12, std::byte{3});
    test::FixedRandom random{nonce};
    const auto sealed = seal_personal(subject_key(), context, *record->subject, "title", *title, random);
    REQUIRE(sealed);
    CHECK(*sealed == record->personal.front());
}

TEST_CASE("the example entry stands in the journal as written down", "[audit]") {
    const test::TemporaryFolder folder;
    const std::string text = example("entry");
    {
        const auto store = store::open_log_folder(folder.path());
        REQUIRE(store);
        const auto key = key_of(1);
        const auto log = Log::open(**store, origin, key);
        REQUIRE(log);
        REQUIRE((*log)->append(*Record::parse(as_bytes(text))) == 0);
    }
    const std::string journal = read_all(folder.path() / "journal.00000000000000000000");
    const std::string head = "safeq/audit/journal/v1\n";
    REQUIRE(journal.starts_with(head));
    const std::string frame = to_hex(as_bytes(std::string_view{journal}.substr(head.size())));
    const std::string shown = example("frame");
    const std::string between = "…";
    const std::size_t cut = shown.find(between);
    REQUIRE(cut != std::string::npos);
    CHECK(frame.starts_with(shown.substr(0, cut)));
    CHECK(frame.ends_with(shown.substr(cut + between.size())));
    CHECK(frame.size() == 2 * (20 + 4 + text.size() + 16));
}

TEST_CASE("the example checkpoint is signed and cosigned as written down", "[audit]") {
    const auto leaf = from_base64(example("leaf"));
    REQUIRE(leaf);
    Checkpoint checkpoint{.origin = origin, .head = {.size = 1, .root = {}}};
    std::ranges::copy(*leaf, checkpoint.head.root.begin());
    const auto made = SignedCheckpoint::sign(checkpoint, key_of(1));
    REQUIRE(made);
    CHECK(made->encode() == checkpoint.text() + '\n' + example("signature") + '\n');

    const Time at{std::chrono::seconds{1'795'341'600}};
    const auto witness = key_of(2);
    const auto line = cosign(*made, "witness.example", witness, at);
    REQUIRE(line);
    CHECK(encode_signatures(std::vector{*line}) == example("cosignature") + '\n');
    const auto note = SignedCheckpoint::open(made->encode() + example("cosignature") + '\n',
                                             {.name = origin, .key = key_of(1).verifying_key()});
    REQUIRE(note);
    CHECK(verify_cosignature(*note, {.name = "witness.example", .key = witness.verifying_key()}) == at);
}
