// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/expiry.hpp>

#include "fixture.hpp"

using namespace safeq;
using namespace safeq::test;
using std::chrono::days;
using tls::Nearness;

namespace {

const Time end{std::chrono::sys_days{std::chrono::November / 22 / 2026}};

std::vector<Nearness> of(const std::vector<tls::ExpiryNotice>& notices) {
    std::vector<Nearness> out;
    for (const auto& notice : notices) out.push_back(notice.nearness);
    return out;
}

}  // namespace

TEST_CASE("how near an end is, to the millisecond", "[tls]") {
    const auto left = [](std::chrono::milliseconds time) { return tls::nearness(end, end - time); };
    CHECK(left(days{30} + 1ms) == Nearness::far);
    CHECK(left(days{30}) == Nearness::month);
    CHECK(left(days{7} + 1ms) == Nearness::month);
    CHECK(left(days{7}) == Nearness::week);
    CHECK(left(days{1} + 1ms) == Nearness::week);
    CHECK(left(days{1}) == Nearness::day);
    CHECK(left(1ms) == Nearness::day);
    CHECK(left(0ms) == Nearness::over);
    CHECK(left(-days{400}) == Nearness::over);
    CHECK(tls::nearness(Time::max(), Time{}) == Nearness::far);
    CHECK(tls::nearness(Time::min(), Time{}) == Nearness::over);
}

TEST_CASE("each stage is told once, and what is over once a day", "[tls]") {
    tls::ExpiryWatch watch;
    const std::vector<tls::Ending> endings{{"certificate", "tls/cert.pem", end}};
    std::vector<std::pair<std::int64_t, Nearness>> told;
    for (std::int64_t hour = -24 * 40; hour <= 24 * 3; ++hour)
        for (const auto& notice : watch.look(endings, end + std::chrono::hours{hour})) {
            CHECK(notice.ending == endings.front());
            told.emplace_back(hour, notice.nearness);
        }
    CHECK(told == std::vector<std::pair<std::int64_t, Nearness>>{{-24 * 30, Nearness::month},
                                                                 {-24 * 7, Nearness::week},
                                                                 {-24, Nearness::day},
                                                                 {0, Nearness::over},
                                                                 {24, Nearness::over},
                                                                 {48, Nearness::over},
                                                                 {72, Nearness::over}});
}

TEST_CASE("a watch that begins late tells at once where things stand", "[tls]") {
    const std::vector<tls::Ending> endings{{"certificate", "a", end + days{5}},
                                           {"authority", "b", end + days{3000}},
                                           {"revocation list", "c", end - days{1}}};
    const auto notices = tls::ExpiryWatch{}.look(endings, end);
    CHECK(of(notices) == std::vector{Nearness::week, Nearness::over});
    CHECK(notices.front().ending.file == "a");
    CHECK(notices.back().ending.file == "c");
    CHECK(tls::ExpiryWatch{}.look({}, end).empty());
}

TEST_CASE("what was renewed is new, what is gone is forgotten, and a clock set back repeats nothing", "[tls]") {
    tls::ExpiryWatch watch;
    const tls::Ending soon{"certificate", "a", end + days{5}}, renewed{"certificate", "a", end + days{20}};
    const tls::Ending other{"authority", "a", end + days{5}};
    CHECK(watch.look({&soon, 1}, end).size() == 1);
    CHECK(watch.look({&soon, 1}, end).empty());
    CHECK(watch.look({&soon, 1}, end - days{10}).empty());
    CHECK(watch.look({&soon, 1}, end + days{1}).empty());
    CHECK(of(watch.look({&renewed, 1}, end)) == std::vector{Nearness::month});
    CHECK(of(watch.look({&other, 1}, end)) == std::vector{Nearness::week});
    CHECK(watch.look({}, end).empty());
    CHECK(watch.look({&other, 1}, end).size() == 1);
}

TEST_CASE("anchors tell when the first of their revocation lists ends", "[tls]") {
    World world, other{2};
    CHECK(world.anchors()->revocation_end() == world.authority.crl_next_update());
    must(other.authority.renew_crl(other.clock.now(), 24h, other.random));
    const auto both = must(tls::TrustAnchors::from_pem(
        tls::AuthoritiesPem{world.authority.certificate().pem() + other.authority.certificate().pem()},
        tls::CrlsPem{world.authority.crl_pem() + other.authority.crl_pem()}, tls::Revocation::required));
    CHECK(both->revocation_end() == other.authority.crl_next_update());
    const auto none = must(tls::TrustAnchors::from_pem(tls::AuthoritiesPem{world.authority.certificate().pem()},
                                                       tls::CrlsPem{""}, tls::Revocation::when_known));
    CHECK(!none->revocation_end());
}
