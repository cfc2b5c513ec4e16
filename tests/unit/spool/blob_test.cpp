// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/blob.hpp>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

/// Returns what a test says, at most one byte at a time.
class StutteringSource final : public spool::BlobSource {
public:
    explicit StutteringSource(Bytes bytes) : bytes_{std::move(bytes)} {}
    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        if (offset >= bytes_.size()) return std::size_t{0};
        out.front() = bytes_[static_cast<std::size_t>(offset)];
        return std::size_t{1};
    }
    Result<std::uint64_t> size() override { return std::uint64_t{bytes_.size()}; }

private:
    Bytes bytes_;
};

class LyingSource final : public spool::BlobSource {
public:
    Result<std::size_t> read_at(std::uint64_t, MutableByteView out) override { return out.size() + 1; }
    Result<std::uint64_t> size() override { return std::uint64_t{100}; }
};

}  // namespace

TEST_CASE("a blob's name is its job and number, in one spelling") {
    const World world;
    const spool::BlobName name{world.header.job, 4294967295U};
    CHECK(name.text() == world.header.job.text() + ".4294967295.sealed");
    const auto parsed = spool::BlobName::parse(name.text());
    REQUIRE(parsed);
    CHECK(*parsed == name);
    CHECK(spool::BlobName::parse(world.header.job.text() + ".0.sealed") == spool::BlobName{world.header.job, 0});
}

TEST_CASE("other files of a spool folder are no blobs") {
    const World world;
    const std::string id = world.header.job.text();
    for (const std::string& bad :
         {std::string{}, std::string{".sealed"}, id, id + ".sealed", id + "..sealed", id + ".1", id + ".1.sealed.tmp",
          id + ".1.SEALED", id + ".-1.sealed", id + ".+1.sealed", id + ". 1.sealed", id + ".1 .sealed",
          id + ".4294967296.sealed", id + ".0x1.sealed", "../" + id + ".1.sealed", id + "/1.sealed",
          id.substr(1) + ".1.sealed", std::string(36, '-') + ".1.sealed", id + ".1\0.sealed"})
        CHECK_FALSE(spool::BlobName::parse(bad));
    CHECK(code_of(spool::BlobName::parse(id + ".01.sealed")) == Errc::not_canonical);
    CHECK(code_of(spool::BlobName::parse(id + ".00.sealed")) == Errc::not_canonical);
}

TEST_CASE("reading exactly goes on after short reads and stops at the end") {
    World world;
    const Bytes bytes = world.text(10);
    StutteringSource source{bytes};
    Bytes out(6);
    REQUIRE(spool::read_exactly(source, 4, out, "test"));
    CHECK(same_bytes(out, ByteView{bytes}.subspan(4)));
    CHECK(code_of(spool::read_exactly(source, 5, out, "test")) == Errc::truncated);
    CHECK(code_of(spool::read_exactly(source, 1000, out, "test")) == Errc::truncated);
    CHECK(spool::read_exactly(source, 1000, {}, "test"));
    LyingSource liar;
    CHECK(code_of(spool::read_exactly(liar, 0, out, "test")) == Errc::internal);
}
