// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/blob_folder.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/reseal.hpp>
#include <safeq/spool/writer.hpp>

#include "faulty_file_ops.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using Fault = test::FaultyFileOps::Fault;
namespace fs = std::filesystem;

namespace {

spool::BlobName blob(std::uint32_t number) {
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    test::SeededRandom random;
    return {JobId::make(clock, random), number};
}

Result<void> put(store::BlobFolder& folder, const spool::BlobName& name, std::string_view text) {
    SAFEQ_TRY(const auto sink, folder.create(name));
    SAFEQ_TRY_VOID(sink->write(as_bytes(text.substr(0, text.size() / 2))));
    SAFEQ_TRY_VOID(sink->write(as_bytes(text.substr(text.size() / 2))));
    return sink->commit();
}

Result<std::string> get(store::BlobFolder& folder, const spool::BlobName& name) {
    SAFEQ_TRY(const auto source, folder.open(name));
    SAFEQ_TRY(const std::uint64_t size, source->size());
    std::string text(size, '\0');
    SAFEQ_TRY(const std::size_t got, source->read_at(0, std::as_writable_bytes(std::span{text})));
    if (got != size) return fail(Errc::truncated, "blob");
    return text;
}

// What is so large is written by a thread of its own.
std::string large_text() {
    std::string text(5'000'000, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i / 4096 % 26);
    return text;
}

std::size_t files_in(const fs::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator{folder}) count += entry.path().filename() == ".lock" ? 0u : 1u;
    return count;
}

}  // namespace

TEST_CASE("a committed blob is read back, anywhere, and survives the folder's end", "[store]") {
    const test::TemporaryFolder root;
    {
        auto folder = *store::BlobFolder::open(root / "spool");
        REQUIRE(put(*folder, blob(1), "sealed document"));
        REQUIRE(put(*folder, blob(0), "ticket"));
    }
    auto folder = *store::BlobFolder::open(root / "spool");
    CHECK(get(*folder, blob(1)) == "sealed document");
    CHECK(folder->list() == std::vector{blob(0), blob(1)});
    const auto source = *folder->open(blob(1));
    std::string part(100, '\0');
    CHECK(source->read_at(7, std::as_writable_bytes(std::span{part})) == 8u);
    CHECK(part.substr(0, 8) == "document");
    CHECK(source->read_at(15, std::as_writable_bytes(std::span{part})) == 0u);
    CHECK(source->read_at(~std::uint64_t{0}, std::as_writable_bytes(std::span{part})).error().code == Errc::io_failed);
}

TEST_CASE("nothing is seen of a blob before its commit, and nothing stays without one", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    {
        auto sink = *folder->create(blob(1));
        REQUIRE(sink->write(as_bytes("half")));
        CHECK(folder->open(blob(1)).error().code == Errc::not_found);
        CHECK(folder->list()->empty());
        CHECK(files_in(root / "spool/tmp") == 1);
    }
    CHECK(files_in(root / "spool/tmp") == 0);
}

TEST_CASE("a later blob takes an older one's place, and readers of the older keep it", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*folder, blob(1), "old"));
    const auto reader = *folder->open(blob(1));
    auto first = *folder->create(blob(1));
    auto second = *folder->create(blob(1));
    REQUIRE(first->write(as_bytes("first")));
    REQUIRE(second->write(as_bytes("second")));
    REQUIRE(first->commit());
    REQUIRE(second->commit());
    CHECK(second->commit().error().code == Errc::io_failed);
    CHECK(get(*folder, blob(1)) == "second");
    std::string text(3, '\0');
    CHECK(reader->read_at(0, std::as_writable_bytes(std::span{text})) == 3u);
    CHECK(text == "old");
    REQUIRE(folder->remove(blob(1)));
    REQUIRE(folder->remove(blob(1)));
    CHECK(folder->open(blob(1)).error().code == Errc::not_found);
}

TEST_CASE("opening removes what was unfinished and ignores what isn't ours", "[store]") {
    const test::TemporaryFolder root;
    {
        auto folder = *store::BlobFolder::open(root / "spool");
    }
    std::ofstream{root / "spool/tmp/left.over"} << "x";
    std::ofstream{root / "spool/notes.txt"} << "x";
    fs::create_directory(root / "spool/018bcfe5-6800-7000-8000-00000000000a.1.sealed");
    auto folder = *store::BlobFolder::open(root / "spool");
    CHECK(files_in(root / "spool/tmp") == 0);
    CHECK(folder->list()->empty());
    CHECK(fs::exists(root / "spool/notes.txt"));
}

TEST_CASE("files are private, and symbolic links are not followed", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*folder, blob(1), "text"));
    struct stat status{};
    REQUIRE(stat((root / "spool" / blob(1).text()).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777u) == 0600u);
    REQUIRE(stat((root / "spool").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777u) == 0700u);

    std::ofstream{root / "elsewhere"} << "secret";
    fs::create_symlink(root / "elsewhere", root / "spool" / blob(2).text());
    CHECK(folder->open(blob(2)).error().code == Errc::permission);
    CHECK(folder->list() == std::vector{blob(1)});
    REQUIRE(put(*folder, blob(2), "ours"));
    std::ifstream in{root / "elsewhere"};
    std::string text;
    in >> text;
    CHECK(text == "secret");
    REQUIRE(mkfifo((root / "spool" / blob(3).text()).c_str(), 0600) == 0);
    CHECK(folder->open(blob(3)).error().code == Errc::permission);

    fs::create_directory_symlink(root / "spool", root / "link");
    CHECK_FALSE(store::BlobFolder::open(root / "link"));
}

TEST_CASE("a folder has one process, must have a parent, and others may not write to it", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    CHECK(store::BlobFolder::open(root / "spool").error().code == Errc::locked);
    folder.reset();
    CHECK(store::BlobFolder::open(root / "spool"));
    CHECK(store::BlobFolder::open(root / "none/spool").error().code == Errc::not_found);
    fs::permissions(root / "spool", fs::perms::all);
    CHECK(store::BlobFolder::open(root / "spool").error().code == Errc::permission);
}

TEST_CASE("power lost at any call: a blob is whole or not there, and what was there stays", "[store]") {
    const auto fault = GENERATE(Fault::power, Fault::short_write, Fault::once);
    const auto written = GENERATE(as<std::string>{}, "0123456789", large_text());
    std::size_t acknowledged = 0;
    std::size_t n = 1;
    for (bool reached = true; reached; ++n) {
        const test::TemporaryFolder root;
        {
            REQUIRE(put(**store::BlobFolder::open(root / "spool"), blob(1), "kept"));
        }
        test::FaultyFileOps ops{n, fault};
        bool done = false;
        if (auto folder = store::BlobFolder::open(root / "spool", ops))
            done = put(**folder, blob(2), written).has_value();
        reached = ops.calls() >= n;
        if (done) ++acknowledged;
        auto folder = store::BlobFolder::open(root / "spool");
        REQUIRE(folder);
        CHECK(get(**folder, blob(1)) == "kept");
        const auto text = get(**folder, blob(2));
        if (done) CHECK((text == written));
        else CHECK((!text || *text == written));
        CHECK(files_in(root / "spool/tmp") == 0);
        CHECK(files_in(root / "spool") == (text ? 3u : 2u));
        if (!done) CHECK(put(**folder, blob(2), "again"));
    }
    CHECK(n > 8);
    // Only where nothing failed any more, or only something that need not work.
    CHECK(acknowledged >= 1);
    CHECK(acknowledged <= (fault == Fault::once ? 3u : 1u));
}

TEST_CASE("power lost at any call while a blob takes an older one's place: the older or the newer is there",
          "[store]") {
    const auto fault = GENERATE(Fault::power, Fault::short_write, Fault::once);
    std::size_t olds = 0, news = 0, n = 1;
    for (bool reached = true; reached; ++n) {
        const test::TemporaryFolder root;
        {
            REQUIRE(put(**store::BlobFolder::open(root / "spool"), blob(1), "older"));
        }
        test::FaultyFileOps ops{n, fault};
        bool done = false;
        if (auto folder = store::BlobFolder::open(root / "spool", ops))
            done = put(**folder, blob(1), "newer").has_value();
        reached = ops.calls() >= n;
        auto folder = store::BlobFolder::open(root / "spool");
        REQUIRE(folder);
        const auto text = get(**folder, blob(1));
        INFO("call " << n);
        REQUIRE(text);
        CHECK((done ? *text == "newer" : *text == "older" || *text == "newer"));
        CHECK(files_in(root / "spool/tmp") == 0);
        ++(*text == "newer" ? news : olds);
    }
    CHECK(olds >= 5);
    CHECK(news >= 2);
}

TEST_CASE("what nobody knows to be durable is not listed before it is", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops);
    REQUIRE(put(*folder, blob(1), "older"));
    ops.arm(6, Fault::once);
    REQUIRE_FALSE(put(*folder, blob(1), "newer"));
    REQUIRE(ops.trace() == "cwwfrf");
    ops.arm(1, Fault::once);
    CHECK(folder->list().error().code == Errc::io_failed);
    CHECK(folder->list() == std::vector{blob(1)});
    CHECK(ops.trace() == "ff");
    REQUIRE(folder->list());
    CHECK(ops.trace() == "ff");
}

TEST_CASE("a fault at any call while a job's own file is re-sealed costs no job", "[store]") {
    test::SeededRandom random;
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    const auto intake_key = crypto::SigningKey::generate(random);
    const spool::Header header{.tenant = TenantId::make(clock, random),
                               .job = JobId::make(clock, random),
                               .document = 1,
                               .owner = SubjectId::make(clock, random),
                               .intake = InstanceId::make(clock, random),
                               .created = clock.now()};
    const spool::BlobName name{header.job, header.document};
    spool::IntakeTable intakes;
    intakes.set(header.intake, intake_key.verifying_key());
    spool::EpochRing epochs;
    const auto add_epoch = [&] {
        auto key = crypto::XwingPrivateKey::generate(random);
        const spool::EpochPublicKey public_key = key.public_key();
        REQUIRE(epochs.add(std::move(key)));
        return public_key;
    };
    const spool::EpochPublicKey first = add_epoch();
    const spool::EpochPublicKey kept = add_epoch();

    const auto fault = GENERATE(Fault::power, Fault::once);
    std::size_t resealed = 0, n = 1;
    for (bool reached = true; reached; ++n) {
        const test::TemporaryFolder root;
        test::FaultyFileOps ops;
        auto folder = *store::BlobFolder::open(root / "spool", ops);
        auto writer = *spool::Writer::create(*folder->create(name), header, first, intake_key, random);
        REQUIRE(writer.append(Bytes(20'000, std::byte{'x'})));
        REQUIRE(std::move(writer).finish());

        ops.arm(n, fault);
        bool done = false;
        {
            const auto source = *folder->open(name);
            if (auto sink = folder->create(name))
                done = spool::reseal(*source, *std::move(sink), header, epochs, intakes, kept, random).has_value();
        }
        reached = ops.calls() >= n;
        folder.reset();
        folder = *store::BlobFolder::open(root / "spool");
        INFO("call " << n);
        auto source = folder->open(name);
        REQUIRE(source);
        auto reader = spool::Reader::open(*std::move(source), header, epochs, intakes);
        REQUIRE(reader);
        CHECK(reader->verify_all());
        if (done) CHECK(reader->epoch() == spool::EpochId::of(kept));
        if (done) ++resealed;
    }
    CHECK(n > 6);
    CHECK(resealed >= 1);
}

TEST_CASE("bytes are synced before the rename, and the folder after it", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops);
    ops.arm(0);
    REQUIRE(put(*folder, blob(1), "text"));
    CHECK(ops.trace() == "cwwfrf");
    ops.arm(0);
    REQUIRE(folder->remove(blob(1)));
    CHECK(ops.trace() == "uf");
}

TEST_CASE("a large blob is written behind its maker's back, in order, and nothing of it stays when it is given up",
          "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops);
    const std::string text = large_text();
    ops.arm(0);
    {
        auto sink = *folder->create(blob(1));
        std::size_t step = 1;
        for (std::string_view left = text; !left.empty(); step = step * 3 % 300'007) {
            const std::string_view piece = left.substr(0, step);
            REQUIRE(sink->write(as_bytes(piece)));
            left.remove_prefix(piece.size());
        }
        REQUIRE(sink->commit());
    }
    CHECK(ops.trace().ends_with("wfrf"));
    CHECK((get(*folder, blob(1)) == text));
    {
        auto sink = *folder->create(blob(2));
        REQUIRE(sink->write(as_bytes(std::string_view{text})));
        REQUIRE(sink->write(as_bytes(std::string_view{text})));
    }
    CHECK(files_in(root / "spool/tmp") == 0);
    CHECK(folder->list() == std::vector{blob(1)});
}

TEST_CASE("a full disk is told apart, and the blob can be written when there is room", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops);
    std::size_t full = 0;
    for (std::size_t n = 1; n <= 4; ++n) {
        ops.arm(n, Fault::once, ENOSPC);
        const auto done = put(*folder, blob(1), "text");
        if (!done) {
            CHECK(done.error().code == Errc::disk_full);
            ++full;
        }
        ops.arm(0);
    }
    CHECK(full == 4);
    CHECK(put(*folder, blob(1), "text"));
    CHECK(get(*folder, blob(1)) == "text");
    CHECK(files_in(root / "spool/tmp") == 0);
}

TEST_CASE("the system's own limit on a file is a full disk, too", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    struct rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small{4096, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto done = put(*folder, blob(1), std::string(10'000, 'x'));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, ignored);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::disk_full);
    CHECK(files_in(root / "spool/tmp") == 0);
    CHECK(put(*folder, blob(1), std::string(10'000, 'x')));
}

TEST_CASE("a damaged blob is set aside, not lost, and no longer listed", "[store]") {
    const test::TemporaryFolder root;
    auto folder = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*folder, blob(1), "damaged"));
    REQUIRE(put(*folder, blob(2), "good"));
    REQUIRE(folder->set_aside(blob(1)));
    CHECK(folder->list() == std::vector{blob(2)});
    CHECK(folder->open(blob(1)).error().code == Errc::not_found);
    CHECK(folder->set_aside(blob(1)).error().code == Errc::not_found);
    std::ifstream kept{root / "spool" / "quarantine" / blob(1).text()};
    CHECK(std::string{std::istreambuf_iterator<char>{kept}, {}} == "damaged");
}

TEST_CASE("who opens a folder to read needs no lock, and changes nothing", "[store]") {
    const test::TemporaryFolder root;
    CHECK(store::BlobFolder::open_to_read(root / "spool").error().code == Errc::not_found);
    CHECK_FALSE(fs::exists(root / "spool"));
    auto owner = *store::BlobFolder::open(root / "spool");
    REQUIRE(put(*owner, blob(1), "sealed document"));
    auto reader = store::BlobFolder::open_to_read(root / "spool");
    REQUIRE(reader);
    CHECK(get(**reader, blob(1)) == "sealed document");
    CHECK((*reader)->create(blob(2)).error().code == Errc::permission);
    CHECK((*reader)->remove(blob(1)).error().code == Errc::permission);
    CHECK((*reader)->set_aside(blob(1)).error().code == Errc::permission);
    CHECK(owner->list() == std::vector{blob(1)});
}

TEST_CASE("the last of a disk is not given to blobs, from the first byte that would touch it", "[store]") {
    const test::TemporaryFolder root;
    test::FaultyFileOps ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops, 1000);
    ops.free_bytes = 1000 + 15;
    REQUIRE(put(*folder, blob(1), "sealed document"));  // in two pieces, of 7 and 8 bytes
    ops.free_bytes = 1000 + 7;
    CHECK(put(*folder, blob(2), "sealed document").error().code == Errc::disk_full);
    ops.free_bytes = 999;
    const auto refused = folder->create(blob(3));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::disk_full);
    // Reading and removing need no room, and once there is some again, so is everything else.
    CHECK(get(*folder, blob(1)) == "sealed document");
    CHECK(folder->list() == std::vector{blob(1)});
    CHECK(files_in(root / "spool" / "tmp") == 0);
    REQUIRE(folder->remove(blob(1)));
    ops.free_bytes = 2000;
    CHECK(put(*folder, blob(2), "sealed document"));
    ops.free_bytes.reset();
    CHECK(put(*folder, blob(3), "sealed document"));
}
