// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/engine.hpp>

#include <limits>

#include <catch2/catch_test_macros.hpp>

#include "engine_fixture.hpp"

using namespace safeq;
using namespace safeq::ipp;
using test::EngineFixture;

namespace {

void drop(Group& group, std::string_view name) {
    std::erase_if(group.attributes, [&](const Attribute& attribute) { return attribute.name == name; });
}

}  // namespace

TEST_CASE_METHOD(EngineFixture, "a request's frame is checked in order") {
    Message message = request(Operation::get_printer_attributes);
    CHECK(status(message) == Status::successful_ok);

    SECTION("request-id 0 and below") {
        for (const std::int32_t id : {0, -1, std::numeric_limits<std::int32_t>::min()}) {
            message.request_id = id;
            const Message answer = ask(message);
            CHECK(answer.status() == Status::client_error_bad_request);
            CHECK(answer.request_id == id);
            CHECK(answer.find(GroupTag::printer) == nullptr);
        }
    }
    SECTION("no operation attributes") {
        message.groups.clear();
        CHECK(status(message) == Status::client_error_bad_request);
        (void)message.group(GroupTag::operation);
        CHECK(status(message) == Status::client_error_bad_request);
    }
    SECTION("the operation group comes first and once") {
        message.groups.insert(message.groups.begin(), Group{GroupTag::job, {}});
        CHECK(status(message) == Status::client_error_bad_request);
        message.groups.erase(message.groups.begin());
        message.groups.push_back(Group{GroupTag::operation, {}});
        CHECK(status(message) == Status::client_error_bad_request);
    }
    SECTION("no charset") {
        drop(operation(message), "attributes-charset");
        CHECK(status(message) == Status::client_error_bad_request);
    }
    SECTION("no language") {
        drop(operation(message), "attributes-natural-language");
        CHECK(status(message) == Status::client_error_bad_request);
    }
    SECTION("charset and language the other way round") {
        std::swap(operation(message).attributes[0], operation(message).attributes[1]);
        CHECK(status(message) == Status::client_error_bad_request);
    }
    SECTION("a charset that isn't one") {
        operation(message).attributes[0] = Attribute{"attributes-charset", Value::keyword("utf-8")};
        CHECK(status(message) == Status::client_error_bad_request);
    }
    SECTION("a charset that is not supported") {
        operation(message).attributes[0] = Attribute{"attributes-charset", Value::charset("iso-8859-1")};
        const Message answer = ask(message);
        CHECK(answer.status() == Status::client_error_charset_not_supported);
        CHECK(answer.find(GroupTag::unsupported)->find("attributes-charset"));
    }
    SECTION("no printer-uri") {
        drop(operation(message), "printer-uri");
        CHECK(status(message) == Status::client_error_bad_request);
        message.code = 0x4002;
        CHECK(status(message) == Status::client_error_bad_request);
    }
}

TEST_CASE_METHOD(EngineFixture, "versions 1 and 2 are understood and answered in kind") {
    Message message = request(Operation::get_printer_attributes);
    for (const Version version : {Version{1, 0}, Version{1, 1}, Version{2, 0}, Version{2, 1}, Version{2, 2}}) {
        message.version = version;
        const Message answer = ask(message);
        CHECK(answer.status() == Status::successful_ok);
        CHECK(answer.version == version);
    }
    for (const Version version : {Version{0, 0}, Version{3, 0}, Version{255, 255}}) {
        message.version = version;
        message.request_id = 0;  // the version is looked at first
        CHECK(status(message) == Status::server_error_version_not_supported);
    }
}

TEST_CASE_METHOD(EngineFixture, "a printer is known by its path") {
    const auto with = [&](std::string uri) {
        Message message = request(Operation::get_printer_attributes);
        operation(message).set("printer-uri", Value::uri(uri));
        return status(message);
    };
    CHECK(with("ipp://127.0.0.1/ipp/print") == Status::successful_ok);
    CHECK(with("ipps://other.example:631/ipp/print/") == Status::successful_ok);
    for (const char* uri : {"ipps://localhost/ipp/other", "ipps://localhost", "ipps://localhost/", "ipps:///ipp/print",
                            "lpd://localhost/ipp/print", "ipps://localhost/ipp/print?x=1", "/ipp/print", "",
                            "ipps://localhost/ipp/print/jobs/1"})
        CHECK(with(uri) == Status::client_error_not_found);

    CHECK(with("ipps://localhost/ipp/t/abc") == Status::client_error_not_found);
    caller.path = "/ipp/t/abc";
    CHECK(with("ipps://localhost/ipp/t/abc") == Status::successful_ok);
    CHECK(with("ipps://localhost/ipp/t/abd") == Status::client_error_not_found);

    Message message = request(Operation::get_printer_attributes);
    operation(message).set("printer-uri", Value::keyword("x"));
    CHECK(status(message) == Status::client_error_bad_request);
}

TEST_CASE_METHOD(EngineFixture, "operations that are not done are named so, once their target is known") {
    for (const unsigned code : {0x0000u, 0x0003u, 0x000cu, 0x4002u, 0xffffu}) {
        Message message = request(static_cast<Operation>(code));
        CHECK_FALSE(engine.needs_owner(message));
        CHECK(status(message) == Status::server_error_operation_not_supported);
        operation(message).set("printer-uri", Value::uri("ipp://localhost/elsewhere"));
        CHECK(status(message) == Status::client_error_not_found);
    }
}

TEST_CASE_METHOD(EngineFixture, "everything but Get-Printer-Attributes needs an owner") {
    CHECK_FALSE(engine.needs_owner(request(Operation::get_printer_attributes)));
    caller.owner.reset();
    CHECK(status(request(Operation::get_printer_attributes)) == Status::successful_ok);
    for (const Operation each :
         {Operation::print_job, Operation::validate_job, Operation::create_job, Operation::send_document,
          Operation::cancel_job, Operation::get_job_attributes, Operation::get_jobs}) {
        CHECK(engine.needs_owner(request(each)));
        CHECK(status(job_request(each, 1), "x") == Status::client_error_not_authenticated);
    }
    CHECK(printer.all.empty());

    Engine open{printer, {.paths = {"/ipp/print"}, .access = Engine::Access::open}, clock};
    CHECK_FALSE(open.needs_owner(request(Operation::print_job)));
    CHECK(std::get<Message>(open.begin(request(Operation::get_jobs), caller)).status() == Status::successful_ok);
}

TEST_CASE_METHOD(EngineFixture, "operation attributes must have their syntax") {
    const auto with = [&](Operation each, Attribute attribute) {
        Message message = job_request(each, 1);
        operation(message).set(std::move(attribute));
        return status(message, "x");
    };
    const Status bad = Status::client_error_bad_request;
    CHECK(with(Operation::print_job, {"job-name", Value::integer(1)}) == bad);
    CHECK(with(Operation::print_job, {"job-name", std::vector{Value::name("a"), Value::name("b")}}) == bad);
    CHECK(with(Operation::print_job, {"job-name", Value::no_value()}) == bad);
    CHECK(with(Operation::print_job, {"ipp-attribute-fidelity", Value::integer(1)}) == bad);
    CHECK(with(Operation::print_job, {"job-k-octets", Value::integer(std::numeric_limits<std::int32_t>::min())}) ==
          bad);
    CHECK(with(Operation::get_jobs, {"limit", Value::integer(0)}) == bad);
    CHECK(with(Operation::get_jobs, {"limit", Value::integer(-1)}) == bad);
    CHECK(with(Operation::get_jobs, {"first-index", Value::integer(std::numeric_limits<std::int32_t>::min())}) == bad);
    CHECK(with(Operation::get_jobs, {"requested-attributes", Value::name("all")}) == bad);
    CHECK(with(Operation::cancel_job, {"job-id", Value::integer(0)}) == bad);
    CHECK(with(Operation::cancel_job, {"job-id", Value::integer(std::numeric_limits<std::int32_t>::min())}) == bad);
    CHECK(with(Operation::cancel_job, {"job-id", Value::enumeration(1)}) == bad);
    CHECK(with(Operation::print_job, {"job-name", Value::name_with_language("de", "a")}) == Status::successful_ok);
}

TEST_CASE_METHOD(EngineFixture, "operation attributes that nobody knows are given back as unsupported") {
    Message message = request(Operation::validate_job);
    operation(message).set("job-password", Value::octets(to_bytes("1234")));
    const Message answer = ask(message);
    CHECK(answer.status() == Status::successful_ok_ignored_or_substituted_attributes);
    CHECK(answer.find(GroupTag::unsupported)->value("job-password")->tag() == ValueTag::unsupported);
}

TEST_CASE("a broken request is answered with its ids") {
    const Error error{Errc::ipp_malformed, "ipp attribute 'x'", "unknown tag"};
    const Message answer = EngineFixture::checked(refuse(MessageHeader{{1, 1}, 2, 77}, error));
    CHECK(answer.status() == Status::client_error_bad_request);
    CHECK(answer.request_id == 77);
    CHECK(answer.version == Version{1, 1});
    CHECK(refuse(std::nullopt, error).request_id == 1);
    for (const Errc code : {Errc::too_large, Errc::too_many, Errc::too_deep})
        CHECK(refuse(std::nullopt, Error{code, "", ""}).status() == Status::client_error_request_entity_too_large);
}

TEST_CASE("a job's path leads to its printer") {
    CHECK(printer_path("/ipp/print/jobs/17") == "/ipp/print");
    CHECK(printer_path("/ipp/print") == "/ipp/print");
    for (const char* other : {"/ipp/print/jobs/", "/ipp/print/jobs/0", "/ipp/print/jobs/01", "/ipp/print/jobs/-1",
                              "/ipp/print/jobs/1x", "/ipp/print/jobs/2147483648"})
        CHECK(printer_path(other) == other);
}

TEST_CASE("errors of the service become statuses") {
    const auto of = [](Errc code) { return status_of(Error{code, "", ""}); };
    CHECK(of(Errc::denied) == Status::client_error_not_authorized);
    CHECK(of(Errc::not_found) == Status::client_error_not_found);
    CHECK(of(Errc::conflict) == Status::client_error_not_possible);
    CHECK(of(Errc::busy) == Status::server_error_busy);
    CHECK(of(Errc::unsupported) == Status::client_error_document_format_not_supported);
    CHECK(of(Errc::disk_full) == Status::server_error_temporary_error);
    CHECK(of(Errc::internal) == Status::server_error_internal_error);
    for (const Errc code : all_error_codes()) CHECK_FALSE(successful(of(code)));
}
