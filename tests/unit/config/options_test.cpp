// SPDX-License-Identifier: Apache-2.0
#include "config/options.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace safeq;

namespace {

const daemon::CommonOptions common{.config = {},
                                   .data = "/srv/safeq/release",
                                   .shared = "/srv/safeq/public",
                                   .tenant = "01a208f3-3418-7c07-86b7-72c804cde9a0",
                                   .instance = "01a208f3-3420-7586-9f25-5a975b4e5c29",
                                   .tls_policies = "/srv/safeq/public/tls-policies",
                                   .verbose = true};

template <class Options>
Options set();

template <>
daemon::IntakeOptions set() {
    return {.common = common, .release = "https://localhost:8643", .max_document_mib = 512, .user_jobs = 100};
}
template <>
daemon::ReleaseOptions set() {
    return {.common = common, .tls_exceptions = "/srv/safeq/tls-exceptions", .hold_hours = 24};
}
template <>
daemon::ReportOptions set() {
    return {.common = common, .intake = "https://localhost:8632", .release = "https://localhost:8643"};
}

}  // namespace

// The record `daemon_started` has the SHA-256 of `to_config`: what the records would not show is a flip that gives
// other options and the same text.
TEMPLATE_TEST_CASE("HOSTILE 6: a flipped bit of a configuration is refused, or seen in the options on record",
                   "[config]", daemon::IntakeOptions, daemon::ReleaseOptions, daemon::ReportOptions) {
    const std::string body = daemon::to_config(set<TestType>());
    const std::string remark = "# as an operator wrote it\n";
    std::string text = remark + body;
    const auto options = daemon::from_config<TestType>(text);
    REQUIRE(options);
    REQUIRE(daemon::to_config(*options) == body);
    std::size_t refused = 0, seen = 0, same = 0;
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        const auto flip = [&] { text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8))); };
        flip();
        const auto other = daemon::from_config<TestType>(text);
        INFO("bit " << bit << " of " << text);
        if (!other) ++refused;
        else if (daemon::to_config(*other) != body) ++seen;
        else {
            REQUIRE(*other == *options);
            ++same;
        }
        flip();
    }
    CHECK(refused > 0);
    CHECK(seen > 0);
    CHECK(same <= remark.size() * 8);  // which means nothing
}
