// SPDX-License-Identifier: Apache-2.0
// The examples of docs/formats/spool_v1.md and epochs_v1.md, which another program has computed, are what this library
// makes and takes.
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>

#include <safeq/spool/envelope.hpp>
#include <safeq/spool/epoch_list.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>
#include <safeq/store/root_key_files.hpp>

#include "store/epoch_file.hpp"
#include "support/fixed_random.hpp"
#include "support/memory_spool.hpp"
#include "support/page_example.hpp"
#include "support/random.hpp"
#include "support/source_folder.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace std::chrono_literals;

namespace {

std::string example(const std::string& name) { return test::page_example("formats/spool_v1.md", name); }
std::string seeds_example(const std::string& name) { return test::page_example("formats/epochs_v1.md", name); }

template <class Seed>
Seed seed_of(std::uint8_t byte) {
    Seed seed;
    std::ranges::fill(seed.fill(), std::byte{byte});
    return seed;
}
crypto::SigningKey signing_key(std::uint8_t byte) {
    return crypto::SigningKey::from_seed(seed_of<crypto::SigningSeed>(byte));
}
crypto::XwingPrivateKey epoch_key() { return crypto::XwingPrivateKey::from_seed(seed_of<crypto::XwingSeed>(1)); }

/// The page's list: its one block that begins like a list.
std::string list_example() {
    std::ifstream in{test::source_folder() / "docs/formats/spool_v1.md"};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::string_view mark = "```\n";
    const std::size_t begin = text.find("```\nsafeq/spool/v1/epochs\n");
    REQUIRE(begin != std::string::npos);
    const std::size_t from = begin + mark.size();
    return text.substr(from, text.find("```", from) - from);
}

const Time created = parse_rfc3339("2023-11-14T22:13:20.000Z").value();

spool::Header header() {
    const auto preamble =
        spool::Preamble::decode(ByteView{from_base64(example("file")).value()}.first(spool::Preamble::encoded_bytes));
    REQUIRE(preamble);
    return preamble->header;
}

}  // namespace

TEST_CASE("the example file is made and taken as written down", "[store]") {
    const auto epoch = epoch_key();
    const auto intake = signing_key(2);
    CHECK(to_base64(intake.verifying_key().bytes) == example("intake"));
    CHECK(spool::EpochId::of(epoch.public_key()).text() == example("epoch"));
    const spool::Header head = header();
    CHECK(to_hex(head.encode()) == example("fixed"));
    CHECK(head.created == created);
    CHECK(head.document == 1);

    // In the order in which a writer draws: document key, salt, and what the KEM takes.
    const Bytes key(32, std::byte{3}), salt(24, std::byte{4}), for_the_kem(64, std::byte{5});
    test::FixedRandom random{key, salt, for_the_kem};
    test::MemoryBlobStore blobs;
    const spool::BlobName name{head.job, head.document};
    auto writer = spool::Writer::create(blobs.create(name).value(), head, epoch.public_key(), intake, random);
    REQUIRE(writer);
    REQUIRE(writer->append(as_bytes("Payroll of November\n")));
    const auto receipt = std::move(*writer).finish();
    REQUIRE(receipt);
    const auto source = blobs.open(name);
    REQUIRE(source);
    Bytes file(receipt->file_bytes);
    REQUIRE((*source)->read_at(0, file) == file.size());
    CHECK(to_base64(file) == example("file"));

    const auto preamble = spool::Preamble::decode(ByteView{file}.first(spool::Preamble::encoded_bytes));
    REQUIRE(preamble);
    CHECK(to_hex(preamble->envelope.sealed_key) == example("sealed key"));
    CHECK(to_hex(preamble->commitment) == example("commitment"));
    CHECK(to_hex(preamble->signature) == example("signature"));
    CHECK(to_hex(ByteView{file}.subspan(spool::Preamble::encoded_bytes)) == example("chunk"));

    spool::EpochRing ring;
    REQUIRE(ring.add(epoch_key()));
    spool::IntakeTable intakes;
    intakes.set(head.intake, intake.verifying_key());
    auto reader = spool::Reader::open(blobs.open(name).value(), head, ring, intakes);
    REQUIRE(reader);
    std::string read;
    REQUIRE(reader->for_each([&](ByteView piece) -> Result<void> {
        read += as_text(piece);
        return {};
    }));
    CHECK(read == "Payroll of November\n");
}

TEST_CASE("the example list of epochs is made and taken as written down", "[store]") {
    const auto key = signing_key(6);
    const auto pinned = crypto::NoteKey::parse(example("list key"));
    REQUIRE(pinned);
    CHECK(pinned->key == key.verifying_key());
    const auto list = spool::EpochList::issue(header().tenant, 1'700'000'000'000, created,
                                              {{epoch_key().public_key(), created, created + 24h, false}});
    CHECK(list.encode_signed(key, pinned->name) == list_example());
    CHECK(spool::EpochList::open(list_example(), *pinned, header().tenant, 0, created) == list);
}

TEST_CASE("the example seeds are made and taken as written down", "[store]") {
    const test::TemporaryFolder root;
    std::filesystem::permissions(root.path(), std::filesystem::perms::owner_all);
    const std::filesystem::path key = root / "root.1";
    std::ofstream{key, std::ios::binary} << std::string(32, '\x07');
    std::filesystem::permissions(key, std::filesystem::perms{0600});
    test::SeededRandom random;
    const auto roots = store::RootKeyFiles::open(root.path(), random);
    REQUIRE(roots);

    const auto file = from_hex(seeds_example("seeds"));
    REQUIRE(file);
    const auto table = store::decode_epoch_table(*file, 1, **roots);
    REQUIRE(table);
    REQUIRE(table->epochs.size() == 1);
    const auto& [id, seed] = *table->epochs.begin();
    CHECK(id.text() == example("epoch"));
    CHECK(to_hex(seed.seed.expose()) == to_hex(Bytes(32, std::byte{1})));
    CHECK(seed.epoch.tenant == header().tenant);
    CHECK(seed.epoch.not_before == created);
    CHECK(seed.epoch.not_after == created + 24h);
    REQUIRE(table->destroyed.size() == 1);
    CHECK(table->destroyed.front().destroyed == created - 1ms);
    CHECK(to_hex(*store::encode(*table, **roots)) == seeds_example("seeds"));
    const auto plain = (*roots)->unwrap(1, ByteView{*file}.subspan(std::string_view{"safeq/epochs/v1\n"}.size()));
    REQUIRE(plain);
    CHECK(to_hex(plain->expose()) == seeds_example("table"));
}
