// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include <safeq/audit/schema.hpp>

#include "support/random.hpp"
#include "support/source_folder.hpp"

using namespace safeq;
using namespace safeq::audit;

namespace {

struct World {
    test::SeededRandom random;
    ManualClock clock{*parse_rfc3339("2026-11-22T10:00:00.000Z")};

    // A record with everything that its rule asks for, and on demand what it allows.
    Record record(const KindRule& rule, bool with_optional) {
        Record out{.id = RecordId::make(clock, random),
                   .at = clock.now(),
                   .kind = rule.kind,
                   .tenant = TenantId::make(clock, random)};
        for (const Use& use : uses(rule.ids)) {
            if (use.optional && !with_optional) continue;
            if (use.name == "job") out.job = JobId::make(clock, random);
            if (use.name == "subject") out.subject = SubjectId::make(clock, random);
            if (use.name == "device") out.device = DeviceId::make(clock, random);
        }
        for (const Use& use : uses(rule.fields))
            if (!use.optional || with_optional) add(out, use.name);
        for (const Use& use : uses(rule.personal))
            if (!use.optional || with_optional)
                out.personal.push_back({std::string{use.name}, *out.subject, to_bytes("sealed")});
        return out;
    }

    static void add(Record& out, std::string_view name) {
        if (find_field_rule(name)->type == FieldType::number) out.add(name, 7);
        else out.add(name, "text");
    }
};

Errc refused(const Record& record) {
    const auto json = record.encode();
    REQUIRE(json);
    // The form is right: only the schema is against it.
    REQUIRE(Record::parse(*json));
    const auto decoded = decode(*json);
    REQUIRE(!decoded);
    CHECK(check_schema(record).error().message() == decoded.error().message());
    return decoded.error().code;
}

}  // namespace

TEST_CASE("the table names every kind and field once") {
    std::set<std::string_view> names;
    for (const KindRule& each : schema()) {
        CHECK(&rule(each.kind) == &each);
        CHECK(name(each.kind) == each.name);
        CHECK(names.insert(each.name).second);
        for (const std::string_view list : {each.ids, each.fields, each.personal}) {
            std::set<std::string_view> once;
            for (const Use& use : uses(list)) CHECK(once.insert(use.name).second);
        }
    }
    CHECK(names.size() == 37);
    CHECK(all_kinds().size() == names.size());
    std::set<std::string_view> used;
    for (const KindRule& each : schema())
        for (const Use& use : uses(each.fields)) used.insert(use.name);
    for (const FieldRule& field : field_rules()) {
        INFO(field.name);
        CHECK(used.erase(field.name) == 1);
        CHECK(find_field_rule(field.name) == &field);
    }
    CHECK(used.empty());
    CHECK(find_field_rule("title") == nullptr);
}

TEST_CASE("every family of events has its kinds") {
    std::set<Family> families;
    for (const KindRule& each : schema()) {
        families.insert(each.family);
        CHECK(!name(each.gravity).empty());
    }
    CHECK(families == std::set{Family::jobs, Family::authentication, Family::administration, Family::keys,
                               Family::policy, Family::privacy, Family::operation});
    for (const Family family : families) CHECK(!name(family).empty());
}

TEST_CASE("each kind decodes with what it must have and with all that it may have") {
    World world;
    for (const KindRule& each : schema()) {
        INFO(each.name);
        for (const bool with_optional : {false, true}) {
            const Record record = world.record(each, with_optional);
            const auto decoded = decode(*record.encode());
            if (!decoded) FAIL(decoded.error().message());
            CHECK(*decoded == record);
        }
    }
}

TEST_CASE("each kind is refused without one thing, with one too many, or with one of another type") {
    World world;
    int tried = 0;
    const auto wrong = [&](const Record& record) {
        CHECK(refused(record) == Errc::malformed);
        ++tried;
    };
    for (const KindRule& each : schema()) {
        INFO(each.name);
        const Record least = world.record(each, false);
        const Record most = world.record(each, true);
        for (const auto member : {0, 1, 2}) {
            Record nil = most;
            Record without = least;
            Record foreign = least;
            const bool there = member == 0   ? least.job.has_value()
                               : member == 1 ? least.subject.has_value()
                                             : least.device.has_value();
            const bool may_be = member == 0   ? most.job.has_value()
                                : member == 1 ? most.subject.has_value()
                                              : most.device.has_value();
            if (member == 0)
                (nil.job = JobId{}, without.job.reset(), foreign.job = JobId::make(world.clock, world.random));
            if (member == 1)
                (nil.subject = SubjectId{}, without.subject.reset(),
                 foreign.subject = SubjectId::make(world.clock, world.random));
            if (member == 2)
                (nil.device = DeviceId{}, without.device.reset(),
                 foreign.device = DeviceId::make(world.clock, world.random));
            wrong(nil);
            if (there) wrong(without);
            if (!may_be) wrong(foreign);
        }
        for (std::size_t i = 0; i < least.fields.size(); ++i) {
            Record without = least;
            without.fields.erase(without.fields.begin() + static_cast<std::ptrdiff_t>(i));
            wrong(without);
        }
        for (std::size_t i = 0; i < most.fields.size(); ++i) {
            Record other = most;
            if (std::holds_alternative<std::string>(other.fields[i].value)) other.fields[i].value = std::uint64_t{1};
            else other.fields[i].value = std::string{"1"};
            wrong(other);
        }
        for (const FieldRule& field : field_rules()) {
            if (most.number(field.name) != nullptr || most.text(field.name) != nullptr) continue;
            Record foreign = most;
            World::add(foreign, field.name);
            wrong(foreign);
        }
        Record unknown = most;
        unknown.add("anything", 1);
        wrong(unknown);
        // A name in clear where it must be sealed, and a sealed field that has no place.
        Record clear = most;
        clear.add(field::user_name, "alice");
        wrong(clear);
        Record sealed = most;
        sealed.personal.push_back(
            {"pin", most.subject.value_or(SubjectId::make(world.clock, world.random)), to_bytes("x")});
        wrong(sealed);
        for (std::size_t i = 0; i < least.personal.size(); ++i) {
            Record without = least;
            without.personal.erase(without.personal.begin() + static_cast<std::ptrdiff_t>(i));
            wrong(without);
            Record others = least;
            others.personal[i].subject = SubjectId::make(world.clock, world.random);
            wrong(others);
        }
        Record nobody = most;
        nobody.tenant = {};
        wrong(nobody);
        Record nameless = most;
        nameless.id = {};
        wrong(nameless);
    }
    CHECK(tried > 600);
}

TEST_CASE("a kind of a later version is a record, but not one that is decoded here") {
    World world;
    Record record = world.record(rule(Kind::daemon_started), true);
    record.kind = *KindName::parse("invented_later");
    CHECK(refused(record) == Errc::unsupported);
    CHECK(decode(as_bytes("{}")).error().code == Errc::malformed);
}

TEST_CASE("the documented schema is the one of the code") {
    std::ifstream file{test::source_folder() / "docs/audit_events.md", std::ios::binary};
    REQUIRE(file);
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    INFO(schema_markdown());
    CHECK(text.find("\n\n" + schema_markdown()) != std::string::npos);
}
