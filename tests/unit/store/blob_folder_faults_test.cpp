// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/blob_folder.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <semaphore>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/reseal.hpp>
#include <safeq/spool/writer.hpp>

#include "blobs.hpp"
#include "faulty_file_ops.hpp"
#include "passing_file_ops.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using test::blob, test::files_in, test::get, test::large_text, test::put;
using Fault = test::FaultyFileOps::Fault;

namespace {

// The next sync of a folder fails, and not before another file has got its name.
class LateFailure final : public test::PassingFileOps {
public:
    std::atomic<bool> armed{false};
    std::binary_semaphore syncing{0};

    int fsync(int file) noexcept override {
        struct stat found{};
        if (PassingFileOps::fstat(file, found) != 0 || !S_ISDIR(found.st_mode) || !armed.exchange(false))
            return PassingFileOps::fsync(file);
        waiting_ = true;
        syncing.release();
        named_.acquire();
        errno = EIO;
        return -1;
    }
    int renameat(int folder, const char* from, int to_folder, const char* to) noexcept override {
        const int done = PassingFileOps::renameat(folder, from, to_folder, to);
        if (waiting_.exchange(false)) named_.release();
        return done;
    }

private:
    std::atomic<bool> waiting_{false};
    std::binary_semaphore named_{0};
};

}  // namespace

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

TEST_CASE("whose folder sync fails takes away no file of another who wrote the same blob meanwhile", "[store]") {
    const test::TemporaryFolder root;
    LateFailure ops;
    auto folder = *store::BlobFolder::open(root / "spool", ops);
    ops.armed = true;
    Result<void> first;
    std::thread writer{[&] { first = put(*folder, blob(1), "first"); }};
    ops.syncing.acquire();
    const auto second = put(*folder, blob(1), "second");
    writer.join();
    CHECK(first.error().code == Errc::io_failed);
    REQUIRE(second);
    CHECK(get(*folder, blob(1)) == "second");
    CHECK(folder->list() == std::vector{blob(1)});
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
