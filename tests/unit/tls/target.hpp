// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fixture.hpp"
#include "support/raw_tls_client.hpp"

namespace safeq::test {

/// A world with listeners to attack.
struct Target : World {
    std::shared_ptr<const tls::Credentials> own = credentials(issue(tls::Purpose::server));

    [[nodiscard]] tls::Session listener(tls::ClientAuth auth) {
        return server({.policy = &tls::intermediate_2026,
                       .credentials = own,
                       .client_auth = auth,
                       .client_anchors = auth == tls::ClientAuth::required ? anchors() : nullptr,
                       .alpn = {}});
    }

    /// A raw client that has read the server's flight.
    [[nodiscard]] RawClient greet(tls::Session& listener) {
        RawClient raw;
        must(listener.received(raw.hello()));
        Bytes flight;
        listener.take_outgoing(flight);
        REQUIRE(raw.read_flight(flight));
        return raw;
    }
};

}  // namespace safeq::test
