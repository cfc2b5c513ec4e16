// SPDX-License-Identifier: Apache-2.0
// Under test: tls::TicketKeys::open. The first byte says what the rest is: a ticket (even), or what a true ticket is
// changed by, exclusively or'ed from its beginning on, what goes beyond appended (odd).
// Property: the true ticket opens, to what was sealed; nothing else does, nor does it at another listener or with
// another certificate.
#include <algorithm>
#include <cstdlib>

#include <safeq/tls/policy.hpp>
#include <safeq/tls/tickets.hpp>

#include "../tests/support/random.hpp"

using namespace safeq;

namespace {

void hold(bool property) {
    if (!property) std::abort();
}

struct World {
    test::SeededRandom random{5};
    ManualClock clock{Time{std::chrono::sys_days{std::chrono::November / 22 / 2026}}};
    tls::Fingerprint certificate{};
    tls::Fingerprint renewed{std::byte{1}};
    Bytes session = to_bytes("what is needed to resume a session");
    std::shared_ptr<tls::TicketKeys> keys = make("listen-ipps");
    std::shared_ptr<tls::TicketKeys> elsewhere = make("listen-https");
    Bytes ticket = keys->seal({session}, clock.now(), certificate);

    std::shared_ptr<tls::TicketKeys> make(const char* listener) {
        return tls::TicketKeys::create({.tenant = "t", .listener = listener, .policy = &tls::modern_2026}, clock,
                                       random)
            .value();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    if (size == 0) return 0;
    const ByteView input = std::as_bytes(std::span{data, size}).subspan(1);
    Bytes shown = to_bytes(input);
    if (data[0] % 2 == 1) {
        shown = world.ticket;
        for (std::size_t i = 0; i < input.size(); ++i) {
            if (i < shown.size()) shown[i] ^= input[i];
            else shown.push_back(input[i]);
        }
    }
    const auto opened = world.keys->open(shown, world.certificate);
    hold(opened.has_value() == (shown == world.ticket));
    if (opened) hold(same_bytes(opened->session.expose(), world.session) && opened->since == world.clock.now());
    hold(!world.keys->open(shown, world.renewed));
    hold(!world.elsewhere->open(shown, world.certificate));
    return 0;
}
