// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/ticket.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace std::chrono_literals;
using service::Ticket;

namespace {

Ticket example() {
    return {.ipp_id = 17,
            .title = "Výplatní páska „leden“",
            .user_name = "alice",
            .format = "application/pdf",
            .copies = 2,
            .pages = 3,
            .bytes = 1234,
            .documents = 1,
            .accepted = Time{1'700'000'000'123ms},
            .attributes = to_bytes("opaque")};
}

}  // namespace

TEST_CASE("a ticket comes back as it was written", "[service]") {
    Ticket ticket = example();
    CHECK(Ticket::parse(ticket.encode()) == ticket);
    ticket.pages = std::nullopt;
    CHECK(Ticket::parse(ticket.encode()) == ticket);
}

TEST_CASE("a ticket that is wrong in one place is refused, naming it", "[service]") {
    const auto broken = [](std::string_view from, std::string_view to) {
        std::string text = example().encode();
        const auto at = text.find(from);
        REQUIRE(at != std::string::npos);
        return Ticket::parse(text.replace(at, from.size(), to));
    };
    CHECK(broken("\"copies\":2", "\"copies\":-2").error().where == "ticket.copies");
    CHECK(broken("\"copies\":2", "\"copies\":\"2\"").error().where == "ticket.copies");
    CHECK(broken("\"copies\":2", "\"copies\":2,\"copies\":3").error().code == Errc::malformed);
    CHECK(broken("\"ipp_id\":17", "\"ipp_id\":0").error().where == "ticket.ipp_id");
    CHECK(broken("\"bytes\":1234", "\"bytes\":18446744073709551615").error().where == "ticket.bytes");
    CHECK(broken("alice", "al\\u0000ice").error().code == Errc::control_character);
    CHECK(broken("b3BhcXVl", "b3BhcXV").error().code == Errc::malformed);
    CHECK(Ticket::parse("[]").error().code == Errc::malformed);
    CHECK(Ticket::parse("{").error().code == Errc::malformed);
    CHECK(Ticket::parse(std::string(Ticket::max_bytes + 1, ' ')).error().code == Errc::too_large);
    CHECK(Ticket::parse(std::string(1000, '[')).error().code == Errc::malformed);
}
