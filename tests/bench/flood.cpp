// SPDX-License-Identifier: Apache-2.0
// A thousand sign-ins a second at an installation on loopback, started by bench.py; and what releases take meanwhile.
#include <atomic>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "bench/figure.hpp"
#include "bench/installation.hpp"
#include "bench/must.hpp"

namespace safeq::bench {
namespace {

constexpr double offered_a_second = 1000;
constexpr int senders = 128;  // more than there are places, so that some are always free to send the next
constexpr std::size_t releases = 100;

double resident_mib(std::string_view which) {
    std::ifstream in{"/proc/" + setting("SAFEQ_BENCH_RELEASE_PID") + "/status"};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(which)) return std::stod(line.substr(which.size() + 1)) / 1024;
    return 0;
}

// Sign-ins by the clock, each of another person, until the end of the object; one in twenty with a wrong password.
class Flood {
public:
    Flood(Installation& site, const std::vector<std::string>& doors)
        : people_{std::stoul(setting("SAFEQ_BENCH_PEOPLE"))} {
        for (int i = 0; i < senders; ++i)
            threads_.emplace_back([this, &site, door = doors[i % doors.size()]](const std::stop_token& stop) {
                Terminal terminal{site, door};
                while (!stop.stop_requested()) send(terminal);
            });
    }
    ~Flood() { stop(); }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

    void stop() {
        for (std::jthread& thread : threads_) thread.request_stop();
        threads_.clear();
    }

    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>{std::chrono::steady_clock::now() - begun_}.count();
    }
    [[nodiscard]] std::size_t answered() const { return answered_; }
    [[nodiscard]] std::size_t let_in() const { return let_in_; }

private:
    void send(Terminal& terminal) {
        const std::size_t number = next_++;
        std::this_thread::sleep_until(begun_ + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                   std::chrono::duration<double>{number / offered_a_second}));
        const bool wrong = number % 20 == 19;
        const int status = terminal.sign_in(
            fmt::format(R"({{"factors":[{{"type":"password","user":"person{}","password":"{} horse"}}]}})",
                        number % people_, wrong ? "wrong" : "correct"));
        ++answered_;
        if (status == 201) ++let_in_;
        else if (status != 503 && status != 403 && status != 429) must_be(status, 503);
    }

    std::size_t people_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::atomic<std::size_t> next_{0}, answered_{0}, let_in_{0};
    std::vector<std::jthread> threads_;
};

std::vector<Figure> flood() {
    std::vector<std::string> doors;
    std::istringstream folders{setting("SAFEQ_BENCH_DOORS")};
    for (std::string folder; folders >> folder;) doors.push_back(folder);
    if (doors.empty()) return {};
    Installation site;
    submit(site, document(), static_cast<int>(releases));
    Terminal terminal{site, setting("SAFEQ_BENCH_TERMINAL")};
    must_be(terminal.sign_in(setting("SAFEQ_BENCH_FACTORS")), 201);
    const double before = resident_mib("VmRSS");
    Flood sign_ins{site, doors};
    const std::vector<double> samples = terminal.release(releases);
    const double took = sign_ins.seconds();
    const auto answered = static_cast<double>(sign_ins.answered());
    const auto let_in = static_cast<double>(sign_ins.let_in());
    sign_ins.stop();
    if (samples.empty()) return {};
    return {{.name = "auth.flood.offered",
             .ours = answered / took,
             .unit = "1/s",
             .against = fmt::format("what was to be offered, over {} connections", senders),
             .theirs = offered_a_second},
            {.name = "auth.flood.let_in", .ours = let_in / took, .unit = "1/s"},
            {.name = "auth.flood.release.p50", .ours = quantile(samples, 0.5), .unit = "ms"},
            {.name = "auth.flood.release.p99",
             .ours = quantile(samples, 0.99),
             .unit = "ms",
             .against = "the limit: 1 s",
             .theirs = 1000,
             .higher_is_better = false},
            {.name = "auth.flood.memory",
             .ours = resident_mib("VmHWM") - before,
             .unit = "MiB",
             .against = "the limit: 8 × 64 MiB",
             .theirs = 512,
             .higher_is_better = false}};
}

}  // namespace

std::vector<Benchmark> flood_benchmarks() { return {{"auth.flood", flood}}; }

}  // namespace safeq::bench
