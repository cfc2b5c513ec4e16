// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/arrival.hpp>

#include <safeq/spool/envelope.hpp>

#include "world.hpp"

using namespace safeq;
using test::code_of;

namespace {

struct Arrivals : test::World {
    test::MemoryBlobStore there;

    /// Sends the file in pieces, as the one that `expected` says.
    Result<void> send(ByteView file, const spool::Header& expected, std::size_t piece = 1000) {
        auto sink = spool::arrival(*there.create({expected.job, expected.document}), expected, intakes);
        while (!file.empty()) {
            const std::size_t n = std::min(piece, file.size());
            SAFEQ_TRY_VOID(sink->write(file.first(n)));
            file = file.subspan(n);
        }
        return sink->commit();
    }
    Result<void> send(ByteView file) { return send(file, header); }
};

}  // namespace

TEST_CASE("a file arrives as it was sent, whatever the pieces", "[spool][arrival]") {
    Arrivals w;
    const Bytes file = w.sealed(w.text(50'000));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, spool::Preamble::encoded_bytes, file.size()}) {
        CAPTURE(piece);
        REQUIRE(w.send(file, w.header, piece));
        CHECK(w.there.bytes(w.name) == file);
        REQUIRE(w.there.remove(w.name));
    }
    // Whose it is and when it was written is the file's to say.
    spool::Header expected = w.header;
    expected.owner = SubjectId::make(w.clock, w.random);
    expected.created = Time{};
    CHECK(w.send(file, expected));
}

TEST_CASE("a file that isn't what its sender says is not kept", "[spool][arrival]") {
    Arrivals w;
    const Bytes file = w.sealed(w.text(50'000));
    const auto refused = [&](ByteView sent, const spool::Header& expected) {
        const Errc code = code_of(w.send(sent, expected));
        CHECK(w.there.list()->empty());
        return code;
    };
    spool::Header other = w.header;
    other.tenant = TenantId::make(w.clock, w.random);
    CHECK(refused(file, other) == Errc::header_mismatch);
    other = w.header;
    other.job = JobId::make(w.clock, w.random);
    CHECK(refused(file, other) == Errc::header_mismatch);
    other = w.header;
    other.document = 2;
    CHECK(refused(file, other) == Errc::header_mismatch);
    other = w.header;
    other.intake = InstanceId::make(w.clock, w.random);
    CHECK(refused(file, other) == Errc::denied);
    // One that the sender makes up, in the name of an intake that nobody knows.
    Bytes made_up = file;
    std::ranges::copy(other.intake.bytes(), made_up.begin() + 68);
    CHECK(refused(made_up, w.header) == Errc::denied);
    CHECK(refused(made_up, other) == Errc::key_unknown);
    for (std::size_t at = 12; at < spool::Preamble::encoded_bytes; ++at) {
        if (at >= 92 && at < 1292) continue;  // the envelope, which isn't signed
        CAPTURE(at);
        Bytes bad = file;
        bad[at] ^= std::byte{1};
        (void)refused(bad, w.header);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{11}, std::size_t{1411}})
        CHECK(refused(ByteView{file}.first(size), w.header) == Errc::truncated);
    CHECK(refused(Bytes(2000), w.header) == Errc::malformed);
    w.intakes.remove(w.header.intake);
    CHECK(refused(file, w.header) == Errc::key_unknown);
    CHECK(w.there.open_sinks() == 0);
}

TEST_CASE("a refused file is refused with its beginning, before the rest is sent", "[spool][arrival]") {
    Arrivals w;
    Bytes file = w.sealed(w.text(50'000));
    file[1300] ^= std::byte{1};  // in the signature
    auto sink = spool::arrival(*w.there.create(w.name), w.header, w.intakes);
    REQUIRE(sink->write(ByteView{file}.first(1411)));
    CHECK(code_of(sink->write(ByteView{file}.subspan(1411, 1))) == Errc::signature_invalid);
    CHECK_FALSE(sink->commit());
}
