// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "unit/report/report_world.hpp"

using namespace safeq;
using namespace safeq::report;
using audit::Kind;
using test::ReportWorld;

namespace {

const std::string hostile = "<script>alert(\"x\")</script>' =cmd|'/C calc'!A0,\n\x1b[31m\xE2\x80\xAE";

struct Shop : ReportWorld {
    SubjectId alice = person();
    JobId job = JobId::make(clock, random);

    explicit Shop(const std::string& title = "=1+1,\"q\"", const std::string& user = hostile) {
        audit::Record named = record(Kind::device_added);
        named.device = device;
        named.add(audit::field::name, "<b>Floor 2</b>");
        audit::Record printed = of_job(Kind::job_printed, job);
        printed.device = device;
        printed.add(audit::field::pages, 6);
        REQUIRE(take(release, {named, added(alice, user), held(job, alice, title, user), printed}));
    }
    std::vector<JobLine> jobs() { return *Report(store, keys).jobs({.filter = {.tenant = tenant}}); }
    std::vector<TotalLine> totals(TotalsBy by) {
        return *Report(store, keys).totals({.filter = {.tenant = tenant}, .by = by});
    }
    std::string page() {
        const auto lines = jobs();
        const auto users = totals(TotalsBy::user);
        const auto devices = totals(TotalsBy::device);
        const auto days = totals(TotalsBy::day);
        return to_html({.heading = "Jobs & more",
                        .style_sheet = "/style.css",
                        .jobs = lines,
                        .by_user = users,
                        .by_device = devices,
                        .by_day = days,
                        .next_page = "/?after=1&x=\""});
    }
};

// No tag, attribute or entity but those that the page itself writes.
void check_only_our_markup(const std::string& html) {
    for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
        const std::string tag = html.substr(at, html.find('>', at) - at + 1);
        const std::string_view name = std::string_view{tag}.substr(1, tag.find_first_of(" >") - 1);
        constexpr std::string_view known[] = {
            "!DOCTYPE", "html",    "head",   "meta",  "title", "link",     "body",   "h1",       "section",
            "table",    "caption", "thead",  "tbody", "tr",    "th",       "td",     "p",        "a",
            "/html",    "/head",   "/title", "/body", "/h1",   "/section", "/table", "/caption", "/thead",
            "/tbody",   "/tr",     "/th",    "/td",   "/p",    "/a"};
        INFO(tag);
        CHECK(std::ranges::find(known, name) != std::end(known));
        CHECK(tag.find(" on") == std::string::npos);
        CHECK(tag.find("style=") == std::string::npos);
        CHECK(tag.find("javascript") == std::string::npos);
    }
    CHECK(std::ranges::all_of(html, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n'; }));
}

}  // namespace

TEST_CASE("names are shown while their keys exist, and erased after") {
    Shop shop{"Plan.pdf", "Alice"};
    CHECK(shop.jobs().at(0).title == Shown{Shown::State::known, "Plan.pdf"});
    CHECK(shop.jobs()[0].user == Shown{Shown::State::known, "Alice"});
    CHECK(shop.totals(TotalsBy::user).at(0).user == Shown{Shown::State::known, "Alice"});
    CHECK(shop.jobs()[0].device_name == "<b>Floor 2</b>");

    shop.keys.destroy(shop.alice);
    const auto lines = shop.jobs();
    CHECK(lines[0].title == Shown{Shown::State::erased, ""});
    CHECK(lines[0].user.display() == "(erased)");
    for (const std::string& text :
         {jobs_csv(lines), jobs_json(lines), shop.page(), totals_csv(shop.totals(TotalsBy::user), TotalsBy::user),
          totals_json(shop.totals(TotalsBy::user), TotalsBy::user)}) {
        CHECK(text.find("Alice") == std::string::npos);
        CHECK(text.find("Plan") == std::string::npos);
        CHECK(text.find("erased") != std::string::npos);
    }
    // The statistics stay.
    CHECK(shop.totals(TotalsBy::user)[0].total.pages == 6);

    shop.keys.put(shop.alice, audit::SubjectKey::random(shop.random));
    CHECK(shop.jobs()[0].title.state == Shown::State::unavailable);
}

TEST_CASE("CSV: quoted, no formulas, no control characters") {
    Shop shop;
    const auto lines = shop.jobs();
    const std::string csv = jobs_csv(lines);
    CHECK(csv.starts_with("job,accepted,held,released,ended,user,user_id,title,"));
    CHECK(std::ranges::count(csv, '\n') == 2);
    CHECK(csv.find("\"'=1+1,\"\"q\"\"\"") != std::string::npos);
    CHECK(csv.find('\x1b') == std::string::npos);
    CHECK(csv.find("\\x1b") != std::string::npos);
    CHECK(csv.find("\xE2\x80\xAE") == std::string::npos);
    CHECK(csv.ends_with("printed\r\n"));
    const std::string totals = totals_csv(shop.totals(TotalsBy::day), TotalsBy::day);
    CHECK(totals == "day,day_id,jobs,printed,pages,bytes\r\n2026-11-22,2026-11-22,1,1,6,5000\r\n");
}

TEST_CASE("JSON: what was told, exactly, and null for the rest") {
    Shop shop;
    const auto json = nlohmann::json::parse(jobs_json(shop.jobs()));
    REQUIRE(json.at("jobs").size() == 1);
    const auto& job = json["jobs"][0];
    CHECK(job["user"] == hostile);
    CHECK(job["user_state"] == "known");
    CHECK(job["job"] == shop.job.text());
    CHECK(job["accepted"].is_null());
    CHECK(job["pages"] == 3);
    CHECK(job["counted_pages"] == 6);
    CHECK(job["outcome"] == "printed");
    for (const TotalsBy by : {TotalsBy::user, TotalsBy::device, TotalsBy::day}) {
        const auto totals = nlohmann::json::parse(totals_json(shop.totals(by), by));
        CHECK(totals["totals"][0]["pages"] == 6);
    }
    CHECK(nlohmann::json::parse(jobs_json({}))["jobs"].empty());
}

TEST_CASE("HTML: nothing from outside is anything but text") {
    Shop shop;
    const std::string html = shop.page();
    check_only_our_markup(html);
    CHECK(html.starts_with("<!DOCTYPE html>"));
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find("&lt;script&gt;") != std::string::npos);
    CHECK(html.find("<h1>Jobs &amp; more</h1>") != std::string::npos);
    CHECK(html.find("href=\"/?after=1&amp;x=&quot;\"") != std::string::npos);
    CHECK(html.find("href=\"/style.css\"") != std::string::npos);
    CHECK(html.find("&lt;b&gt;Floor 2") != std::string::npos);
}

TEST_CASE("pages of jobs, newest first, by filter") {
    ReportWorld world;
    const SubjectId alice = world.person();
    const SubjectId bob = world.person();
    std::vector<JobId> jobs;
    for (int i = 0; i < 5; ++i) {
        world.clock.advance(std::chrono::hours{1});
        jobs.push_back(JobId::make(world.clock, world.random));
        REQUIRE(world.take(world.release, {world.held(jobs.back(), i % 2 == 0 ? alice : bob, "t", "n")}));
    }
    const Report report{world.store, world.keys};
    JobQuery query{.filter = {.tenant = world.tenant}, .limit = 2};
    std::vector<JobId> seen;
    for (;;) {
        const auto lines = *report.jobs(query);
        if (lines.empty()) break;
        for (const JobLine& line : lines) seen.push_back(line.row.job);
        query.after = seen.back();
    }
    std::ranges::reverse(seen);
    CHECK(seen == jobs);
    CHECK(report.jobs({.filter = {.tenant = world.tenant, .owner = bob}})->size() == 2);
    CHECK(report.jobs({.filter = {.tenant = world.tenant, .outcome = Outcome::printed}})->empty());
    CHECK(report.jobs({.filter = {.tenant = TenantId{}}})->empty());
    const Time third = (*world.store.job(world.tenant, jobs[2]))->when();
    CHECK(report.jobs({.filter = {.tenant = world.tenant, .from = third}})->size() == 3);
    CHECK(report.jobs({.filter = {.tenant = world.tenant, .until = third}})->size() == 2);
}
