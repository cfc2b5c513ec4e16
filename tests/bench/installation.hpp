// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/crypto/random.hpp>
#include <safeq/net/http_client.hpp>

namespace safeq::bench {

/// What bench.py says about the installation that it has started; empty without one.
[[nodiscard]] std::string setting(const char* name);
[[nodiscard]] std::string file(const std::string& path);

/// Ends the program unless an answer had this status.
void must_be(int status, int expected);

/// A client's side of that installation.
struct Installation {
    SystemClock clock;
    crypto::SystemRandom random;
    std::shared_ptr<const tls::TrustAnchors> anchors;

    Installation();
    [[nodiscard]] std::shared_ptr<const tls::ClientContext> context(std::shared_ptr<const tls::Credentials> own) const;
};

/// A PDF of about 50 kB, as office programs make them: few pages, long content.
[[nodiscard]] Bytes document();

/// Prints a document so many times at the personal address of SAFEQ_BENCH_URI.
void submit(Installation& site, const Bytes& bytes, int count);

/// A device's terminal, with the certificate of its folder.
class Terminal {
public:
    Terminal(Installation& site, const std::string& folder);

    /// Sends factors as JSON; the status. From 201 on, whoever it was is signed in.
    int sign_in(std::string_view factors);
    /// Milliseconds that each of so many releases took; fewer when jobs are wanting. Ends the program where one fails.
    [[nodiscard]] std::vector<double> release(std::size_t count);

private:
    net::HttpClient client_;
    http::Headers headers_;
};

}  // namespace safeq::bench
