// SPDX-License-Identifier: Apache-2.0
// A whole installation on loopback, started by bench.py: print jobs a second, and how long a release takes.
#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include <fmt/format.h>

#include "bench/figure.hpp"
#include "bench/installation.hpp"

namespace safeq::bench {
namespace {

constexpr int connections = 8;
constexpr int jobs_each = 25;

double in_parallel(const std::function<void(int)>& work) {
    return seconds([&] {
        std::vector<std::jthread> threads;
        for (int t = 0; t < connections; ++t) threads.emplace_back([&work, t] { work(t); });
    });
}

// What a file system gives to who makes each document durable under its name, and does nothing else.
void make_durable(int writer, const Bytes& bytes) {
    const std::string folder = setting("SAFEQ_BENCH_SCRATCH");
    const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < jobs_each; ++i) {
        const std::string temporary = fmt::format("{}/raw-{}-{}.tmp", folder, writer, i);
        const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)!write(fd, bytes.data(), bytes.size());
        fsync(fd);
        close(fd);
        (void)!rename(temporary.c_str(), fmt::format("{}/raw-{}-{}", folder, writer, i).c_str());
        fsync(directory);
    }
    close(directory);
}

std::vector<Figure> print_jobs() {
    if (setting("SAFEQ_BENCH_URI").empty()) return {};
    Installation site;
    const Bytes bytes = document();
    constexpr double total = connections * jobs_each;
    const Pair rate = median_of_pairs(
        3, [&] { return total / in_parallel([&](int) { submit(site, bytes, jobs_each); }); },
        [&] { return total / in_parallel([&](int writer) { make_durable(writer, bytes); }); });
    return {{.name = "print.jobs",
             .ours = rate.ours,
             .unit = "jobs/s",
             .against = "write+fsync+rename+fsync of 50 kB, 8 writers",
             .theirs = rate.theirs}};
}

std::vector<Figure> release_latency() {
    if (setting("SAFEQ_BENCH_URI").empty()) return {};
    Installation site;
    submit(site, document(), 40);
    Terminal terminal{site, setting("SAFEQ_BENCH_TERMINAL")};
    must_be(terminal.sign_in(setting("SAFEQ_BENCH_FACTORS")), 201);
    const std::vector<double> samples = terminal.release(30);
    if (samples.empty()) return {};
    return {{.name = "release.p50", .ours = quantile(samples, 0.5), .unit = "ms"},
            {.name = "release.p99", .ours = quantile(samples, 0.99), .unit = "ms"}};
}

}  // namespace

std::vector<Benchmark> print_benchmarks() { return {{"print.jobs", print_jobs}, {"release", release_latency}}; }

}  // namespace safeq::bench
