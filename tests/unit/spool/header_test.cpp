// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/header.hpp>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

TEST_CASE("a spool header is written in one way") {
    const World world;
    const Bytes bytes = world.header.encode();
    REQUIRE(bytes.size() == spool::Header::encoded_bytes);
    const auto decoded = spool::Header::decode(bytes);
    REQUIRE(decoded);
    CHECK(*decoded == world.header);
    CHECK(decoded->encode() == bytes);
}

TEST_CASE("the header's bytes are those of the format") {
    spool::Header header;
    IdBytes id{};
    id.fill(std::byte{0x11});
    header.tenant = TenantId{id};
    id.fill(std::byte{0x22});
    header.job = JobId{id};
    header.document = 0x01020304;
    id.fill(std::byte{0x33});
    header.owner = SubjectId{id};
    id.fill(std::byte{0x44});
    header.intake = InstanceId{id};
    header.created = Time{std::chrono::milliseconds{0x0000'018f'0a0b'0c0d}};
    CHECK(to_hex(header.encode()) ==
          "00000001"
          "11111111111111111111111111111111"
          "22222222222222222222222222222222"
          "01020304"
          "33333333333333333333333333333333"
          "44444444444444444444444444444444"
          "0000018f0a0b0c0d");
}

TEST_CASE("headers of another size, version or time are refused") {
    const World world;
    const Bytes good = world.header.encode();
    for (std::size_t n = 0; n < good.size(); ++n)
        CHECK(code_of(spool::Header::decode(ByteView{good}.first(n))) == Errc::truncated);
    Bytes longer = good;
    longer.push_back(std::byte{0});
    CHECK(code_of(spool::Header::decode(longer)) == Errc::trailing_data);
    for (const unsigned version : {0U, 2U, 255U}) {
        Bytes other = good;
        other[3] = static_cast<std::byte>(version);
        CHECK(code_of(spool::Header::decode(other)) == Errc::bad_version);
    }
    Bytes late = good;
    late[72] = std::byte{0x80};
    CHECK(code_of(spool::Header::decode(late)) == Errc::malformed);

    spool::Header last = world.header;
    last.created = Time{std::chrono::milliseconds{253402300799999}};
    CHECK(spool::Header::decode(last.encode()));
    last.created += std::chrono::milliseconds{1};
    CHECK(code_of(spool::Header::decode(last.encode())) == Errc::malformed);
    last.created = Time{std::chrono::milliseconds{-1}};
    CHECK(code_of(spool::Header::decode(last.encode())) == Errc::malformed);
}

TEST_CASE("a header is checked for tenant, job, document and owner, not for intake and time") {
    World world;
    spool::Header other = world.header;
    other.intake = InstanceId::make(world.clock, world.random);
    other.created += std::chrono::hours{1};
    CHECK(other.check(world.header));

    other = world.header;
    other.tenant = TenantId::make(world.clock, world.random);
    CHECK(code_of(other.check(world.header)) == Errc::header_mismatch);
    other = world.header;
    other.job = JobId::make(world.clock, world.random);
    CHECK(code_of(other.check(world.header)) == Errc::header_mismatch);
    other = world.header;
    other.document = 2;
    CHECK(code_of(other.check(world.header)) == Errc::header_mismatch);
    other = world.header;
    other.owner = SubjectId::make(world.clock, world.random);
    CHECK(code_of(other.check(world.header)) == Errc::header_mismatch);
}
