// SPDX-License-Identifier: Apache-2.0
// Every single allocation of each IPP operation fails once, from the request to the answer. Then the client is told
// that the server failed, never that it did something wrong; what was acknowledged is there, and the same request then
// does what it should.
#include <algorithm>
#include <set>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/tile.hpp>
#include <safeq/ipp/codec.hpp>
#include <safeq/ipp/engine.hpp>
#include <safeq/ipp/request.hpp>
#include <safeq/service/upstream_answer.hpp>

#include "support/allocation/failing_allocation.hpp"

#include "api_world.hpp"

using namespace safeq;
using test::Ended;
using test::hold;
using test::must;

namespace {

// No PDF: libqpdf allocates in a destructor, and where that fails the process ends, as by a crash (see tests/crash).
constexpr const char* format = "image/jpeg";

/// An intake's printer, with the release server's interface behind it.
struct PrintingWorld : test::ApiWorld {
    test::OneEpoch epochs{epoch_key};
    std::unique_ptr<service::Submit> submit;
    std::unique_ptr<ipp::Engine> engine;
    const ipp::Target target{.printer_uri = "ipps://localhost:8631/ipp/print", .requesting_user_name = "carol"};
    ipp::Caller caller{.path = "/ipp/print", .owner = {}, .peer_address = "192.0.2.1"};
    const Bytes picture = test::make_jpeg();

    PrintingWorld() {
        quota = {.jobs = 100, .bytes = 1 << 24};
        caller.owner = ipp::Owner{carol, "carol"};
        start();
    }
    void start() {
        submit = std::make_unique<service::Submit>(submit_parts(epochs));
        engine = std::make_unique<ipp::Engine>(*submit, ipp::Engine::Config{}, clock);
    }
    void restart_all() {
        engine.reset();
        submit.reset();
        ApiWorld::restart_all();
        (void)must(release->jobs.recover(tenant));
        (void)must(release->custody.sweep());
        (void)must(intake->handover.recover());
        (void)intake->handover.run();
        start();
    }

    /// As a server does it: the answer is encoded before it leaves.
    [[nodiscard]] ipp::Message ask(const ipp::Message& message) {
        auto answer = engine->begin(message, caller);
        ipp::Message out;
        if (auto* pending = std::get_if<ipp::PendingDocument>(&answer)) {
            (void)pending->append(picture);
            out = pending->finish();
        } else {
            out = std::get<ipp::Message>(std::move(answer));
        }
        (void)ipp::encode(out);
        return out;
    }
    /// The number of a job that waits for its document.
    [[nodiscard]] std::int32_t create() {
        const ipp::Message made =
            ask(ipp::make_print_request(target, ipp::Operation::create_job, 7, {.job_name = "CANARY title"}));
        return must(ipp::read_job(made)).id;
    }
    /// How many of hers wait for their documents.
    [[nodiscard]] std::size_t incoming() {
        const auto all = must(submit->jobs(caller, {}));
        return static_cast<std::size_t>(std::ranges::count_if(all, [](const ipp::JobInfo& one) {
            return std::ranges::find(one.reasons, "job-incoming") != one.reasons.end();
        }));
    }
    /// How many of hers wait at the release server, once everything is there.
    [[nodiscard]] std::size_t held() {
        (void)intake->handover.run();
        const auto unit = must(repository.begin());
        return must(unit->list(tenant, {.owner = carol, .states = {job::State::held}})).size();
    }

    /// What the release server answers. It is another process: its allocations don't count.
    [[nodiscard]] service::ApiReply upstream(const test::Request& request) {
        service::ApiReply out;
        std::jthread{[&] { out = call(request); }}.join();
        return out;
    }
    Result<service::RemoteJobs> jobs(SubjectId owner) override {
        const service::ApiReply reply = upstream(
            {.route = "GET /internal/v1/owners/{owner}/jobs", .peer = at_intake, .path = {{"owner", owner.text()}}});
        if (reply.status != 200) return std::unexpected(service::read_refusal(reply.status, reply.body, "jobs"));
        return service::read_remote_jobs(reply.body);
    }
    Result<void> cancel(SubjectId owner, JobId job) override {
        const service::ApiReply reply = upstream({.route = "POST /internal/v1/owners/{owner}/jobs/{job}/cancel",
                                                  .peer = at_intake,
                                                  .path = {{"owner", owner.text()}, {"job", job.text()}}});
        if (reply.status == 204) return {};
        return std::unexpected(service::read_refusal(reply.status, reply.body, "cancel"));
    }
};

bool succeeded(const ipp::Message& answer) { return answer.code < 0x0100; }
bool is_server_error(ipp::Status status) { return (static_cast<unsigned>(status) & 0xff00u) == 0x0500u; }

enum class Answered { well, as_done, with_a_failure, wrongly };

/// One request, in the state that was prepared for it.
struct Kind {
    ipp::Message request;
    std::set<ipp::Status> again = {};  ///< what else it may be answered when it had been done, or begun, already
    /// Whether all is as it should be, after it was asked again and answered with this.
    std::function<bool(Ended, ipp::Status)> done = {};
    bool leaves_none = false;  ///< where it fails, no job waits for a document
    bool same_answer = false;  ///< it changes nothing: each time it succeeds, the answer is this one
};

void check_log(audit::Log& log) {
    if (log.size() == 0) return;
    const auto published = log.publish();
    hold(published.has_value());
    for (audit::Index i = 0; i < log.size(); ++i)
        must(audit::verify_inclusion(must(log.prove(i, log.size())), audit::leaf_hash(must(log.entry(i))),
                                     published->checkpoint.head.root));
}

// What is left of `untried` at the end has no test.
void fail_each(PrintingWorld& world, std::set<ipp::Operation>& untried, const Kind& kind) {
    CAPTURE(kind.request.code);
    untried.erase(kind.request.operation());
    ipp::Message expected;
    if (kind.same_answer) {
        expected = world.ask(kind.request);
        REQUIRE(succeeded(expected));
    }
    ipp::Message answer;
    const test::Counts counts = test::each_allocation(
        [&] {
            answer = world.ask(kind.request);
            return succeeded(answer);
        },
        [&](Ended ended) {
            hold(ended != Ended::with_an_error || is_server_error(answer.status()));
            hold(ended != Ended::well || !kind.same_answer || answer == expected);
            hold(!kind.leaves_none || world.incoming() == 0);
            ipp::Status told{};
            const auto ask_again = [&] {
                const ipp::Message second = world.ask(kind.request);
                told = second.status();
                const bool good = kind.same_answer ? second == expected : succeeded(second);
                return good                                   ? Answered::well
                       : kind.again.contains(second.status()) ? Answered::as_done
                       : is_server_error(second.status())     ? Answered::with_a_failure
                                                              : Answered::wrongly;
            };
            // The server goes on as it is; where it doesn't know what its log holds, that takes nothing until a
            // restart.
            const Answered second = ask_again();
            hold(second != Answered::wrongly && (second != Answered::with_a_failure || !kind.same_answer));
            world.restart_all();
            if (second == Answered::with_a_failure) {
                const Answered third = ask_again();
                hold(third == Answered::well || third == Answered::as_done);
            }
            hold(!kind.done || kind.done(ended, told));
            check_log(*world.intake->log);
            check_log(*world.release->log);
        });
    CHECK(counts.failures > 10);
    CHECK(counts.stops * 2 <= counts.failures);
}

}  // namespace

TEST_CASE(
    "HOSTILE 7: an allocation that fails while an IPP client is answered is a failure of ours, and nothing is lost",
    "[service][oom]") {
    PrintingWorld w;
    using enum ipp::Operation;
    const auto in_printer = [&](ipp::Operation operation) {
        return ipp::make_print_request(w.target, operation, 7, {.job_name = "CANARY title", .document_format = format});
    };
    const ipp::Message capabilities = ipp::make_get_printer_attributes(w.target, 7, {});
    const auto supported = must(ipp::read_printer(w.ask(capabilities))).operations;
    std::set<ipp::Operation> untried{supported.begin(), supported.end()};
    REQUIRE(untried.size() == 8);

    fail_each(w, untried, {.request = capabilities, .same_answer = true});
    fail_each(w, untried, {.request = in_printer(validate_job), .same_answer = true});
    // Its documents have not come: nothing of it outlives a restart.
    fail_each(w, untried,
              {.request = in_printer(create_job), .done = [&](Ended, ipp::Status) { return w.held() == 0; }});
    // What ended without an acknowledgement may have been durable already, or not; what was acknowledged is.
    fail_each(w, untried,
              {.request = in_printer(print_job),
               .done =
                   [&](Ended ended, ipp::Status) {
                       const std::size_t held = w.held();
                       return held == 2 || (ended != Ended::well && held == 1);
                   },
               .leaves_none = true});

    // A document that breaks off ends its job: then both are sent anew.
    const std::int32_t awaited = w.create();
    fail_each(
        w, untried,
        {.request = ipp::make_send_document(w.target, 7, awaited, {.document_format = format}),
         .again = {ipp::Status::client_error_not_found, ipp::Status::server_error_multiple_document_jobs_not_supported},
         .done = [&](Ended ended, ipp::Status second) {
             // Who is told that the job has its document finds it.
             const bool has_it =
                 ended == Ended::well || second == ipp::Status::server_error_multiple_document_jobs_not_supported;
             if (has_it && w.held() < 1) return false;
             const std::size_t before = w.held();
             return succeeded(w.ask(ipp::make_send_document(w.target, 7, w.create(), {.document_format = format}))) &&
                    w.held() == before + 1;
         }});

    // One that waits here, and one that the release server tells of.
    (void)w.job();
    const ipp::RemoteJob here = must(ipp::read_job(w.ask(in_printer(print_job))));
    REQUIRE(w.intake->handover.waiting() == 1);
    fail_each(w, untried, {.request = ipp::make_request(w.target, get_jobs, 7), .same_answer = true});
    fail_each(w, untried, {.request = ipp::make_get_job_attributes(w.target, 7, here.id, {}), .same_answer = true});
    fail_each(w, untried,
              {.request = ipp::make_job_request(w.target, cancel_job, 7, here.id),
               .again = {ipp::Status::client_error_not_possible},
               .done = [&](Ended, ipp::Status) { return w.held() == 1; }});
    CHECK(untried == std::set<ipp::Operation>{});
}
