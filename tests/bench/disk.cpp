// SPDX-License-Identifier: Apache-2.0
// Sealing to a disk, durably: many small documents by several writers, one large one; and what it takes of memory.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include <safeq/crypto/random.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>
#include <safeq/store/blob_folder.hpp>

#include "bench/figure.hpp"
#include "bench/memory.hpp"
#include "bench/must.hpp"
#include "bench/scratch.hpp"

namespace safeq::bench {
namespace {

constexpr int writers = 8;
constexpr int documents_each = 40;
constexpr std::size_t small_bytes = 50'000;
constexpr std::uint64_t large_bytes = std::uint64_t{1} << 30;
constexpr std::uint64_t huge_bytes = std::uint64_t{4} << 30;
constexpr std::uint64_t warm_up_bytes = std::uint64_t{64} << 20;
constexpr std::size_t piece_bytes = 1 << 20;
constexpr double mib = 1048576.0;

struct Keys {
    SystemClock clock;
    crypto::SystemRandom random;
    crypto::SigningKey signer = crypto::SigningKey::generate(random);
    crypto::XwingPrivateKey epoch = crypto::XwingPrivateKey::generate(random);

    spool::Header header() {
        return {.tenant = TenantId::make(clock, random),
                .job = JobId::make(clock, random),
                .document = 1,
                .owner = SubjectId::make(clock, random),
                .intake = InstanceId::make(clock, random),
                .created = clock.now()};
    }

    spool::Receipt seal(std::unique_ptr<spool::BlobSink> sink, const spool::Header& header, ByteView piece,
                        std::uint64_t bytes) {
        auto writer = must(spool::Writer::create(std::move(sink), header, epoch.public_key(), signer, random));
        for (std::uint64_t left = bytes; left > 0;) {
            const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
            must(writer.append(piece.first(now)));
            left -= now;
        }
        return must(std::move(writer).finish());
    }

    void open(std::unique_ptr<spool::BlobSource> source, const spool::Header& header, std::uint64_t bytes) {
        spool::EpochRing ring;
        spool::IntakeTable intakes;
        intakes.set(header.intake, signer.verifying_key());
        (void)must(ring.add(crypto::XwingPrivateKey::from_seed(epoch.seed().clone())));
        auto reader = must(spool::Reader::open(std::move(source), header, ring, intakes));
        must(reader.for_each([&](ByteView piece) {
            bytes -= piece.size();
            return Result<void>{};
        }));
        if (bytes != 0) std::exit(1);
    }
};

void write_all(int fd, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t n = write(fd, bytes.data(), bytes.size());
        if (n <= 0) std::exit(1);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

std::vector<Figure> small() {
    Scratch scratch;
    const auto folder = must(store::BlobFolder::open(scratch.path() / "spool"));
    const std::filesystem::path plain = scratch.path() / "plain";
    std::filesystem::create_directory(plain);
    const Bytes document(small_bytes, std::byte{0x33});
    std::array<Keys, writers> keys_of;
    int round = 0;  // names are new in each: replacing a file costs another thing than adding one
    const auto parallel = [](const std::function<void(int)>& work) {
        return writers * documents_each / seconds([&] {
                   std::vector<std::jthread> threads;
                   for (int w = 0; w < writers; ++w) threads.emplace_back([&work, w] { work(w); });
               });
    };
    const Pair rate = median_of_pairs(
        5,
        [&] {
            return parallel([&](int w) {
                Keys& keys = keys_of[w];
                for (int i = 0; i < documents_each; ++i) {
                    const spool::Header header = keys.header();
                    (void)keys.seal(must(folder->create({header.job, 1})), header, document, document.size());
                }
            });
        },
        [&] {
            ++round;
            return parallel([&](int w) {
                const int directory = open(plain.c_str(), O_RDONLY | O_DIRECTORY);
                for (int i = 0; i < documents_each; ++i) {
                    const std::string name = (plain / fmt::format("{}-{}-{}", round, w, i)).string();
                    const int fd = open((name + ".tmp").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
                    write_all(fd, document);
                    if (fsync(fd) != 0 || close(fd) != 0) std::exit(1);
                    if (rename((name + ".tmp").c_str(), name.c_str()) != 0 || fsync(directory) != 0) std::exit(1);
                }
                close(directory);
            });
        });
    return {{.name = "spool.small",
             .ours = rate.ours,
             .unit = "1/s",
             .against = "create+write+fsync+rename+fsync of the folder, 50 kB, 8 writers",
             .theirs = rate.theirs}};
}

std::vector<Figure> large() {
    Scratch scratch;
    const auto folder = must(store::BlobFolder::open(scratch.path() / "spool"));
    Keys keys;
    const Bytes piece(piece_bytes, std::byte{0x33});
    const Pair rate = median_of_pairs(
        3,
        [&] {
            const spool::Header header = keys.header();
            const double speed = large_bytes / mib / seconds([&] {
                                     (void)keys.seal(must(folder->create({header.job, 1})), header, piece, large_bytes);
                                 });
            must(folder->remove({header.job, 1}));
            return speed;
        },
        [&] {
            const std::string name = (scratch.path() / "raw").string();
            const std::string dd = fmt::format("dd if=/dev/zero of={} bs=1M count={} conv=fsync status=none", name,
                                               large_bytes / piece_bytes);
            const double speed = large_bytes / mib / seconds([&] {
                                     if (std::system(dd.c_str()) != 0) std::exit(1);
                                 });
            unlink(name.c_str());
            return speed;
        });
    return {{.name = "spool.disk",
             .ours = rate.ours,
             .unit = "MiB/s",
             .against = "dd if=/dev/zero bs=1M conv=fsync, same size",
             .theirs = rate.theirs}};
}

std::vector<Figure> memory() {
    Keys keys;
    const Bytes piece(piece_bytes, std::byte{0x33});
    const auto write = [&](std::uint64_t bytes) {
        Scratch scratch;
        const auto folder = must(store::BlobFolder::open(scratch.path() / "spool"));
        const spool::Header header = keys.header();
        give_back_memory();
        const PeakMemory peak;
        (void)keys.seal(must(folder->create({header.job, 1})), header, piece, bytes);
        return peak.mib();
    };
    const auto read = [&](std::uint64_t bytes) {
        Scratch scratch;
        const auto folder = must(store::BlobFolder::open(scratch.path() / "spool"));
        const spool::Header header = keys.header();
        (void)keys.seal(must(folder->create({header.job, 1})), header, piece, bytes);
        give_back_memory();
        const PeakMemory peak;
        keys.open(must(folder->open({header.job, 1})), header, bytes);
        return peak.mib();
    };
    const auto figure = [](const char* name, double ours) {
        return Figure{.name = name,
                      .ours = ours,
                      .unit = "MiB",
                      .against = "the limit: 2 MiB over idle, at 4 GiB",
                      .theirs = 2,
                      .higher_is_better = false};
    };
    (void)write(warm_up_bytes);
    (void)read(warm_up_bytes);
    return {figure("spool.memory.writer", write(huge_bytes)), figure("spool.memory.reader", read(huge_bytes))};
}

}  // namespace

std::vector<Benchmark> disk_benchmarks() {
    return {{"spool.small", small}, {"spool.disk", large}, {"spool.memory", memory}};
}

}  // namespace safeq::bench
