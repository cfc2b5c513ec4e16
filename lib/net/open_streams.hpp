// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include <asio/any_io_executor.hpp>
#include <asio/post.hpp>

#include <safeq/net/stream.hpp>

namespace safeq::net {

/// The streams that a server serves, each on its own strand, so that none of them holds up its end.
/// *Threads*: safe from several threads.
class OpenStreams {
    struct Open {
        asio::any_io_executor executor;
        std::weak_ptr<Stream> stream;
        bool idle = false;
    };

public:
    /// One of them, for as long as it exists.
    class Place {
    public:
        Place(OpenStreams& all, asio::any_io_executor executor, const std::shared_ptr<Stream>& stream) : all_{all} {
            const std::scoped_lock lock{all_.mutex_};
            at_ = all_.open_.insert(all_.open_.end(), Open{.executor = std::move(executor), .stream = stream});
        }
        ~Place() {
            const std::scoped_lock lock{all_.mutex_};
            all_.open_.erase(at_);
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        /// Nothing is under way on it; false when `end` has been there before.
        [[nodiscard]] bool rest() noexcept {
            const std::scoped_lock lock{all_.mutex_};
            at_->idle = !all_.ended_;
            return at_->idle;
        }
        /// Something is.
        void work() noexcept {
            const std::scoped_lock lock{all_.mutex_};
            at_->idle = false;
        }

    private:
        OpenStreams& all_;
        std::list<Open>::iterator at_;
    };

    /// Those on which nothing is under way end at once; the others wait for their peers for `grace` at the most.
    void end(Duration grace) {
        const auto last = std::chrono::steady_clock::now() + grace;
        const std::scoped_lock lock{mutex_};
        ended_ = true;
        for (const Open& open : open_)
            asio::post(open.executor, [weak = open.stream, idle = open.idle, last] {
                const auto stream = weak.lock();
                if (!stream) return;
                if (idle) stream->cancel();
                else stream->end_by(last);
            });
    }

private:
    std::mutex mutex_;
    bool ended_ = false;
    std::list<Open> open_;
};

}  // namespace safeq::net
