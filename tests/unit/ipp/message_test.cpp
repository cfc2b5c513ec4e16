// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/message.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace safeq::ipp;

TEST_CASE("a group is found by its tag, or made at the end") {
    Message message{{2, 0}, 0x000b, 7, {}};
    CHECK(message.find(GroupTag::operation) == nullptr);
    message.group(GroupTag::operation).set("a", Value::integer(1));
    message.group(GroupTag::job).set("b", Value::integer(2));
    message.group(GroupTag::operation).set("c", Value::integer(3));
    REQUIRE(message.groups.size() == 2);
    CHECK(message.find(GroupTag::operation)->attributes.size() == 2);
}

TEST_CASE("codes have their registered names") {
    CHECK(Message{{2, 0}, 0x0002, 1, {}}.operation() == Operation::print_job);
    CHECK(name(Operation::get_printer_attributes) == "Get-Printer-Attributes");
    CHECK(name(static_cast<Operation>(0x4002)).empty());
    CHECK(name(Message{{2, 0}, 0x0509, 1, {}}.status()) == "server-error-multiple-document-jobs-not-supported");
    CHECK(name(static_cast<Status>(0x0999)).empty());
    CHECK(successful(Status::successful_ok_conflicting_attributes));
    CHECK_FALSE(successful(Status::client_error_bad_request));
}
