// SPDX-License-Identifier: Apache-2.0
// seal_file IN OUT: seals a file as a program would that wants it done soon: reading, sealing and writing overlap.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

#include <safeq/crypto/random.hpp>
#include <safeq/spool/writer.hpp>

#include "bench/must.hpp"

namespace {

using namespace safeq;
using bench::must;

constexpr std::size_t piece_bytes = 1 << 20;
constexpr std::size_t pieces = 4;

/// Pieces on their way from one thread to another, at most four at a time.
class Belt {
public:
    struct Piece {
        Bytes bytes = Bytes(piece_bytes);
        std::size_t used = 0;
    };

    /// An empty one to fill; then `put`.
    Piece& room() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return filled_ - taken_ < pieces; });
        return ring_[filled_ % pieces];
    }
    void put() { step(filled_); }
    void end() {
        {
            const std::scoped_lock lock{mutex_};
            ended_ = true;
        }
        changed_.notify_all();
    }
    /// The next full one, then `drop`; null at the end.
    Piece* next() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return filled_ != taken_ || ended_; });
        return filled_ == taken_ ? nullptr : &ring_[taken_ % pieces];
    }
    void drop() { step(taken_); }

private:
    void step(std::size_t& count) {
        {
            const std::scoped_lock lock{mutex_};
            ++count;
        }
        changed_.notify_all();
    }

    std::array<Piece, pieces> ring_;
    std::size_t filled_ = 0, taken_ = 0;
    bool ended_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
};

/// Writes behind the sealing thread's back.
class FileSink final : public spool::BlobSink {
public:
    explicit FileSink(int fd) : fd_{fd}, thread_{[this] { run(); }} {}
    ~FileSink() override {
        belt_.end();
        if (thread_.joinable()) thread_.join();
    }

    Result<void> write(ByteView bytes) override {
        while (!bytes.empty()) {
            if (piece_ == nullptr) {
                piece_ = &belt_.room();
                piece_->used = 0;
            }
            const std::size_t now = std::min(bytes.size(), piece_bytes - piece_->used);
            std::copy_n(bytes.begin(), now, piece_->bytes.begin() + static_cast<std::ptrdiff_t>(piece_->used));
            piece_->used += now;
            bytes = bytes.subspan(now);
            if (piece_->used == piece_bytes) pass();
        }
        return {};
    }
    Result<void> commit() override {
        if (piece_ != nullptr) pass();
        belt_.end();
        thread_.join();
        if (failed_) return fail(Errc::io_failed, "output");
        return {};
    }

private:
    void pass() {
        belt_.put();
        piece_ = nullptr;
    }
    void run() {
        while (Belt::Piece* piece = belt_.next()) {
            ByteView left = ByteView{piece->bytes}.first(piece->used);
            while (!left.empty() && !failed_) {
                const ssize_t n = ::write(fd_, left.data(), left.size());
                if (n <= 0) failed_ = true;
                else left = left.subspan(static_cast<std::size_t>(n));
            }
            belt_.drop();
        }
    }

    int fd_;
    bool failed_ = false;  // read after the thread has ended
    Belt belt_;
    Belt::Piece* piece_ = nullptr;
    std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const int in = open(argv[1], O_RDONLY | O_CLOEXEC);
    const int out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || out < 0) return 1;
    SystemClock clock;
    crypto::SystemRandom random;
    const auto signer = crypto::SigningKey::generate(random);
    const auto epoch = crypto::XwingPrivateKey::generate(random);
    auto writer = must(spool::Writer::create(std::make_unique<FileSink>(out),
                                             {.tenant = TenantId::make(clock, random),
                                              .job = JobId::make(clock, random),
                                              .document = 1,
                                              .owner = SubjectId::make(clock, random),
                                              .intake = InstanceId::make(clock, random),
                                              .created = clock.now()},
                                             epoch.public_key(), signer, random));
    Belt belt;
    std::thread reader{[&] {
        for (;;) {
            Belt::Piece& piece = belt.room();
            const ssize_t n = read(in, piece.bytes.data(), piece.bytes.size());
            if (n < 0) std::exit(1);
            if (n == 0) break;
            piece.used = static_cast<std::size_t>(n);
            belt.put();
        }
        belt.end();
    }};
    while (Belt::Piece* piece = belt.next()) {
        must(writer.append(ByteView{piece->bytes}.first(piece->used)));
        belt.drop();
    }
    reader.join();
    (void)must(std::move(writer).finish());
}
