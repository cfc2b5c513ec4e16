// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/exceptions.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace safeq;
using namespace safeq::tls;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view lobby = "01939f3c-0000-7000-8000-000000000001";
constexpr std::string_view cellar = "01939f3c-0000-7000-8000-000000000002";
constexpr Time now{std::chrono::sys_days{std::chrono::November / 22 / 2026}};

DeviceId id(std::string_view text) { return DeviceId::parse(text).value(); }

std::string line(std::string_view rest) { return std::string{lobby} + " " + std::string{rest} + "\n"; }

}  // namespace

TEST_CASE("an exception holds for its device until its day, and each use can be recorded", "[tls]") {
    const auto table =
        ExceptionTable::parse("# agreed with the security officer\n" +
                                  line("legacy-mfd-2026 until 2026-12-31 because firmware 3.1 has no GCM, order 4711") +
                                  std::string{cellar} +
                                  " intermediate-2026 no-tls1.3 until 2027-06-30 because hangs on TLS 1.3\n",
                              {}, now)
            .value();
    REQUIRE(table.entries().size() == 2);
    CHECK(table.entries()[0].line == 2);
    ManualClock clock{now};

    auto choice = table.choose(id(lobby), &intermediate_2026, clock).value();
    CHECK(choice.policy.get() == &legacy_mfd_2026);
    REQUIRE(choice.use);
    CHECK(choice.use->outcome == ExceptionOutcome::used);
    CHECK(choice.use->device == id(lobby));
    CHECK(choice.use->policy == "legacy-mfd-2026");
    CHECK(choice.use->in_effect == "legacy-mfd-2026");
    CHECK(choice.use->reason == "firmware 3.1 has no GCM, order 4711");
    CHECK(choice.use->end == std::chrono::December / 31 / 2026);
    CHECK(choice.use->at == now);
    CHECK_FALSE(choice.use->tls13_off);

    choice = table.choose(id(cellar), &intermediate_2026, clock).value();
    CHECK(choice.policy->name() == "intermediate-2026+no-tls1.3");
    CHECK_FALSE(choice.policy->allows(Version::v1_3));
    CHECK(choice.use->tls13_off);
    CHECK(choice.use->policy == "intermediate-2026");

    // The last millisecond, and the first of the day on which it ends.
    clock.set(Time{std::chrono::sys_days{std::chrono::December / 31 / 2026}} - 1ms);
    CHECK(table.choose(id(lobby), &modern_2026, clock)->use->outcome == ExceptionOutcome::used);
    clock.advance(1ms);
    choice = table.choose(id(lobby), &modern_2026, clock).value();
    CHECK(choice.policy.get() == &modern_2026);
    REQUIRE(choice.use);
    CHECK(choice.use->outcome == ExceptionOutcome::expired);
    CHECK(choice.use->policy == "legacy-mfd-2026");
    CHECK(choice.use->in_effect == "modern-2026");
    CHECK(table.choose(id(cellar), &modern_2026, clock)->use->outcome == ExceptionOutcome::used);
}

TEST_CASE("a device without an exception gets the strict policy, which is never an exception's", "[tls]") {
    const ManualClock clock{now};
    const ExceptionTable none;
    const auto choice = none.choose(id(lobby), &intermediate_2026, clock).value();
    CHECK(choice.policy.get() == &intermediate_2026);
    CHECK_FALSE(choice.use);
    CHECK(none.choose(id(lobby), &legacy_mfd_2026, clock).error().code == Errc::invalid_argument);
    CHECK(none.choose(id(lobby), nullptr, clock).error().code == Errc::invalid_argument);
}

TEST_CASE("the operator's own policies can be named, and live as long as the choice", "[tls]") {
    PolicyRef chosen;
    {
        const PolicyRef own{parse_policy("name old-floor\nfrom legacy-mfd-2026\nforbid hash sha1\n").value()};
        const auto table =
            ExceptionTable::parse(line("old-floor no-tls1.3 until 2027-01-01 because slow"), {&own, 1}, now).value();
        chosen = table.choose(id(lobby), &modern_2026, ManualClock{now}).value().policy;
    }
    CHECK(chosen->name() == "old-floor+no-tls1.3");
    CHECK(chosen->find_suite(0xc014) == nullptr);
    CHECK(chosen->find_suite(0xc028) != nullptr);
}

TEST_CASE("a table with anything wrong is refused, with the line", "[tls]") {
    struct Case {
        const char* rest;
        const char* says;
    };
    const auto [rest, says] = GENERATE(values<Case>({
        {"legacy-mfd-2026 until 2026-12-31", "DEVICE-ID POLICY"},
        {"legacy-mfd-2026 until 2026-12-31 because", "why the device needs"},
        {"legacy-mfd-2026 until 2026-12-31 because  x", "why the device needs"},
        {"legacy-mfd-2026 because it is old", "DEVICE-ID POLICY"},
        {"legacy-mfd-2026 until never because x", "a day is written"},
        {"legacy-mfd-2026 until 2026-02-30 because x", ""},
        {"legacy-mfd-2026 until 2026-13-01 because x", ""},
        {"legacy-mfd-2026 until 2027-11-24 because x", "366 days"},
        {"legacy-mfd until 2026-12-31 because x", "write legacy-mfd-2026"},
        {"ssl3 until 2026-12-31 because x", "known are"},
        {"intermediate-2026 until 2026-12-31 because x", "needs no exception"},
        {"modern-2026 no-tls1.3 until 2026-12-31 because x", "nothing sound"},
        {"legacy-mfd-2026 no-tls1.3 no-tls1.3 until 2026-12-31 because x", "DEVICE-ID POLICY"},
        {"legacy-mfd-2026  until 2026-12-31 because x", "DEVICE-ID POLICY"},
        {"legacy-mfd-2026 until 2026-12-31 because x\r", "control character"},
        {"legacy-mfd-2026 until 2026-12-31 because \xff", "UTF-8"},
        {"", "DEVICE-ID POLICY"},
    }));
    CAPTURE(rest);
    const auto result = ExceptionTable::lint("# head\n" + line(rest), {}, now);
    CHECK_FALSE(result.table);
    REQUIRE(result.findings.size() == 1);
    CAPTURE(result.findings[0].text);
    CHECK(result.findings[0].line == 2);
    CHECK(result.findings[0].text.contains(says));
    CHECK(ExceptionTable::parse("# head\n" + line(rest), {}, now).error().code == Errc::config_invalid);
}

TEST_CASE("a device has one exception; an id that names nothing has none", "[tls]") {
    const std::string good = line("legacy-mfd-2026 until 2027-11-23 because x");
    CHECK(ExceptionTable::parse(good, {}, now));
    const auto twice = ExceptionTable::lint(good + "\n" + good, {}, now);
    REQUIRE(twice.findings.size() == 1);
    CHECK(twice.findings[0].line == 3);
    CHECK(twice.findings[0].text.contains("line 1"));
    for (const char* const bad : {"00000000-0000-0000-0000-000000000000", "lobby", ""})
        CHECK_FALSE(ExceptionTable::parse(std::string{bad} + " legacy-mfd-2026 until 2027-01-01 because x\n", {}, now));
}

TEST_CASE("an exception that is over stays readable, and the linter says so", "[tls]") {
    const auto result = ExceptionTable::lint(line("legacy-mfd-2026 until 2026-11-22 because x"), {}, now);
    REQUIRE(result.table);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].severity == Severity::advice);
    CHECK(ExceptionTable::lint("", {}, now).table);
}

TEST_CASE("a table's size is bounded", "[tls]") {
    CHECK_FALSE(ExceptionTable::parse(std::string(1024 * 1024 + 1, '\n'), {}, now));
    CHECK_FALSE(ExceptionTable::parse(std::string(10'001, '\n'), {}, now));
    CHECK(ExceptionTable::parse(std::string(10'000, '\n'), {}, now));
    CHECK_FALSE(ExceptionTable::parse("#" + std::string(1024, 'x') + "\n", {}, now));
    CHECK_FALSE(ExceptionTable::parse("# no end", {}, now));
    CHECK_FALSE(
        ExceptionTable::parse(line("legacy-mfd-2026 until 2027-01-01 because " + std::string(201, 'x')), {}, now));
}
