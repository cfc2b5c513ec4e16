// SPDX-License-Identifier: Apache-2.0
#include "bench/installation.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <safeq/net/ipp_client.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"
#include "support/documents.hpp"

namespace safeq::bench {
namespace {

constexpr std::size_t document_bytes = 50'000;

net::HttpTarget terminals(const Installation& site, const std::string& folder) {
    const auto own = must(tls::Credentials::from_pem({file(folder + "/cert.pem")}, {file(folder + "/key.pem")}));
    return must(net::HttpTarget::https(setting("SAFEQ_BENCH_RELEASE"), site.context(own)));
}

}  // namespace

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

void must_be(int status, int expected) {
    if (status == expected) return;
    fmt::print(stderr, "benchmark: answered {}, not {}\n", status, expected);
    std::exit(1);
}

std::string file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

Installation::Installation()
    : anchors{must(tls::TrustAnchors::from_pem({file(setting("SAFEQ_BENCH_PUBLIC") + "/ca.pem")},
                                               {file(setting("SAFEQ_BENCH_PUBLIC") + "/crl.pem")},
                                               tls::Revocation::required))} {}

std::shared_ptr<const tls::ClientContext> Installation::context(std::shared_ptr<const tls::Credentials> own) const {
    return must(tls::ClientContext::create({.policy = &tls::modern_2026,
                                            .server_name = "localhost",
                                            .check = tls::Anchored{anchors, "localhost"},
                                            .own = std::move(own),
                                            .alpn = {}}));
}

Bytes document() { return test::make_pdf(4, std::string(document_bytes / 4, 'x')); }

void submit(Installation& site, const Bytes& bytes, int count) {
    const auto client =
        must(net::IppClient::create({.uri = setting("SAFEQ_BENCH_URI"), .user_name = {}, .authorization = {}},
                                    site.context(nullptr), site.clock, site.random));
    for (int i = 0; i < count; ++i) {
        bool given = false;
        (void)must(client->submit(
            {.ticket = {.job_name = "bench", .document_format = "application/pdf"},
             .bytes = bytes.size(),
             .next = [&]() -> Result<ByteView> { return std::exchange(given, true) ? ByteView{} : ByteView{bytes}; }}));
    }
}

Terminal::Terminal(Installation& site, const std::string& folder)
    : client_{terminals(site, folder), site.clock, site.random} {}

int Terminal::sign_in(std::string_view factors) {
    http::Headers json;
    json.add("Content-Type", "application/json");
    const auto reply =
        must(client_.request({.method = "POST", .target = "/v1/sessions", .headers = json, .body = to_bytes(factors)}));
    if (reply.status == 201) {
        headers_ = {};
        headers_.add("Authorization",
                     "Bearer " + nlohmann::json::parse(as_text(reply.body)).at("session").get<std::string>());
    }
    return reply.status;
}

std::vector<double> Terminal::release(std::size_t count) {
    std::vector<double> out;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{120};
    while (out.size() < count && std::chrono::steady_clock::now() < end) {
        const auto list =
            must(client_.request({.method = "GET", .target = "/v1/jobs", .headers = headers_, .body = {}}));
        must_be(list.status, 200);
        const auto answer = nlohmann::json::parse(as_text(list.body));
        for (const auto& job : answer.at("jobs")) {
            if (out.size() >= count) break;
            const std::string path = "/v1/jobs/" + job.at("id").get<std::string>() + "/release";
            const double took = seconds([&] {
                const auto reply =
                    must(client_.request({.method = "POST", .target = path, .headers = headers_, .body = {}}));
                must_be(reply.status, 200);
            });
            out.push_back(1000 * took);
        }
    }
    return out;
}

}  // namespace safeq::bench
