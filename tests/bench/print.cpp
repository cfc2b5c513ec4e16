// SPDX-License-Identifier: Apache-2.0
// A whole installation on loopback, started by bench.py: print jobs a second, and how long a release takes.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <safeq/crypto/random.hpp>
#include <safeq/net/ipp_client.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"
#include "support/documents.hpp"

namespace safeq::bench {
namespace {

constexpr std::size_t document_bytes = 50'000;
constexpr int connections = 8;
constexpr int jobs_each = 25;

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

std::string file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

struct World {
    SystemClock clock;
    crypto::SystemRandom random;
    std::shared_ptr<const tls::TrustAnchors> anchors = must(
        tls::TrustAnchors::from_pem({file(setting("SAFEQ_BENCH_PUBLIC") + "/ca.pem")},
                                    {file(setting("SAFEQ_BENCH_PUBLIC") + "/crl.pem")}, tls::Revocation::required));

    std::shared_ptr<const tls::ClientContext> context(std::shared_ptr<const tls::Credentials> own) {
        return must(tls::ClientContext::create({.policy = &tls::modern_2026,
                                                .server_name = "localhost",
                                                .check = tls::Anchored{anchors, "localhost"},
                                                .own = std::move(own),
                                                .alpn = {}}));
    }
};

// A PDF of about the size wanted, as office programs make them: few pages, long content.
Bytes document() { return test::make_pdf(4, std::string(document_bytes / 4, 'x')); }

void submit(World& world, const Bytes& bytes, int count) {
    const auto client =
        must(net::IppClient::create({.uri = setting("SAFEQ_BENCH_URI"), .user_name = {}, .authorization = {}},
                                    world.context(nullptr), world.clock, world.random));
    for (int i = 0; i < count; ++i) {
        bool given = false;
        (void)must(client->submit(
            {.ticket = {.job_name = "bench", .document_format = "application/pdf"},
             .bytes = bytes.size(),
             .next = [&]() -> Result<ByteView> { return std::exchange(given, true) ? ByteView{} : ByteView{bytes}; }}));
    }
}

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
    World world;
    const Bytes bytes = document();
    constexpr double total = connections * jobs_each;
    const Pair rate = median_of_pairs(
        3, [&] { return total / in_parallel([&](int) { submit(world, bytes, jobs_each); }); },
        [&] { return total / in_parallel([&](int writer) { make_durable(writer, bytes); }); });
    return {{.name = "print.jobs",
             .ours = rate.ours,
             .unit = "jobs/s",
             .against = "write+fsync+rename+fsync of 50 kB, 8 writers",
             .theirs = rate.theirs}};
}

void expect(const net::HttpReply& reply, int status) {
    if (reply.status == status) return;
    fmt::print(stderr, "benchmark: answered {}, not {}\n", reply.status, status);
    std::exit(1);
}

std::vector<Figure> release_latency() {
    if (setting("SAFEQ_BENCH_URI").empty()) return {};
    World world;
    submit(world, document(), 40);
    const std::string folder = setting("SAFEQ_BENCH_TERMINAL");
    const auto own = must(tls::Credentials::from_pem({file(folder + "/cert.pem")}, {file(folder + "/key.pem")}));
    net::HttpClient client{must(net::HttpTarget::https(setting("SAFEQ_BENCH_RELEASE"), world.context(own))),
                           world.clock, world.random};
    http::Headers json;
    json.add("Content-Type", "application/json");
    const auto signed_in = must(client.request({.method = "POST",
                                                .target = "/v1/sessions",
                                                .headers = json,
                                                .body = to_bytes(setting("SAFEQ_BENCH_FACTORS"))}));
    expect(signed_in, 201);
    http::Headers headers;
    headers.add("Authorization",
                "Bearer " + nlohmann::json::parse(as_text(signed_in.body)).at("session").get<std::string>());
    std::vector<double> samples;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{120};
    while (samples.size() < 30 && std::chrono::steady_clock::now() < end) {
        const auto list = must(client.request({.method = "GET", .target = "/v1/jobs", .headers = headers, .body = {}}));
        expect(list, 200);
        const auto jobs = nlohmann::json::parse(as_text(list.body)).at("jobs");
        for (const auto& job : jobs) {
            if (samples.size() >= 30) break;
            const std::string path = "/v1/jobs/" + job.at("id").get<std::string>() + "/release";
            samples.push_back(
                seconds([&] {
                    expect(must(client.request({.method = "POST", .target = path, .headers = headers, .body = {}})),
                           200);
                }) *
                1000);
        }
    }
    if (samples.empty()) return {};
    return {{.name = "release.p50", .ours = quantile(samples, 0.5), .unit = "ms"},
            {.name = "release.p99", .ours = quantile(samples, 0.99), .unit = "ms"}};
}

}  // namespace

std::vector<Benchmark> print_benchmarks() { return {{"print.jobs", print_jobs}, {"release", release_latency}}; }

}  // namespace safeq::bench
