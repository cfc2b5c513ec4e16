// SPDX-License-Identifier: Apache-2.0
// Under test: ipp::Engine (over a printer in memory), ipp::refuse.
// Property: every message gets an answer that encodes and decodes to itself, with the request's id, charset and
// language first and a version of 1 or 2; without an owner nothing reaches the printer. The first byte says whether the
// caller has one; what follows the message is its document.
#include <cstdlib>

#include <safeq/ipp/codec.hpp>
#include <safeq/ipp/engine.hpp>

#include "../tests/support/memory_printer.hpp"

using namespace safeq;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check_answer(const ipp::Message& answer, std::int32_t request_id) {
    const auto back = ipp::decode(ipp::encode(answer), ipp::Limits::standard());
    must(back && back->message == answer);
    must(answer.request_id == request_id);
    must(answer.version.major == 1 || answer.version.major == 2);
    must(!ipp::name(answer.status()).empty());
    must(answer.groups.at(0).attributes.at(0).name == "attributes-charset");
    must(answer.groups.at(0).attributes.at(1).name == "attributes-natural-language");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const ByteView in = std::as_bytes(std::span{data + 1, size - 1});
    const ManualClock clock{Time{std::chrono::hours{480'000}}};
    test::MemoryPrinter printer{clock};
    const ipp::Engine engine{printer, {}, clock};
    const bool owned = data[0] & 1;
    ipp::Caller caller{.path = "/ipp/print", .owner = std::nullopt, .peer_address = "192.0.2.1"};
    if (owned) caller.owner = ipp::Owner{SubjectId{IdBytes{std::byte{1}}}, "fuzz"};
    (void)printer.create_job(caller, {});

    ipp::HeadDecoder decoder{ipp::Limits::standard()};
    const auto fed = decoder.feed(in);
    const Result<ipp::Message> message = decoder.finish();
    if (!message) {
        check_answer(ipp::refuse(decoder.header(), message.error()),
                     decoder.header() ? decoder.header()->request_id : 1);
        return 0;
    }
    auto answer = engine.begin(*message, caller);
    if (auto* pending = std::get_if<ipp::PendingDocument>(&answer)) {
        must(owned);
        (void)pending->append(in.subspan(*fed));
        check_answer(pending->finish(), message->request_id);
    } else {
        check_answer(std::get<ipp::Message>(answer), message->request_id);
    }
    must(owned || printer.all.size() == 1);
    // As a listener does that takes no more requests.
    check_answer(ipp::refuse(message->header(), ipp::Status::server_error_busy, "busy"), message->request_id);
    return 0;
}
