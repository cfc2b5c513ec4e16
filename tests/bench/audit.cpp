// SPDX-License-Identifier: Apache-2.0
// Durable appends by many writers, against one writer that calls fdatasync after each, on the same disk.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include <safeq/audit/log.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/store/log_folder.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"
#include "bench/scratch.hpp"

namespace safeq::bench {
namespace {

constexpr int writers = 64;
constexpr int runs = 5;
constexpr auto run_time = std::chrono::milliseconds{1500};

struct Measured {
    double per_second;
    std::vector<double> latencies;  // seconds
};

Measured append_ours(audit::Log& log, const Clock& clock) {
    std::atomic<bool> over{false};
    std::vector<std::vector<double>> latencies(writers);
    const double took = seconds([&] {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w)
            threads.emplace_back([&, w] {
                crypto::SystemRandom random;
                const TenantId tenant = TenantId::make(clock, random);
                while (!over) {
                    audit::Record record{.id = RecordId::make(clock, random),
                                         .at = clock.now(),
                                         .kind = audit::Kind::sign_in,
                                         .tenant = tenant,
                                         .subject = SubjectId::make(clock, random)};
                    record.add(audit::field::method, "terminal").add(audit::field::factors, "card+pin");
                    latencies[static_cast<std::size_t>(w)].push_back(seconds([&] { (void)must(log.append(record)); }));
                }
            });
        std::this_thread::sleep_for(run_time);
        over = true;
    });
    Measured out{};
    for (auto& each : latencies) out.latencies.insert(out.latencies.end(), each.begin(), each.end());
    out.per_second = static_cast<double>(out.latencies.size()) / took;
    // What is durable but not published stays in memory; a daemon publishes each second.
    (void)must(log.publish());
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
    std::vector<double> ours, theirs;
    const Pair rate = median_of_pairs(
        runs,
        [&] {
            const Measured m = append_ours(*log, clock);
            ours.push_back(quantile(m.latencies, 0.99) * 1000);
            return m.per_second;
        },
        [&] {
            const Measured m = append_raw(scratch.path() / "raw");
            theirs.push_back(quantile(m.latencies, 0.5) * 1000);
            return m.per_second;
        });
    return {{.name = "audit.append",
             .ours = rate.ours,
             .unit = "1/s",
             .against = "write + fdatasync of 300 bytes, one writer, same disk",
             .theirs = rate.theirs},
            {.name = "audit.append.p99",
             .ours = quantile(ours, 0.5),
             .unit = "ms",
             .against = "one such write + fdatasync, median",
             .theirs = quantile(theirs, 0.5),
             .higher_is_better = false}};
}

}  // namespace

std::vector<Benchmark> audit_benchmarks() { return {{"audit.append", append}}; }

}  // namespace safeq::bench
