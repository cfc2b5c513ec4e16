// SPDX-License-Identifier: Apache-2.0
#include "write_behind.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

namespace safeq::store {

std::unique_ptr<WriteBehind> WriteBehind::start(Write write) {
    try {
        return std::unique_ptr<WriteBehind>{new WriteBehind{std::move(write)}};
    } catch (const std::system_error&) {
        return nullptr;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

WriteBehind::WriteBehind(Write write) : write_{std::move(write)}, thread_{[this] { run(); }} {}

WriteBehind::~WriteBehind() {
    {
        const std::scoped_lock lock{mutex_};
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

Result<void> WriteBehind::put(ByteView bytes) {
    while (!bytes.empty()) {
        if (filled_bytes_ == 0) SAFEQ_TRY_VOID(wait_until_full(pieces_.size() - 1));
        const std::size_t now = std::min(bytes.size(), piece_bytes - filled_bytes_);
        std::memcpy(pieces_[filling_].bytes.get() + filled_bytes_, bytes.data(), now);
        filled_bytes_ += now;
        bytes = bytes.subspan(now);
        if (filled_bytes_ == piece_bytes) hand_over();
    }
    return {};
}

Result<void> WriteBehind::drain() {
    if (filled_bytes_ > 0) hand_over();
    return wait_until_full(0);
}

void WriteBehind::hand_over() {
    pieces_[filling_].used = std::exchange(filled_bytes_, 0);
    filling_ = (filling_ + 1) % pieces_.size();
    {
        const std::scoped_lock lock{mutex_};
        ++full_;
    }
    changed_.notify_all();
}

Result<void> WriteBehind::wait_until_full(std::size_t at_most) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return full_ <= at_most || failed_ || thrown_; });
    if (thrown_) std::rethrow_exception(thrown_);
    if (failed_) return std::unexpected{*failed_};
    return {};
}

void WriteBehind::run() {
    for (std::size_t next = 0;; next = (next + 1) % pieces_.size()) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return full_ > 0 || ended_; });
            if (ended_) return;
        }
        Result<void> written;
        std::exception_ptr thrown;
        try {
            written = write_({pieces_[next].bytes.get(), pieces_[next].used});
        } catch (...) {
            thrown = std::current_exception();
        }
        {
            const std::scoped_lock lock{mutex_};
            --full_;
            thrown_ = std::move(thrown);
            if (!written) failed_.emplace(std::move(written).error());
        }
        changed_.notify_all();
        if (thrown_ || failed_) return;  // only this thread sets them
    }
}

}  // namespace safeq::store
