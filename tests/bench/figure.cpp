// SPDX-License-Identifier: Apache-2.0
#include "bench/figure.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace safeq::bench {

Pair median_of_pairs(int runs, const std::function<double()>& ours, const std::function<double()>& theirs) {
    std::vector<Pair> pairs;
    for (int i = -1; i < runs; ++i) {
        const double a = ours();
        const Pair pair{a, theirs()};
        if (i >= 0) pairs.push_back(pair);
    }
    const auto middle = pairs.begin() + static_cast<std::ptrdiff_t>(pairs.size() / 2);
    std::ranges::nth_element(pairs, middle, {}, [](const Pair& pair) { return pair.ours / pair.theirs; });
    return *middle;
}

double seconds(const std::function<void()>& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds(const std::function<void()>& call) {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    const double start = now();
    call();
    return now() - start;
}

double quantile(std::vector<double> samples, double q) {
    const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(samples.size() - 1) + 0.5);
    std::nth_element(samples.begin(), samples.begin() + at, samples.end());
    return samples[static_cast<std::size_t>(at)];
}

}  // namespace safeq::bench
