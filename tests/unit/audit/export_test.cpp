// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include <safeq/audit/export.hpp>
#include <safeq/audit/schema.hpp>

using namespace safeq;
using namespace safeq::audit;

namespace {

template <class Id>
Id id(std::string_view last) {
    return *Id::parse("01890000-0000-7000-8000-0000000000" + std::string{last});
}

Record record(KindName kind) {
    return {.id = id<RecordId>("01"),
            .at = *parse_rfc3339("2026-11-22T10:00:00.123Z"),
            .kind = std::move(kind),
            .tenant = id<TenantId>("02")};
}

struct Entry {
    explicit Entry(const Record& of) : bytes{*of.encode()} {}
    Bytes bytes;
    ExportedEntry exported{"log.example/release", 7, bytes};
};

// A plain reader of RFC 4180: the cells of one line.
std::vector<std::string> cells(std::string_view line) {
    REQUIRE(line.ends_with("\r\n"));
    line.remove_suffix(2);
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"') out.back() += line[++i];
        else if (line[i] == '"') quoted = !quoted;
        else if (line[i] == ',' && !quoted) out.emplace_back();
        else out.back() += line[i];
    }
    CHECK(!quoted);
    return out;
}

std::string cell(const std::vector<std::string>& line, std::string_view column) {
    const auto header = cells(csv_header());
    REQUIRE(line.size() == header.size());
    const auto at = std::ranges::find(header, column);
    REQUIRE(at != header.end());
    return line[static_cast<std::size_t>(at - header.begin())];
}

}  // namespace

TEST_CASE("a JSON line holds the entry byte for byte") {
    Record of = record(Kind::daemon_started);
    of.add(field::name, "Büro \"3\\4\"").add(field::version, "0.1.0");
    const Entry entry{of};
    const std::string line = *to_json_line(entry.exported);
    CHECK(line.ends_with("}\n"));
    CHECK(std::ranges::count(line, '\n') == 1);
    const auto parsed = nlohmann::ordered_json::parse(line);
    CHECK(parsed.at("log") == "log.example/release");
    CHECK(parsed.at("index") == 7);
    CHECK(parsed.at("leaf") == to_base64(leaf_hash(entry.bytes)));
    const std::size_t at = line.find("\"entry\":") + 8;
    CHECK(line.substr(at, line.size() - at - 2) == as_text(entry.bytes));
}

TEST_CASE("a CSV line has a cell for everything, and no formula") {
    Record of = record(Kind::sign_in_refused);
    of.device = id<DeviceId>("05");
    of.add(field::method, "=HYPERLINK(\"http://x\",\"y\")").add(field::reason, "-1+1").add("invented", "a,\"b\"");
    of.add("counted", 3);
    of.personal.push_back({"title", id<SubjectId>("04"), to_bytes("sealed")});
    of.personal.push_back({"user_name", id<SubjectId>("04"), to_bytes("sealed")});
    const Entry entry{of};
    const auto line = cells(*to_csv_line(entry.exported));
    CHECK(cell(line, "log") == "log.example/release");
    CHECK(cell(line, "index") == "7");
    CHECK(cell(line, "at") == "2026-11-22T10:00:00.123Z");
    CHECK(cell(line, "kind") == "sign_in_refused");
    CHECK(cell(line, "family") == "authentication");
    CHECK(cell(line, "device") == id<DeviceId>("05").text());
    CHECK(cell(line, "job").empty());
    CHECK(cell(line, "method") == "'=HYPERLINK(\"http://x\",\"y\")");
    CHECK(cell(line, "reason") == "'-1+1");
    CHECK(cell(line, "personal") == "title user_name");
    CHECK(nlohmann::json::parse(cell(line, "other")) == nlohmann::json{{"invented", "a,\"b\""}, {"counted", 3}});

    const auto later = cells(*to_csv_line(Entry{record(*KindName::parse("invented_later"))}.exported));
    CHECK(cell(later, "kind") == "invented_later");
    CHECK(cell(later, "family").empty());
    // A log's name is not ours either.
    const Entry plain{record(Kind::daemon_stopped)};
    CHECK(cell(cells(*to_csv_line({"@log,1", 0, plain.bytes})), "log") == "'@log,1");
}

TEST_CASE("a syslog message is that of RFC 5424, with the entry as its message") {
    Record of = record(Kind::policy_exception_used);
    of.device = id<DeviceId>("05");
    of.add(field::policy, "legacy]\"\\").add(field::reason, "Büro").add("invented", "only in the message");
    const Entry entry{of};
    const std::string message = *to_syslog(entry.exported, {.host_name = "print.example", .enterprise = 32473});
    CHECK(message ==
          "<109>1 2026-11-22T10:00:00.123Z print.example safeq - policy_exception_used [safeq@32473 "
          "log=\"log.example/release\" index=\"7\" record=\"01890000-0000-7000-8000-000000000001\" "
          "tenant=\"01890000-0000-7000-8000-000000000002\" device=\"01890000-0000-7000-8000-000000000005\" "
          "policy=\"legacy\\]\\\"\\\\\" reason=\"Büro\"] \xEF\xBB\xBF" +
              std::string{as_text(entry.bytes)});
    CHECK(frame_syslog(message) == std::to_string(message.size()) + " " + message);
    CHECK(frame_syslog("") == "0 ");

    CHECK(to_syslog(Entry{record(Kind::time_changed)}.exported, {})->starts_with("<105>1 "));
    CHECK(to_syslog(Entry{record(Kind::sign_in)}.exported, {})->starts_with("<110>1 "));
    const std::string longest(40, 'k');
    CHECK(to_syslog(Entry{record(*KindName::parse(longest))}.exported, {})->find(" - " + std::string(32, 'k') + " [") !=
          std::string::npos);
    for (const std::string& host :
         {std::string{}, std::string{"a b"}, std::string{"a\n"}, std::string{"ä"}, std::string(256, 'a')})
        CHECK(to_syslog(entry.exported, {.host_name = host}).error().code == Errc::invalid_argument);
}

TEST_CASE("what is no record is not exported") {
    for (const std::string_view bad : {std::string_view{}, std::string_view{"{}"}, std::string_view{"a\nb"}}) {
        const ExportedEntry entry{"log", 0, as_bytes(bad)};
        CHECK(!to_json_line(entry));
        CHECK(!to_csv_line(entry));
        CHECK(!to_syslog(entry, {}));
    }
}
