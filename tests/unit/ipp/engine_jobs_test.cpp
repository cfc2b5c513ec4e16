// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/engine.hpp>

#include <set>

#include <catch2/catch_test_macros.hpp>

#include "engine_fixture.hpp"

using namespace safeq;
using namespace safeq::ipp;
using test::EngineFixture;

namespace {

std::int32_t job_id(const Message& answer) {
    const Group* job = answer.find(GroupTag::job);
    REQUIRE(job);
    return job->value("job-id")->as_integer().value();
}

std::vector<std::int32_t> job_ids(const Message& answer) {
    std::vector<std::int32_t> out;
    for (const Group& group : answer.groups)
        if (group.tag == GroupTag::job) out.push_back(group.value("job-id")->as_integer().value());
    return out;
}

}  // namespace

TEST_CASE_METHOD(EngineFixture, "Print-Job takes the document and tells the job") {
    Message message = request(Operation::print_job);
    operation(message).set("document-name", Value::name("Grüße.pdf"));
    operation(message).set("document-format", Value::mime_media_type("application/PDF; x=1"));
    job(message).set("copies", Value::integer(3));
    job(message).set("sides", Value::keyword("two-sided-long-edge"));
    const Message answer = ask(message, "%PDF-1.7");
    CHECK(answer.status() == Status::successful_ok);
    CHECK(answer.request_id == 42);
    const Group& told = *answer.find(GroupTag::job);
    CHECK(told.value("job-uri")->as_uri() == "ipps://localhost:8631/ipp/print/jobs/1");
    CHECK(told.value("job-state")->as_enumeration() == static_cast<std::int32_t>(JobState::pending_held));
    CHECK(told.value("job-state-reasons")->as_keyword() == "job-held-for-release");

    const auto& kept = printer.all.at(1);
    CHECK(as_text(kept.document) == "%PDF-1.7");
    CHECK(kept.ticket.job_name == "Grüße.pdf");
    CHECK(kept.ticket.document_format == "application/pdf");
    CHECK(kept.ticket.requesting_user_name == "alice");
    CHECK(kept.ticket.copies == 3);
    CHECK(kept.ticket.sides == "two-sided-long-edge");
    CHECK(kept.ticket.attributes.size() == 2);
}

TEST_CASE_METHOD(EngineFixture, "a document that doesn't end leaves nothing") {
    auto answer = engine.begin(request(Operation::print_job), caller);
    {
        auto pending = std::get<PendingDocument>(std::move(answer));
        CHECK(pending.append(as_bytes("%PDF")));
    }
    CHECK(printer.all.empty());
    CHECK(status(request(Operation::print_job), "") == Status::client_error_bad_request);
    CHECK(printer.all.empty());
}

TEST_CASE_METHOD(EngineFixture, "a failure while the document comes is told at its end") {
    printer.max_document = 4;
    auto answer = engine.begin(request(Operation::print_job), caller);
    auto& pending = std::get<PendingDocument>(answer);
    CHECK(pending.append(as_bytes("1234")));
    const auto more = pending.append(as_bytes("5"));
    REQUIRE_FALSE(more);
    CHECK(more.error().code == Errc::too_large);
    CHECK(pending.append(as_bytes("6")).error().code == Errc::too_large);
    CHECK(pending.finish().status() == Status::client_error_request_entity_too_large);
    CHECK(printer.all.empty());
    CHECK_FALSE(pending.append(as_bytes("7")));
}

TEST_CASE_METHOD(EngineFixture, "the service's failures become statuses without detail") {
    const std::pair<Errc, Status> cases[] = {{Errc::denied, Status::client_error_not_authorized},
                                             {Errc::busy, Status::server_error_busy},
                                             {Errc::log_unavailable, Status::server_error_service_unavailable}};
    for (const auto& [code, expected] : cases) {
        for (const Operation each :
             {Operation::print_job, Operation::create_job, Operation::validate_job, Operation::get_jobs}) {
            printer.next_error = Error{code, "secret place", "secret detail"};
            const Message answer = ask(request(each), "x");
            CHECK(answer.status() == expected);
            CHECK(as_text(encode(answer)).find("secret") == std::string_view::npos);
        }
    }
    CHECK(printer.all.empty());
}

TEST_CASE_METHOD(EngineFixture, "what isn't supported is left out, or refused where the client wants all or nothing") {
    Message message = request(Operation::print_job);
    job(message).set("copies", Value::integer(0));
    job(message).set("sides", Value::keyword("three-sided"));
    job(message).set("fold", Value::keyword("yes"));
    job(message).set("print-quality", Value::enumeration(4));
    job(message).set("media-size", Value::keyword("x"));
    const Message answer = ask(message, "x");
    CHECK(answer.status() == Status::successful_ok_ignored_or_substituted_attributes);
    const Group& unsupported = *answer.find(GroupTag::unsupported);
    CHECK(unsupported.attributes.size() == 4);
    CHECK(unsupported.value("copies")->as_integer() == 0);
    CHECK(unsupported.value("sides")->as_keyword() == "three-sided");
    CHECK(unsupported.value("fold")->tag() == ValueTag::unsupported);
    const auto& ticket = printer.all.at(1).ticket;
    CHECK(ticket.copies == 1);
    CHECK(ticket.sides.empty());
    REQUIRE(ticket.attributes.size() == 1);
    CHECK(ticket.attributes[0].name == "print-quality");

    operation(message).set("ipp-attribute-fidelity", Value::boolean(true));
    const Message refused = ask(message, "x");
    CHECK(refused.status() == Status::client_error_attributes_or_values_not_supported);
    CHECK(refused.find(GroupTag::unsupported)->attributes.size() == 4);
    CHECK(printer.all.size() == 1);
}

TEST_CASE_METHOD(EngineFixture, "hostile job template values are not taken") {
    const std::int32_t least = std::numeric_limits<std::int32_t>::min();
    const Attribute hostile[] = {
        {"copies", Value::integer(least)},
        {"copies", Value::integer(std::numeric_limits<std::int32_t>::max())},
        {"copies", Value::enumeration(1)},
        {"copies", std::vector{Value::integer(1), Value::integer(2)}},
        {"page-ranges", Value::range({0, 3})},
        {"page-ranges", Value::range({5, 3})},
        {"page-ranges", std::vector{Value::range({1, 5}), Value::range({5, 9})}},
        {"page-ranges", Value::range({least, least})},
        {"printer-resolution", Value::resolution({least, -1, Resolution::Unit::per_inch})},
        {"orientation-requested", Value::enumeration(-3)},
        {"media", Value::keyword("../../etc/passwd")},
        {"media", Value::uri("iso_a4_210x297mm")},
        {"media-col", Value::keyword("iso_a4_210x297mm")},
        {"media-col", Value::collection(Collection{{Attribute{"media-size", Value::integer(1)}}})},
        {"media-col", Value::collection(Collection{{Attribute{"evil", Value::integer(1)}}})},
        {"sides", Value::no_value()},
    };
    for (const Attribute& attribute : hostile) {
        Message message = request(Operation::validate_job);
        job(message).set(attribute);
        INFO(attribute.name);
        CHECK(status(message) == Status::successful_ok_ignored_or_substituted_attributes);
    }
}

TEST_CASE_METHOD(EngineFixture, "media is found by its size") {
    const auto with = [&](std::int32_t width, std::int32_t length) {
        Message message = request(Operation::print_job);
        const Collection size{
            {Attribute{"x-dimension", Value::integer(width)}, Attribute{"y-dimension", Value::integer(length)}}};
        job(message).set("media-col",
                         Value::collection(Collection{{Attribute{"media-size", Value::collection(size)}}}));
        const Status told = status(message, "x");
        return std::pair{told, printer.all.rbegin()->second.ticket.media};
    };
    CHECK(with(21590, 27940) == std::pair{Status::successful_ok, std::string{"na_letter_8.5x11in"}});
    CHECK(with(21000, 29700) == std::pair{Status::successful_ok, std::string{"iso_a4_210x297mm"}});
    CHECK(with(1, 1) == std::pair{Status::successful_ok_ignored_or_substituted_attributes, std::string{}});
}

TEST_CASE_METHOD(EngineFixture, "formats and compressions that aren't supported") {
    Message message = request(Operation::print_job);
    operation(message).set("document-format", Value::mime_media_type("application/postscript"));
    const Message answer = ask(message, "%!");
    CHECK(answer.status() == Status::client_error_document_format_not_supported);
    CHECK(answer.find(GroupTag::unsupported)->value("document-format")->as_mime_media_type() ==
          "application/postscript");
    operation(message).set("compression", Value::keyword("gzip"));
    CHECK(status(message, "x") == Status::client_error_compression_not_supported);
    operation(message).set("compression", Value::keyword("none"));
    operation(message).set("document-format", Value::mime_media_type("image/pwg-raster"));
    CHECK(status(message, "x") == Status::successful_ok);
    printer.info.accepting_jobs = false;
    CHECK(status(message, "x") == Status::server_error_not_accepting_jobs);
}

TEST_CASE_METHOD(EngineFixture, "Create-Job and Send-Document") {
    const std::int32_t id = job_id(ask(request(Operation::create_job)));
    Message send = job_request(Operation::send_document, id);
    CHECK(status(send, "x") == Status::client_error_bad_request);
    operation(send).set("last-document", Value::boolean(false));
    CHECK(status(send, "x") == Status::server_error_multiple_document_jobs_not_supported);
    operation(send).set("last-document", Value::boolean(true));
    CHECK(status(send, "") == Status::client_error_bad_request);
    CHECK_FALSE(printer.all.at(id).has_document);
    CHECK(job_id(ask(send, "%PDF")) == id);
    CHECK(as_text(printer.all.at(id).document) == "%PDF");
    CHECK(status(send, "again") == Status::server_error_multiple_document_jobs_not_supported);
    CHECK(as_text(printer.all.at(id).document) == "%PDF");

    Message unknown = job_request(Operation::send_document, 99);
    operation(unknown).set("last-document", Value::boolean(true));
    CHECK(status(unknown, "x") == Status::client_error_not_found);
}

TEST_CASE_METHOD(EngineFixture, "jobs are found by number and by URI") {
    const std::int32_t id = job_id(ask(request(Operation::print_job), "x"));
    CHECK(job_id(ask(job_request(Operation::get_job_attributes, id))) == id);

    Message by_uri = request(Operation::get_job_attributes);
    std::erase_if(operation(by_uri).attributes,
                  [](const Attribute& attribute) { return attribute.name == "printer-uri"; });
    CHECK(status(by_uri) == Status::client_error_bad_request);
    operation(by_uri).set("job-uri", Value::uri("ipps://localhost:8631/ipp/print/jobs/1"));
    CHECK(job_id(ask(by_uri)) == id);
    for (const char* uri :
         {"ipps://localhost/ipp/print/jobs/2", "ipps://localhost/ipp/print/jobs/-1", "ipps://localhost/ipp/print",
          "ipps://localhost/other/jobs/1", "ipps://localhost/ipp/print/jobs/99999999999999999999"}) {
        operation(by_uri).set("job-uri", Value::uri(uri));
        CHECK(status(by_uri) == Status::client_error_not_found);
    }
}

TEST_CASE_METHOD(EngineFixture, "other people's jobs are not found") {
    const std::int32_t id = job_id(ask(request(Operation::print_job), "x"));
    caller.owner = Owner{SubjectId{owner_id(2)}, "mallory"};
    CHECK(status(job_request(Operation::get_job_attributes, id)) == Status::client_error_not_found);
    CHECK(status(job_request(Operation::cancel_job, id)) == Status::client_error_not_found);
    CHECK(job_ids(ask(request(Operation::get_jobs))).empty());
}

TEST_CASE_METHOD(EngineFixture, "Get-Job-Attributes tells everything, or what was asked for") {
    Message print = request(Operation::print_job);
    operation(print).set("job-name", Value::name("a job"));
    job(print).set("copies", Value::integer(2));
    const std::int32_t id = job_id(ask(print, std::string(3000, 'x')));
    clock.advance(std::chrono::seconds{5});
    Message message = job_request(Operation::get_job_attributes, id);
    const Message answer = ask(message);
    const Group& told = *answer.find(GroupTag::job);
    CHECK(told.value("job-name")->as_name() == "a job");
    CHECK(told.value("job-originating-user-name")->as_name() == "alice");
    CHECK(told.value("job-printer-uri")->as_uri() == "ipps://localhost:8631/ipp/print");
    CHECK(told.value("job-k-octets")->as_integer() == 3);
    CHECK(told.value("time-at-creation")->as_integer() == 1);
    CHECK(told.value("time-at-completed")->tag() == ValueTag::no_value);
    CHECK(told.value("job-printer-up-time")->as_integer() == 6);
    CHECK(told.value("job-impressions")->tag() == ValueTag::no_value);
    CHECK(told.value("copies")->as_integer() == 2);

    const auto only = [&](std::vector<std::string> names) {
        operation(message).set(keywords("requested-attributes", names));
        std::set<std::string> out;
        const Message some = ask(message);
        for (const Attribute& attribute : some.find(GroupTag::job)->attributes) out.insert(attribute.name);
        return out;
    };
    CHECK(only({"job-id", "job-state", "nothing-known"}) == std::set<std::string>{"job-id", "job-state"});
    CHECK(only({"job-template"}) == std::set<std::string>{"copies"});
    CHECK_FALSE(only({"job-description"}).contains("copies"));
    CHECK(only({"none"}).empty());
}

TEST_CASE_METHOD(EngineFixture, "Get-Jobs: which, limit, first-index and defaults") {
    for (int i = 0; i < 5; ++i) REQUIRE(job_id(ask(request(Operation::print_job), "x")) == i + 1);
    printer.complete(2);
    CHECK(status(job_request(Operation::cancel_job, 4)) == Status::successful_ok);
    CHECK(status(job_request(Operation::cancel_job, 4)) == Status::client_error_not_possible);

    Message message = request(Operation::get_jobs);
    CHECK(job_ids(ask(message)) == std::vector<std::int32_t>{1, 3, 5});
    const Message defaults = ask(message);
    for (const Attribute& attribute : defaults.find(GroupTag::job)->attributes)
        CHECK((attribute.name == "job-id" || attribute.name == "job-uri"));
    const auto which = [&](const char* word) {
        operation(message).set("which-jobs", Value::keyword(word));
        return job_ids(ask(message));
    };
    CHECK(which("completed") == std::vector<std::int32_t>{4, 2});
    CHECK(which("canceled") == std::vector<std::int32_t>{4});
    CHECK(which("all").size() == 5);
    CHECK(which("not-completed") == std::vector<std::int32_t>{1, 3, 5});
    operation(message).set("limit", Value::integer(2));
    CHECK(job_ids(ask(message)) == std::vector<std::int32_t>{1, 3});
    operation(message).set("first-index", Value::integer(3));
    CHECK(job_ids(ask(message)) == std::vector<std::int32_t>{5});
    operation(message).set("first-index", Value::integer(std::numeric_limits<std::int32_t>::max()));
    operation(message).set("limit", Value::integer(std::numeric_limits<std::int32_t>::max()));
    CHECK(job_ids(ask(message)).empty());
    operation(message).set("which-jobs", Value::keyword("burning"));
    const Message refused = ask(message);
    CHECK(refused.status() == Status::client_error_attributes_or_values_not_supported);
    CHECK(refused.find(GroupTag::unsupported)->value("which-jobs")->as_keyword() == "burning");
}

TEST_CASE_METHOD(EngineFixture, "Get-Printer-Attributes tells everything, or what was asked for") {
    printer.info.uris.push_back({"ipp://localhost:8630/ipp/print", "none", "none"});
    Message message = request(Operation::get_printer_attributes);
    clock.advance(std::chrono::hours{1});
    const Message answer = ask(message);
    const Group& all = *answer.find(GroupTag::printer);
    for (const char* name : {"printer-uri-supported", "uri-security-supported", "uri-authentication-supported"})
        CHECK(all.find(name)->values.size() == 2);
    CHECK(all.value("printer-up-time")->as_integer() == 3601);
    CHECK(all.value("printer-uuid")->as_uri() == "urn:uuid:00000000-0000-0000-0000-000000000000");
    CHECK(all.value("multiple-operation-time-out")->as_integer() == 300);
    CHECK(all.find("operations-supported")->values.size() == 8);
    CHECK(all.find("media-col-database") == nullptr);
    CHECK(all.value("printer-more-info")->as_uri() == "https://localhost:8631/");

    operation(message).set(keywords("requested-attributes", {"media-col-database", "printer-name"}));
    const Message two = ask(message);
    REQUIRE(two.find(GroupTag::printer)->attributes.size() == 2);
    CHECK(two.find(GroupTag::printer)->find("media-col-database")->values.size() == 2);
    operation(message).set(keywords("requested-attributes", {"job-template"}));
    const Message job_template = ask(message);
    CHECK(job_template.find(GroupTag::printer)->find("copies-supported"));
    CHECK_FALSE(job_template.find(GroupTag::printer)->find("printer-name"));
}

TEST_CASE_METHOD(EngineFixture, "times before the printer's start are 0, and none goes below") {
    printer.info.config_changed = printer.info.started - std::chrono::hours{5};
    const Message answer = ask(request(Operation::get_printer_attributes));
    CHECK(answer.find(GroupTag::printer)->value("printer-config-change-time")->as_integer() == 0);
}
