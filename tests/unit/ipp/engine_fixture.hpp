// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include <safeq/core/clock.hpp>
#include <safeq/ipp/codec.hpp>
#include <safeq/ipp/engine.hpp>
#include <safeq/ipp/request.hpp>

#include "support/memory_printer.hpp"

namespace safeq::test {

/// An engine over a printer in memory, asked the way a client asks.
struct EngineFixture {
    ManualClock clock{Time{std::chrono::hours{24 * 365 * 55}}};
    MemoryPrinter printer{clock};
    ipp::Engine engine{printer, {}, clock};
    ipp::Target target{.printer_uri = "ipps://localhost:8631/ipp/print", .requesting_user_name = "alice"};
    ipp::Caller caller{
        .path = "/ipp/print", .owner = ipp::Owner{SubjectId{owner_id(1)}, "alice"}, .peer_address = "192.0.2.1"};

    static IdBytes owner_id(int number) {
        IdBytes id{};
        id[0] = static_cast<std::byte>(number);
        return id;
    }

    [[nodiscard]] ipp::Message request(ipp::Operation operation) const {
        return ipp::make_request(target, operation, 42);
    }
    [[nodiscard]] ipp::Message job_request(ipp::Operation operation, std::int32_t id) const {
        return ipp::make_job_request(target, operation, 42, id);
    }

    /// The answer; every one of them can be encoded and decoded again.
    [[nodiscard]] ipp::Message ask(const ipp::Message& message, std::string_view document = {}) {
        auto answer = engine.begin(message, caller);
        if (auto* pending = std::get_if<ipp::PendingDocument>(&answer)) {
            (void)pending->append(as_bytes(document));
            return checked(pending->finish());
        }
        return checked(std::get<ipp::Message>(std::move(answer)));
    }

    [[nodiscard]] ipp::Status status(const ipp::Message& message, std::string_view document = {}) {
        return ask(message, document).status();
    }

    [[nodiscard]] static ipp::Message checked(ipp::Message answer) {
        const auto back = ipp::decode(ipp::encode(answer), ipp::Limits::standard());
        REQUIRE(back);
        REQUIRE(back->message == answer);
        return answer;
    }

    static ipp::Group& operation(ipp::Message& message) { return message.group(ipp::GroupTag::operation); }
    static ipp::Group& job(ipp::Message& message) { return message.group(ipp::GroupTag::job); }
};

}  // namespace safeq::test
