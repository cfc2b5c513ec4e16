// SPDX-License-Identifier: Apache-2.0
// safeq_bench [--json] [NAME…]: figures as a table, or one JSON line each; NAME is a figure or the beginning of some.
#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/figure.hpp"

namespace {

using namespace safeq::bench;

std::string processor() {
    std::ifstream in{"/proc/cpuinfo"};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown processor";
}

double ratio(const Figure& f) { return f.higher_is_better ? f.ours / f.theirs : f.theirs / f.ours; }

void print_json(const Figure& f) {
    if (f.against.empty())
        fmt::print(
            "{{\"name\":\"{}\",\"ours\":{:.4g},\"unit\":\"{}\",\"against\":null,\"theirs\":null,\"ratio\":null}}\n",
            f.name, f.ours, f.unit);
    else
        fmt::print(
            "{{\"name\":\"{}\",\"ours\":{:.4g},\"unit\":\"{}\",\"against\":\"{}\",\"theirs\":{:.4g},\"ratio\":{:.3f}}}"
            "\n",
            f.name, f.ours, f.unit, f.against, f.theirs, ratio(f));
}

void print_row(const Figure& f) {
    if (f.against.empty()) fmt::print("{:<24} {:>10.4g} {:<8} {:>10} {:>7}  —\n", f.name, f.ours, f.unit, "", "");
    else
        fmt::print("{:<24} {:>10.4g} {:<8} {:>10.4g} {:>7.3f}  {}\n", f.name, f.ours, f.unit, f.theirs, ratio(f),
                   f.against);
}

}  // namespace

int main(int argc, char** argv) {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);  // as the daemons do, see `daemon::keep_memory_private`
    bool json = false;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view{argv[i]} == "--json") json = true;
        else names.emplace_back(argv[i]);
    }
    std::vector<Benchmark> all = spool_benchmarks();
    for (const auto& more :
         {program_benchmarks, disk_benchmarks, auth_benchmarks, token_benchmarks, audit_benchmarks,
          audit_proof_benchmarks, audit_look_benchmarks, tls_benchmarks, print_benchmarks, flood_benchmarks})
        std::ranges::move(more(), std::back_inserter(all));

    if (!json) {
        fmt::print("{}, {} threads\n\n", processor(), std::thread::hardware_concurrency());
        fmt::print("{:<24} {:>10} {:<8} {:>10} {:>7}  {}\n", "name", "ours", "unit", "theirs", "ratio", "against");
    }
    bool any = false;
    for (const Benchmark& benchmark : all) {
        const bool wanted = names.empty() || std::ranges::any_of(names, [&](const std::string& n) {
                                return benchmark.name.starts_with(n) || n.starts_with(benchmark.name);
                            });
        if (!wanted) continue;
        for (const Figure& figure : benchmark.run()) {
            any = true;
            json ? print_json(figure) : print_row(figure);
            std::fflush(stdout);
        }
    }
    if (!any) {
        fmt::print(stderr, "no benchmark of that name; there are:\n");
        for (const Benchmark& benchmark : all) fmt::print(stderr, "  {}\n", benchmark.name);
        return 2;
    }
    return 0;
}
