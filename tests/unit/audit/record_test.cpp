// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>

#include <safeq/audit/record.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::audit;

namespace {

template <class Id>
Id id(std::string_view last) {
    return *Id::parse("01890000-0000-7000-8000-0000000000" + std::string{last});
}

Record minimal() {
    return {.id = id<RecordId>("01"),
            .at = *parse_rfc3339("2026-11-22T10:00:00.123Z"),
            .kind = Kind::sign_in,
            .tenant = id<TenantId>("02")};
}

Record full() {
    Record record = minimal();
    record.kind = Kind::job_held;
    record.job = id<JobId>("03");
    record.subject = id<SubjectId>("04");
    record.device = id<DeviceId>("05");
    record.add(field::format, "application/pdf").add(field::pages, 12).add(field::name, "Büro \"3\\4\"");
    record.personal.push_back({"title", id<SubjectId>("04"), to_bytes("sealed")});
    return record;
}

constexpr std::string_view minimal_json =
    R"({"v":1,"id":"01890000-0000-7000-8000-000000000001","at":"2026-11-22T10:00:00.123Z","kind":"sign_in",)"
    R"("tenant":"01890000-0000-7000-8000-000000000002"})";

}  // namespace

TEST_CASE("a record has one form, in a fixed order") {
    CHECK(as_text(*minimal().encode()) == minimal_json);
    CHECK(as_text(*full().encode()) ==
          R"({"v":1,"id":"01890000-0000-7000-8000-000000000001","at":"2026-11-22T10:00:00.123Z","kind":"job_held",)"
          R"("tenant":"01890000-0000-7000-8000-000000000002","job":"01890000-0000-7000-8000-000000000003",)"
          R"("subject":"01890000-0000-7000-8000-000000000004","device":"01890000-0000-7000-8000-000000000005",)"
          R"("fields":{"format":"application/pdf","pages":12,"name":"Büro \"3\\4\""},)"
          R"("personal":[{"name":"title","subject":"01890000-0000-7000-8000-000000000004","sealed":"c2VhbGVk"}]})");
    for (const Record& record : {minimal(), full()}) {
        const Bytes json = *record.encode();
        const auto parsed = Record::parse(json);
        REQUIRE(parsed);
        CHECK(*parsed == record);
        CHECK(*record_id(json) == record.id);
        CHECK(*record_head(json) == RecordHead{record.id, record.at, record.kind, record.tenant, record.job});
    }
    const Record record = full();
    CHECK(*record.number("pages") == 12);
    CHECK(record.number("format") == nullptr);
    CHECK(*record.text("format") == "application/pdf");
    CHECK(record.text("none") == nullptr);
    CHECK(record.sealed("title")->subject == id<SubjectId>("04"));
    CHECK(record.sealed("user_name") == nullptr);
}

TEST_CASE("the head of a record is read from its place, and from nowhere else") {
    const Bytes json = *full().encode();
    const std::string text{as_text(json)};
    const std::size_t end = text.find(R"(","subject")");
    // What follows isn't looked at.
    CHECK(record_head(as_bytes(text.substr(0, end) + "\" and no JSON"))->job == full().job);
    for (std::size_t size = 0; size <= text.find(R"(","job")"); ++size)
        CHECK_FALSE(record_head(as_bytes(text.substr(0, size))));
    for (const auto& [from, to] :
         {std::pair{"\"at\"", "\"to\""}, std::pair{"123Z", "123"}, std::pair{"job_held", "job held"},
          std::pair{"000002", "00000x"}, std::pair{"000003", "00000x"}, std::pair{"\"v\":1", "\"v\":2"}}) {
        std::string wrong = text;
        wrong.replace(wrong.find(from), std::string_view{from}.size(), to);
        CHECK_FALSE(record_head(as_bytes(wrong)));
    }
    // A text that looks like a member is none.
    Record record = minimal();
    record.add("name", R"(","job":"01890000-0000-7000-8000-000000000003)");
    CHECK_FALSE(record_head(*record.encode())->job);
}

TEST_CASE("every kind has its name") {
    std::set<std::string_view> names;
    for (const Kind kind : all_kinds()) {
        names.insert(name(kind));
        CHECK(KindName::parse(name(kind))->known() == kind);
        Record record = minimal();
        record.kind = kind;
        CHECK(Record::parse(*record.encode())->kind.known() == kind);
    }
    CHECK(names.size() == 37);
}

TEST_CASE("a kind of a later version is kept") {
    std::string json{minimal_json};
    json.replace(json.find("sign_in"), 7, "flew_to_mars_2");
    const auto record = Record::parse(as_bytes(json));
    REQUIRE(record);
    CHECK(!record->kind.known());
    CHECK(record->kind.text() == "flew_to_mars_2");
    CHECK(as_text(*record->encode()) == json);
    for (const char* const text : {"", "Job", "a-b", "a b", "ä", "a123456789012345678901234567890123456789x"})
        CHECK(!KindName::parse(text));
}

TEST_CASE("what could not be read again is not written") {
    const auto code = [](auto change) {
        Record record = full();
        change(record);
        const auto encoded = record.encode();
        REQUIRE(!encoded);
        return encoded.error().code;
    };
    CHECK(code([](Record& r) { r.at = Time{std::chrono::milliseconds{-1}}; }) == Errc::invalid_argument);
    CHECK(code([](Record& r) { r.at = Time{std::chrono::milliseconds{253'402'300'800'000}}; }) ==
          Errc::invalid_argument);
    CHECK(code([](Record& r) { r.add("Bad Name", 1); }) == Errc::invalid_argument);
    CHECK(code([](Record& r) { r.add("", 1); }) == Errc::invalid_argument);
    CHECK(code([](Record& r) { r.add("pages", 1); }) == Errc::duplicate);
    CHECK(code([](Record& r) { r.add("n", max_number + 1); }) == Errc::too_large);
    CHECK(code([](Record& r) { r.add("t", std::string(max_field_text_bytes + 1, 'a')); }) == Errc::too_large);
    CHECK(code([](Record& r) { r.add("t", "line\nbreak"); }) == Errc::control_character);
    CHECK(code([](Record& r) { r.add("t", "\xff"); }) == Errc::invalid_utf8);
    CHECK(code([](Record& r) { r.personal.push_back(r.personal[0]); }) == Errc::duplicate);
    CHECK(code([](Record& r) { r.personal[0].sealed.clear(); }) == Errc::invalid_argument);
    CHECK(code([](Record& r) { r.personal[0].sealed.resize(max_sealed_bytes + 1); }) == Errc::too_large);
    CHECK(code([](Record& r) {
              for (std::size_t i = 0; i <= max_fields; ++i) r.add("n" + std::to_string(i), i);
          }) == Errc::too_many);
    CHECK(code([](Record& r) {
              for (std::size_t i = 0; i < 9; ++i)
                  r.add("n" + std::to_string(i), std::string(max_field_text_bytes, 'a'));
          }) == Errc::too_large);
}

TEST_CASE("no other text is a record") {
    const auto replaced = [](std::string_view from, std::string_view to) {
        std::string json{minimal_json};
        json.replace(json.find(from), from.size(), to);
        return json;
    };
    for (const std::string& json : {std::string{},
                                    std::string{"null"},
                                    std::string{"[]"},
                                    std::string{"{}"},
                                    std::string{minimal_json} + " ",
                                    " " + std::string{minimal_json},
                                    std::string{minimal_json} + "\n",
                                    replaced("\"v\":1", "\"v\":2"),
                                    replaced("\"v\":1", "\"v\":1.0"),
                                    replaced("\"v\":1", "\"v\":true"),
                                    replaced("\"v\":1,", ""),
                                    replaced("sign_in", "Sign_in"),
                                    replaced("sign_in", "\\u0073ign_in"),
                                    replaced("\"kind\":", "\"kind\": "),
                                    replaced("10:00", "25:00"),
                                    replaced("0001", "000A"),
                                    replaced("0001\"", "0001\",\"x\":1"),
                                    replaced("}", ",\"x\":1}"),
                                    replaced("}", ",\"fields\":{}}"),
                                    replaced("}", ",\"personal\":[]}"),
                                    replaced("}", ",\"fields\":{\"a\":-1}}"),
                                    replaced("}", ",\"fields\":{\"a\":1.5}}"),
                                    replaced("}", ",\"fields\":{\"a\":1,\"a\":1}}"),
                                    replaced("}", ",\"fields\":{\"a\":null}}"),
                                    replaced("}", ",\"fields\":[1]}"),
                                    replaced("}", ",\"fields\":{\"a\":99999999999999999999}}"),
                                    replaced("}", ",\"fields\":{\"a\":9007199254740992}}"),
                                    replaced("}", ",\"fields\":{\"a\":\"\\n\"}}"),
                                    replaced("}", ",\"personal\":[{}]}"),
                                    replaced("}", ",\"personal\":[1]}"),
                                    replaced("}", ",\"job\":1}"),
                                    replaced("}", ",\"tenant\":\"01890000-0000-7000-8000-000000000002\"}"),
                                    replaced("}", "}}"),
                                    std::string(5000, '['),
                                    std::string(max_record_bytes + 1, ' ')}) {
        INFO(json.substr(0, 300));
        CHECK(!Record::parse(as_bytes(json)));
    }
    CHECK(Record::parse(as_bytes(replaced("\"v\":1", "\"v\":2"))).error().code == Errc::bad_version);
    CHECK(Record::parse(as_bytes(replaced("\"kind\":", "\"kind\": "))).error().code == Errc::not_canonical);
    // Every cut, and every single byte taken away.
    const Bytes json = *full().encode();
    for (std::size_t i = 0; i < json.size(); ++i) {
        CHECK(!Record::parse(ByteView{json}.first(i)));
        Bytes shorter = json;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
        const auto parsed = Record::parse(shorter);
        if (parsed) CHECK(*parsed->encode() == shorter);
    }
}

TEST_CASE("derived ids follow from what they are about") {
    const auto tenant = id<TenantId>("02");
    const RecordId one = derive_record_id(Kind::job_accepted, tenant, id<JobId>("03").bytes());
    CHECK(one == derive_record_id(Kind::job_accepted, tenant, id<JobId>("03").bytes()));
    CHECK(one != derive_record_id(Kind::job_held, tenant, id<JobId>("03").bytes()));
    CHECK(one != derive_record_id(Kind::job_accepted, id<TenantId>("05"), id<JobId>("03").bytes()));
    CHECK(one != derive_record_id(Kind::job_accepted, tenant, id<JobId>("04").bytes()));
    CHECK(one.text()[14] == '8');
    CHECK(RecordId::parse(one.text()) == one);
}
