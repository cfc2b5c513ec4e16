// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/report_event.hpp>

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/schema.hpp>

#include "service/api_bodies.hpp"

#include "api_world.hpp"

using namespace safeq;
using namespace safeq::service;

namespace {

Errc refused(const std::string& body) {
    const auto event = parse_report_event(body);
    REQUIRE(!event);
    return event.error().code;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an event is read as it was written, and in no other form", "[service]") {
    const ManualClock clock{Time{std::chrono::hours{500'000}}};
    test::SeededRandom random;
    const crypto::Sha256Digest digest = crypto::sha256(as_bytes("a=1"));
    const std::vector<decltype(ReportEvent::what)> all{AuditorSignedIn{},
                                                       AuditorRefused{Errc::credential_wrong},
                                                       ReportStarted{"0.1.0", digest},
                                                       ReportStopped{},
                                                       ReportReloaded{"0a1b", clock.now(), digest},
                                                       ReportTimeChanged{std::chrono::hours{-24 * 365 * 8000}},
                                                       ReportTimeChanged{std::chrono::seconds{5}}};
    for (const auto& what : all) {
        const ReportEvent event{.id = RecordId::make(clock, random), .what = what};
        const std::string text = event.encode();
        INFO(text);
        CHECK(text.size() <= ReportEvent::max_bytes);
        CHECK(parse_report_event(text) == event);
        CHECK(refused(text + " ") == Errc::not_canonical);
        CHECK(refused(replaced(text, "}", ",\"more\":1}")) == Errc::not_canonical);
        CHECK(refused(replaced(text, "\"event\"", "\"even\"")) == Errc::malformed);
        CHECK(refused(replaced(text, "\"id\":\"", "\"id\":\"0")) != Errc::not_canonical);
    }
    const ReportEvent started{.id = RecordId::make(clock, random), .what = ReportStarted{"0.1.0", digest}};
    CHECK(refused(replaced(started.encode(), "0.1.0", std::string(65, 'x'))) == Errc::too_large);
    CHECK(refused(replaced(started.encode(), "0.1.0", "a\\nb")) == Errc::control_character);
    CHECK(refused(replaced(started.encode(), to_hex(digest), to_hex(digest).substr(2))) == Errc::malformed);
    const ReportEvent no{.id = RecordId::make(clock, random), .what = AuditorRefused{Errc::credential_wrong}};
    CHECK(refused(replaced(no.encode(), "credential_wrong", "because")) == Errc::malformed);
    CHECK(refused(replaced(no.encode(), "sign_in_refused", "user_erased")) == Errc::malformed);
    const ReportEvent set{.id = RecordId::make(clock, random), .what = ReportTimeChanged{std::chrono::seconds{5}}};
    CHECK(refused(replaced(set.encode(), ":5000", ":5000.5")) == Errc::malformed);
    CHECK(refused(replaced(set.encode(), ":5000", ":9007199254740992")) == Errc::malformed);
    CHECK(refused(replaced(set.encode(), ":5000", ":-9007199254740992")) == Errc::malformed);
    CHECK(refused(std::string(ReportEvent::max_bytes + 1, ' ')) == Errc::too_large);
}

TEST_CASE("what a report server tells is answered when it is on record, and refused where it can't be", "[service]") {
    test::ApiWorld w;
    const ReportEvent event{.id = RecordId::make(w.clock, w.random), .what = AuditorRefused{Errc::credential_wrong}};
    test::Request request{.route = "POST /internal/v1/report-events", .peer = {}, .body = event.encode()};
    CHECK(w.front->routes.at(request.route).role == Role::report);
    const std::uint64_t before = w.release->log->size();
    CHECK(w.call(request).status == 204);
    CHECK(w.call(request).status == 204);
    CHECK(w.release->log->size() == before + 1);
    const auto record = audit::decode(*w.release->log->entry(before));
    REQUIRE(record);
    CHECK(record->kind == audit::KindName{audit::Kind::sign_in_refused});
    CHECK(*record->text("method") == "report");
    request.body = "{}";
    CHECK(w.call(request).status == 400);

    w.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    request.body = ReportEvent{.id = RecordId::make(w.clock, w.random), .what = AuditorSignedIn{}}.encode();
    CHECK(w.call(request).status == 503);
    CHECK(w.release->log->size() == before + 1);
}
