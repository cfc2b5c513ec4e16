// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/admin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/schema.hpp>

#include "api_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using audit::Kind;
using test::must;

TEST_CASE("the record of a job's end tells whether its owner did it, an operator, or the time", "[service]") {
    test::ApiWorld w;
    const auto actor = [&](Kind kind) {
        const auto record = must(audit::decode(must(w.release->log->entry(w.release->log->size() - 1))));
        INFO(record.kind.text());
        REQUIRE(record.kind == audit::KindName{kind});
        return *record.text("actor");
    };
    const auto session = w.session_of(w.carol);

    must(w.front->admin.cancel_job(w.job()));
    CHECK(actor(Kind::job_cancelled) == "operator");
    const JobId own = w.job();
    CHECK(w.call({.route = "POST /internal/v1/owners/{owner}/jobs/{job}/cancel",
                  .peer = w.at_intake,
                  .path = {{"owner", w.carol.text()}, {"job", own.text()}}})
              .status == 204);
    CHECK(actor(Kind::job_cancelled) == "owner");

    must(w.release->desk.remove(session, w.job()));
    CHECK(actor(Kind::job_deleted) == "owner");

    w.device.end = job::Outcome::Kind::lost;
    const JobId doubtful = w.job();
    must(w.release->desk.release(session, w.mfd, doubtful, job::Wish::print));
    CHECK(actor(Kind::job_uncertain) == "system");
    must(w.release->desk.accept_as_printed(session, doubtful));
    CHECK(actor(Kind::job_printed) == "owner");
    w.device.end = job::Outcome::Kind::printed;
    must(w.release->desk.release(session, w.mfd, w.job(), job::Wish::print));
    CHECK(actor(Kind::job_printed) == "system");

    (void)w.job();
    w.clock.advance(100h);
    REQUIRE(must(w.release->jobs.expire_due(w.tenant, w.clock.now())).size() == 1);
    CHECK(actor(Kind::job_expired) == "system");

    (void)w.job();
    must(w.front->admin.erase_user("carol"));
    CHECK(actor(Kind::job_deleted) == "operator");
}
