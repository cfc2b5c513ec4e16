// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/writer.hpp>

#include <safeq/spool/envelope.hpp>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

/// Counts what passes through, and keeps nothing.
class CountingSink final : public spool::BlobSink {
public:
    struct Counts {
        std::uint64_t bytes = 0;
        std::size_t largest_write = 0;
        std::size_t writes = 0;
        bool committed = false;
    };
    explicit CountingSink(Counts& counts) : counts_{counts} {}
    Result<void> write(ByteView bytes) override {
        counts_.bytes += bytes.size();
        counts_.largest_write = std::max(counts_.largest_write, bytes.size());
        ++counts_.writes;
        return {};
    }
    Result<void> commit() override {
        counts_.committed = true;
        return {};
    }

private:
    Counts& counts_;
};

/// Whether `needle` stands anywhere in `bytes`.
bool holds(ByteView bytes, ByteView needle) { return as_text(bytes).find(as_text(needle)) != std::string_view::npos; }

}  // namespace

TEST_CASE("what is sealed can be read, whatever its size") {
    World world;
    for (const std::size_t size : {0UZ, 1UZ, 16383UZ, 16384UZ, 16385UZ, 32768UZ, 49152UZ, 262144UZ, 262145UZ,
                                   16UZ * 16384 + 16383, 3'000'001UZ}) {
        CAPTURE(size);
        const Bytes text = world.text(size);
        const spool::Receipt receipt = world.seal_as(world.header, text);
        const Bytes file = world.blobs.bytes(world.name);
        CHECK(receipt.plaintext_bytes == size);
        CHECK(receipt.file_bytes == file.size());
        CHECK(receipt.epoch == world.epoch_id);
        CHECK(file.size() == 1412 + size + 16 * (size / 16384 + 1));
        const auto [got, error] = world.read(file);
        CHECK_FALSE(error.has_value());
        CHECK(got == text);
    }
}

TEST_CASE("how a document is cut into pieces doesn't matter") {
    World world;
    const Bytes text = world.text(200'000);
    for (const std::size_t piece : {1UZ, 7UZ, 16383UZ, 16384UZ, 16385UZ, 100'000UZ, 200'000UZ}) {
        CAPTURE(piece);
        world.seal_as(world.header, text, piece);
        CHECK(world.read(world.blobs.bytes(world.name)) == std::pair{text, std::optional<Errc>{}});
    }
}

TEST_CASE("empty pieces change nothing") {
    World world;
    auto sink = world.blobs.create(world.name);
    auto writer = spool::Writer::create(std::move(*sink), world.header, world.epoch, world.intake_key, world.random);
    REQUIRE(writer);
    REQUIRE(writer->append({}));
    REQUIRE(writer->append(as_bytes("a")));
    REQUIRE(writer->append({}));
    REQUIRE(writer->append(as_bytes("b")));
    REQUIRE(std::move(*writer).finish());
    CHECK(world.read(world.blobs.bytes(world.name)).first == to_bytes("ab"));
}

TEST_CASE("the receipt is what the file says of itself") {
    World world;
    const spool::Receipt receipt = world.seal_as(world.header, world.text(40'000));
    MemoryBlobSource source{world.blobs.bytes(world.name)};
    const auto parsed = spool::inspect(source);
    REQUIRE(parsed);
    CHECK(parsed->header() == world.header);
    CHECK(parsed->epoch() == receipt.epoch);
    CHECK(parsed->preamble.salt == receipt.salt);
    CHECK(parsed->preamble.commitment == receipt.commitment);
    CHECK(parsed->layout.plaintext_bytes == receipt.plaintext_bytes);
    CHECK(parsed->file_bytes == receipt.file_bytes);
}

TEST_CASE("each file has a key, salt and envelope of its own") {
    World world;
    const Bytes text = world.text(100);
    const Bytes first = world.sealed(text);
    const Bytes second = world.sealed(text);
    const auto a = spool::Preamble::decode(ByteView{first}.first<spool::Preamble::encoded_bytes>());
    const auto b = spool::Preamble::decode(ByteView{second}.first<spool::Preamble::encoded_bytes>());
    REQUIRE((a && b));
    CHECK(a->salt != b->salt);
    CHECK(a->commitment != b->commitment);
    CHECK(a->envelope.enc != b->envelope.enc);
    CHECK(a->envelope.sealed_key != b->envelope.sealed_key);
    CHECK_FALSE(same_bytes(ByteView{first}.subspan(1412), ByteView{second}.subspan(1412)));
}

TEST_CASE("no plaintext reaches the sink") {
    World world;
    Bytes text;
    const std::string canary = "canary-4f1d-";
    while (text.size() < 100'000) text.insert(text.end(), as_bytes(canary).begin(), as_bytes(canary).end());
    const Bytes file = world.sealed(text);
    CHECK(holds(text, as_bytes(canary)));
    CHECK_FALSE(holds(file, as_bytes(canary)));
}

TEST_CASE("a writer holds and hands on little, however long the document") {
    World world;
    CountingSink::Counts counts;
    auto writer = spool::Writer::create(std::make_unique<CountingSink>(counts), world.header, world.epoch,
                                        world.intake_key, world.random);
    REQUIRE(writer);
    const Bytes piece = world.text(1 << 20);
    for (int i = 0; i < 20; ++i) REQUIRE(writer->append(piece));
    CHECK_FALSE(counts.committed);
    const auto receipt = std::move(*writer).finish();
    REQUIRE(receipt);
    CHECK(counts.committed);
    CHECK(counts.bytes == receipt->file_bytes);
    CHECK(counts.largest_write <= 512 * 1024);
    CHECK(counts.writes < 100);
}

TEST_CASE("a writer that isn't finished leaves nothing") {
    World world;
    {
        auto sink = world.blobs.create(world.name);
        auto writer =
            spool::Writer::create(std::move(*sink), world.header, world.epoch, world.intake_key, world.random);
        REQUIRE(writer);
        REQUIRE(writer->append(world.text(1 << 20)));
        CHECK(world.blobs.open_sinks() == 1);
    }
    CHECK(world.blobs.open_sinks() == 0);
    CHECK_FALSE(world.blobs.has(world.name));
}

TEST_CASE("a fault of the sink at any call is told, stays told, and leaves nothing") {
    World world;
    const Bytes text = world.text(1 << 20);
    world.blobs.fail_at(MemoryBlobStore::never);
    world.seal_as(world.header, text);
    const std::size_t calls = world.blobs.calls();
    REQUIRE(calls >= 5);
    REQUIRE(world.blobs.remove(world.name));
    for (std::size_t n = 0; n < calls; ++n) {
        CAPTURE(n);
        world.blobs.fail_at(n, Errc::disk_full);
        {
            auto sink = world.blobs.create(world.name);
            auto writer =
                spool::Writer::create(std::move(*sink), world.header, world.epoch, world.intake_key, world.random);
            REQUIRE(writer);
            const auto appended = writer->append(text);
            if (!appended) {
                CHECK(appended.error().code == Errc::disk_full);
                CHECK(code_of(writer->append(as_bytes("more"))) == Errc::disk_full);
            }
            CHECK(code_of(std::move(*writer).finish()) == Errc::disk_full);
            CHECK(code_of(std::move(*writer).finish()) == Errc::disk_full);
            CHECK(world.blobs.calls() == n + 1);
        }
        CHECK_FALSE(world.blobs.has(world.name));
        CHECK(world.blobs.open_sinks() == 0);
    }
    world.blobs.fail_at(calls);
    world.seal_as(world.header, text);
    CHECK(world.read(world.blobs.bytes(world.name)).first == text);
}

TEST_CASE("a finished or moved-from writer takes nothing more") {
    World world;
    auto sink = world.blobs.create(world.name);
    auto writer = spool::Writer::create(std::move(*sink), world.header, world.epoch, world.intake_key, world.random);
    REQUIRE(writer);
    spool::Writer moved = std::move(*writer);
    CHECK(code_of(writer->append(as_bytes("x"))) == Errc::conflict);
    REQUIRE(moved.append(as_bytes("x")));
    REQUIRE(std::move(moved).finish());
    CHECK(code_of(moved.append(as_bytes("x"))) == Errc::conflict);
    CHECK(code_of(std::move(moved).finish()) == Errc::conflict);
    CHECK(world.read(world.blobs.bytes(world.name)).first == to_bytes("x"));
}

TEST_CASE("a writer isn't made from nonsense") {
    World world;
    const auto create = [&](std::unique_ptr<spool::BlobSink> sink, const spool::Header& header,
                            const spool::EpochPublicKey& epoch) {
        return spool::Writer::create(std::move(sink), header, epoch, world.intake_key, world.random);
    };
    CHECK(code_of(create(nullptr, world.header, world.epoch)) == Errc::invalid_argument);
    spool::Header early = world.header;
    early.created = Time{std::chrono::milliseconds{-1}};
    CHECK(code_of(create(*world.blobs.create(world.name), early, world.epoch)) == Errc::invalid_argument);
    spool::EpochPublicKey broken;
    broken.fill(std::byte{0xff});
    CHECK(code_of(create(*world.blobs.create(world.name), world.header, broken)) == Errc::key_invalid);
    CHECK_FALSE(world.blobs.has(world.name));
}
