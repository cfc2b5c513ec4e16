// SPDX-License-Identifier: Apache-2.0
// Durable appends by many writers, against one writer that calls fdatasync after each, on the same disk.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <safeq/audit/log.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/store/log_folder.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"
#include "bench/scratch.hpp"

namespace safeq::bench {
namespace {

using namespace std::chrono_literals;

constexpr int writers = 64;
constexpr int runs = 5;
constexpr auto run_time = 2500ms;
constexpr auto publish_every = 1s;  // as a daemon does
constexpr double goal_per_second = 30'000;

struct Measured {
    double per_second;
    std::vector<double> latencies;  // seconds
};

// Each writer appends as soon as it may; or, paced, all of them `rate` a second, each at moments of its own.
Measured append_ours(audit::Log& log, const Clock& clock, std::optional<double> rate) {
    std::atomic<bool> over{false};
    std::vector<std::vector<double>> latencies(writers);
    const double took = seconds([&] {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w)
            threads.emplace_back([&, w] {
                crypto::SystemRandom random;
                const TenantId tenant = TenantId::make(clock, random);
                const std::chrono::duration<double> pace{rate ? writers / *rate : 0};
                auto next = std::chrono::steady_clock::now() +
                            std::chrono::duration_cast<std::chrono::nanoseconds>(pace * w / writers);
                while (!over) {
                    if (rate) {
                        std::this_thread::sleep_until(next);
                        next += std::chrono::duration_cast<std::chrono::nanoseconds>(pace);
                    }
                    audit::Record record{.id = RecordId::make(clock, random),
                                         .at = clock.now(),
                                         .kind = audit::Kind::sign_in,
                                         .tenant = tenant,
                                         .subject = SubjectId::make(clock, random)};
                    record.add(audit::field::method, "terminal").add(audit::field::factors, "card+pin");
                    latencies[static_cast<std::size_t>(w)].push_back(seconds([&] { (void)must(log.append(record)); }));
                }
            });
        for (auto left = std::chrono::milliseconds{run_time}; left > 0ms; left -= publish_every) {
            std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(left, publish_every));
            (void)must(log.publish());
        }
        over = true;
    });
    Measured out{};
    for (auto& each : latencies) out.latencies.insert(out.latencies.end(), each.begin(), each.end());
    out.per_second = static_cast<double>(out.latencies.size()) / took;
    (void)must(log.publish());  // what is durable and not published stays in memory
    return out;
}

Measured append_raw(const std::filesystem::path& file) {
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0) std::exit(1);
    const std::string record(300, 'x');
    Measured out{};
    const auto end = std::chrono::steady_clock::now() + run_time;
    const double took = seconds([&] {
        while (std::chrono::steady_clock::now() < end)
            out.latencies.push_back(seconds([&] {
                if (write(fd, record.data(), record.size()) < 0 || fdatasync(fd) != 0) std::exit(1);
            }));
    });
    close(fd);
    out.per_second = static_cast<double>(out.latencies.size()) / took;
    return out;
}

std::vector<Figure> append() {
    Scratch scratch;
    SystemClock clock;
    crypto::SystemRandom random;
    const auto store = must(store::open_log_folder(scratch.path() / "log"));
    const crypto::SigningKey key = crypto::SigningKey::generate(random);
    const auto log = must(audit::Log::open(*store, "safeq/bench", key));
    std::vector<double> ours, paced, theirs, their_p99;
    const Pair rate = median_of_pairs(
        runs,
        [&] {
            const Measured m = append_ours(*log, clock, std::nullopt);
            ours.push_back(quantile(m.latencies, 0.99) * 1000);
            return m.per_second;
        },
        [&] {
            const Measured m = append_raw(scratch.path() / "raw");
            theirs.push_back(quantile(m.latencies, 0.5) * 1000);
            their_p99.push_back(quantile(m.latencies, 0.99) * 1000);
            return m.per_second;
        });
    std::vector<double> paced_rates;
    for (int run = 0; run < runs; ++run) {
        const Measured m = append_ours(*log, clock, goal_per_second);
        paced.push_back(quantile(m.latencies, 0.99) * 1000);
        paced_rates.push_back(m.per_second);
    }
    const double sync = quantile(theirs, 0.5);
    const auto latency = [&](std::string name, double ms) {
        return Figure{.name = std::move(name),
                      .ours = ms,
                      .unit = "ms",
                      .against = "one such write + fdatasync, median",
                      .theirs = sync,
                      .higher_is_better = false};
    };
    return {{.name = "audit.append",
             .ours = rate.ours,
             .unit = "1/s",
             .against = "write + fdatasync of 300 bytes, one writer, same disk",
             .theirs = rate.theirs},
            latency("audit.append.p99", quantile(ours, 0.5)),
            {.name = "audit.append.paced",
             .ours = quantile(paced_rates, 0.5),
             .unit = "1/s",
             .against = "the rate that was asked for",
             .theirs = goal_per_second},
            latency("audit.append.paced.p99", quantile(paced, 0.5)),
            {.name = "audit.append.raw.p99", .ours = quantile(their_p99, 0.5), .unit = "ms"}};
}

}  // namespace

std::vector<Benchmark> audit_benchmarks() { return {{"audit.append", append}}; }

}  // namespace safeq::bench
