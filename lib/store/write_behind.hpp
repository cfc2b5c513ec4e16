// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <safeq/core/bytes.hpp>

namespace safeq::store {

/// Writes in a thread of its own what another makes, so that making and writing overlap; 1 MiB is on its way at most.
/// *Threads*: one object, one thread at a time; `write` is called in the other thread, one call at a time.
class WriteBehind final {
public:
    using Write = std::function<Result<void>(ByteView)>;

    static constexpr std::size_t piece_bytes = std::size_t{512} << 10;

    /// Null where the system has no thread or no memory left for it: then write without.
    [[nodiscard]] static std::unique_ptr<WriteBehind> start(Write write);

    /// Drops what isn't written yet, and waits for the write that is under way.
    ~WriteBehind();
    WriteBehind(const WriteBehind&) = delete;
    WriteBehind& operator=(const WriteBehind&) = delete;

    /// Takes all bytes, waiting while there is no room. *Errors*: that of an earlier write, after which nothing is
    /// written; an exception of `write` comes out here.
    [[nodiscard]] Result<void> put(ByteView bytes);

    /// Waits until all that was put is written. *Errors*: as `put`.
    [[nodiscard]] Result<void> drain();

private:
    struct Piece {
        std::unique_ptr<std::byte[]> bytes = std::make_unique_for_overwrite<std::byte[]>(piece_bytes);
        std::size_t used = 0;
    };

    explicit WriteBehind(Write write);
    void run();
    void hand_over();
    [[nodiscard]] Result<void> wait_until_full(std::size_t at_most);

    Write write_;
    std::array<Piece, 2> pieces_;  // those that are full are the writing thread's, in turn
    // The putting thread's:
    std::size_t filling_ = 0;
    std::size_t filled_bytes_ = 0;
    // Under the mutex:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t full_ = 0;
    bool ended_ = false;
    std::optional<Error> failed_;
    std::exception_ptr thrown_;
    std::thread thread_;
};

}  // namespace safeq::store
