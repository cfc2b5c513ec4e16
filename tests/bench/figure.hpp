// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace safeq::bench {

/// One figure: ours beside the peer or limit that it is measured against.
struct Figure {
    std::string name;  ///< "spool.seal"
    double ours = 0;
    std::string unit;     ///< "MiB/s"
    std::string against;  ///< what `theirs` is; empty where there is no peer
    double theirs = 0;
    bool higher_is_better = true;
};

/// A benchmark: its names, and what measures them. One program may give several figures.
struct Benchmark {
    std::string name;
    std::function<std::vector<Figure>()> run;
};

/// All benchmarks, in the order of the table.
[[nodiscard]] std::vector<Benchmark> spool_benchmarks();
[[nodiscard]] std::vector<Benchmark> program_benchmarks();
[[nodiscard]] std::vector<Benchmark> disk_benchmarks();
[[nodiscard]] std::vector<Benchmark> token_benchmarks();
[[nodiscard]] std::vector<Benchmark> auth_benchmarks();
[[nodiscard]] std::vector<Benchmark> audit_benchmarks();
[[nodiscard]] std::vector<Benchmark> audit_proof_benchmarks();
[[nodiscard]] std::vector<Benchmark> audit_look_benchmarks();
[[nodiscard]] std::vector<Benchmark> tls_benchmarks();
[[nodiscard]] std::vector<Benchmark> print_benchmarks();
[[nodiscard]] std::vector<Benchmark> flood_benchmarks();

/// Of `runs` paired measurements, each of ours directly before theirs so that both see the same machine, the one with
/// the median ratio; one pair before them warms up. The callables return a rate or a duration.
struct Pair {
    double ours;
    double theirs;
};
[[nodiscard]] Pair median_of_pairs(int runs, const std::function<double()>& ours,
                                   const std::function<double()>& theirs);

/// Seconds that a call takes.
[[nodiscard]] double seconds(const std::function<void()>& call);
/// Seconds that it has the processor.
[[nodiscard]] double cpu_seconds(const std::function<void()>& call);

/// The q-th quantile (0 to 1) of the samples. *Requires*: not empty.
[[nodiscard]] double quantile(std::vector<double> samples, double q);

}  // namespace safeq::bench
