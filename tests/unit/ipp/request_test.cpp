// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/request.hpp>

#include <limits>

#include <catch2/catch_test_macros.hpp>

#include "engine_fixture.hpp"

using namespace safeq;
using namespace safeq::ipp;
using test::EngineFixture;

TEST_CASE("operation attributes come in the order that IPP wants") {
    const Target target{.printer_uri = "ipps://h/ipp/print", .requesting_user_name = "bob"};
    const Message message =
        make_send_document(target, 9, 17, {.document_name = "d", .document_format = "application/pdf"});
    CHECK(message.request_id == 9);
    CHECK(message.operation() == Operation::send_document);
    std::vector<std::string> names;
    for (const Attribute& attribute : message.groups.at(0).attributes) names.push_back(attribute.name);
    CHECK(names == std::vector<std::string>{"attributes-charset", "attributes-natural-language", "printer-uri",
                                            "job-id", "requesting-user-name", "document-name", "document-format",
                                            "last-document"});
}

TEST_CASE_METHOD(EngineFixture, "what the client side builds the engine takes, and reads back") {
    JobTicket ticket;
    ticket.job_name = "a job";
    ticket.document_format = "application/pdf";
    ticket.attributes.emplace_back("copies", Value::integer(2));
    const Message print = make_print_request(target, Operation::print_job, 5, ticket);
    const Message printed = ask(print, "%PDF");
    REQUIRE(check_response(print, printed));
    const RemoteJob job = read_job(printed).value();
    CHECK(job.id == 1);
    CHECK(job.state == JobState::pending_held);
    CHECK(job.reasons == std::vector<std::string>{"job-held-for-release"});
    CHECK(job.uuid.starts_with("urn:uuid:"));

    const Message create = make_print_request(target, Operation::create_job, 6, ticket);
    CHECK(create.groups[0].find("document-format") == nullptr);
    const std::int32_t id = read_job(ask(create)).value().id;
    CHECK(status(make_send_document(target, 7, id, {.document_name = {}, .document_format = "application/pdf"}), "x") ==
          Status::successful_ok);

    printer.complete(1);
    const Message state = make_get_job_attributes(target, 8, 1, {"job-state", "job-impressions-completed"});
    const RemoteJob done = read_job(ask(state)).value();
    CHECK(done.state == JobState::completed);
    CHECK(done.impressions_completed == 1);
    CHECK(done.id == 0);

    CHECK(read_jobs(ask(make_request(target, Operation::get_jobs, 9))).value().size() == 1);

    const RemotePrinter remote = read_printer(ask(make_get_printer_attributes(target, 10, {}))).value();
    CHECK(remote.accepting_jobs);
    CHECK(remote.state == 3);
    CHECK(remote.supports(Operation::print_job));
    CHECK_FALSE(remote.supports(Operation::hold_job));
    CHECK(remote.takes_format("application/PDF"));
    CHECK_FALSE(remote.takes_format("application/postscript"));
}

TEST_CASE_METHOD(EngineFixture, "an answer must belong to its request") {
    const Message message = request(Operation::get_printer_attributes);
    Message answer = ask(message);
    CHECK(check_response(message, answer));
    SECTION("another request-id") { answer.request_id = 43; }
    SECTION("a version never spoken") { answer.version = {9, 0}; }
    SECTION("no groups") { answer.groups.clear(); }
    SECTION("no charset first") { answer.groups[0].attributes.erase(answer.groups[0].attributes.begin()); }
    const auto checked = check_response(message, answer);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == Errc::ipp_malformed);
}

TEST_CASE_METHOD(EngineFixture, "a status that means failure is an error with its name") {
    const Message message = job_request(Operation::get_job_attributes, 9);
    const auto checked = check_response(message, ask(message));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == Errc::ipp_status);
    CHECK(checked.error().where == "client-error-not-found");
}

TEST_CASE("hostile answers are errors, not jobs") {
    Message answer{{2, 0}, 0, 1, {}};
    CHECK(read_job(answer).error().code == Errc::ipp_malformed);
    CHECK(read_printer(answer).error().code == Errc::ipp_malformed);
    const auto with = [&](const char* name, Value value) {
        answer.groups = {Group{GroupTag::job, {Attribute{"job-id", Value::integer(5)}}}};
        answer.groups[0].set(name, std::move(value));
        return read_job(answer).has_value();
    };
    const std::int32_t least = std::numeric_limits<std::int32_t>::min();
    CHECK(with("job-state", Value::enumeration(9)));
    CHECK(with("job-state", Value::unknown()));
    CHECK_FALSE(with("job-id", Value::integer(0)));
    CHECK_FALSE(with("job-id", Value::integer(least)));
    CHECK_FALSE(with("job-id", Value::keyword("5")));
    CHECK_FALSE(with("job-state", Value::enumeration(least)));
    CHECK_FALSE(with("job-state", Value::integer(9)));
    CHECK_FALSE(with("job-impressions-completed", Value::integer(-1)));
    CHECK_FALSE(with("job-uri", Value::keyword("x")));
    answer.groups[0] =
        Group{GroupTag::job, {Attribute{"job-state", std::vector{Value::enumeration(3), Value::enumeration(4)}}}};
    CHECK_FALSE(read_job(answer));
}
