// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/check.hpp>

#include "world.hpp"

using namespace safeq;

namespace {

spool::FileReport check(test::World& w, Bytes file, bool with_keys = true) {
    auto report = spool::check_file(std::make_unique<test::MemoryBlobSource>(std::move(file)), w.name, w.intakes,
                                    with_keys ? &w.epochs : nullptr);
    REQUIRE(report);
    return *std::move(report);
}

Bytes flipped(Bytes file, std::size_t at) {
    file.at(at) ^= std::byte{1};
    return file;
}

}  // namespace

TEST_CASE("a good file is good, as far as the keys go", "[spool][check]") {
    test::World w;
    const Bytes file = w.sealed(w.text(100'000));
    const auto whole = check(w, file);
    CHECK(whole.depth == spool::Depth::whole);
    CHECK_FALSE(whole.damage);
    CHECK(whole.file_bytes == file.size());
    CHECK(whole.file->header() == w.header);
    const auto keyless = check(w, file, false);
    CHECK(keyless.depth == spool::Depth::signature);
    CHECK_FALSE(keyless.damage);

    w.epochs.destroy(w.epoch_id);
    const auto erased = check(w, file);
    CHECK(erased.depth == spool::Depth::signature);
    CHECK_FALSE(erased.damage);
    REQUIRE(erased.unreadable);
    CHECK(erased.unreadable->code == Errc::key_destroyed);
}

TEST_CASE("every flipped byte is found at the part that it stands in", "[spool][check]") {
    test::World w;
    const Bytes file = w.sealed(w.text(40'000));
    const auto part_of = [](std::size_t at) -> std::size_t {
        if (at < 12) return 0;
        if (at < 92) return 12;
        if (at < 1292) return 92;
        if (at < 1412) return 1292;
        return 1412 + (at - 1412) / 16400 * 16400;
    };
    std::size_t checked = 0;
    for (std::size_t at = 0; at < file.size(); at += at < 1500 ? 1 : 97) {
        if ((at >= 68 && at < 84) || (at >= 92 && at < 124)) continue;  // the names of intake and epoch: below
        CAPTURE(at);
        const auto report = check(w, flipped(file, at));
        REQUIRE(report.damage);
        // Owner and time are bound by the signature alone.
        const bool signed_only = at >= 12 && at < 92 && report.damage->offset == 1292;
        CHECK((report.damage->offset == part_of(at) || signed_only));
        ++checked;
    }
    CHECK(checked > 1800);
    const auto unreadable = [&](std::size_t at) {
        const auto report = check(w, flipped(file, at));
        CHECK_FALSE(report.damage);
        return report.unreadable ? report.unreadable->code : Errc::internal;
    };
    for (std::size_t at = 68; at < 84; ++at) CHECK(unreadable(at) == Errc::key_unknown);
    for (std::size_t at = 92; at < 124; ++at) CHECK(unreadable(at) == Errc::epoch_unknown);
}

TEST_CASE("every cut file is found", "[spool][check]") {
    test::World w;
    const Bytes file = w.sealed(w.text(33'000));
    for (std::size_t size = 0; size < file.size(); size += size < 1500 ? 1 : 512) {
        CAPTURE(size);
        const auto report = check(w, Bytes{file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)});
        REQUIRE(report.damage);
        CHECK(report.damage->offset <= size);
        if (size < 1412) CHECK(report.damage->error.code == Errc::truncated);
    }
}

TEST_CASE("a good file in another's place, and one of a stranger", "[spool][check]") {
    test::World w;
    spool::Header other = w.header;
    other.document = 2;
    const auto misplaced = check(w, w.sealed(other, w.text(10)));
    REQUIRE(misplaced.damage);
    CHECK(misplaced.damage->error.code == Errc::header_mismatch);
    const Bytes file = w.sealed(w.text(10));
    w.intakes.remove(w.header.intake);
    // Perhaps an intake that is missing in the list: no reason to move what is as it was written.
    for (const bool with_keys : {false, true}) {
        const auto strange = check(w, file, with_keys);
        CHECK_FALSE(strange.damage);
        REQUIRE(strange.unreadable);
        CHECK(strange.unreadable->code == Errc::key_unknown);
        CHECK(strange.depth == spool::Depth::beginning);
    }
}
