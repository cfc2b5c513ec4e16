// SPDX-License-Identifier: Apache-2.0
// What the bearer of a printer's address reaches: what came by it, and no other job of its owner's.
#include <safeq/service/identity_cache.hpp>
#include <safeq/service/submit.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::must;
using test::World;

namespace {

/// Alice prints at an intake, with her password and by two addresses of hers.
struct Addresses : World {
    test::OneEpoch epochs{epoch_key};
    std::optional<service::IdentityCache> identities;
    std::optional<service::Submit> submit;
    std::vector<JobId> cancelled;

    Addresses() { start(); }
    void start() {
        submit.reset();
        identities.emplace(*this, clock, random);
        submit.emplace(submit_parts(epochs));
    }

    Result<service::Identity> identify(service::Shown, std::string, std::string, const crypto::Secret&) override {
        return service::Identity{.subject = alice, .user_name = "alice"};
    }
    Result<void> cancel(SubjectId, JobId job) override {
        cancelled.push_back(job);
        return {};
    }

    ipp::Caller caller(service::Shown shown, std::string_view secret) {
        return {.path = "/ipp/print",
                .owner = must(identities->identify(shown, {}, "192.0.2.1", crypto::Secret::copy_of(secret))),
                .peer_address = "192.0.2.1"};
    }
    ipp::Caller by_password() { return caller(service::Shown::password, "correct horse battery"); }
    ipp::Caller by_laptop() { return caller(service::Shown::print_token, "laptop"); }
    ipp::Caller by_phone() { return caller(service::Shown::print_token, "phone"); }

    ipp::JobInfo prints(const ipp::Caller& who) {
        auto sink = must(submit->print(who, {.job_name = "title"}));
        must(sink->append(test::make_pdf(1, "x")));
        return must(sink->finish());
    }
    std::vector<std::int32_t> sees(const ipp::Caller& who) {
        std::vector<std::int32_t> out;
        for (const ipp::JobInfo& one : must(submit->jobs(who, {}))) out.push_back(one.id);
        return out;
    }
    /// The release server has them all.
    void hand_over(std::initializer_list<ipp::JobInfo> jobs) {
        REQUIRE(intake->handover.run().taken == jobs.size());
        there.emplace();
        for (const ipp::JobInfo& one : jobs)
            there->push_back({.id = one.uuid, .ipp_id = one.id, .title = "title", .created = clock.now()});
    }
};

using Numbers = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("a printer's address reaches what came by it, and no other job of its owner's", "[service]") {
    Addresses w;
    const ipp::JobInfo with_password = w.prints(w.by_password());
    const ipp::JobInfo from_laptop = w.prints(w.by_laptop());
    const ipp::JobInfo from_phone = w.prints(w.by_phone());
    const auto check = [&] {
        CHECK(w.sees(w.by_password()) == Numbers{with_password.id, from_laptop.id, from_phone.id});
        CHECK(w.sees(w.by_laptop()) == Numbers{from_laptop.id});
        CHECK(w.sees(w.by_phone()) == Numbers{from_phone.id});
        CHECK(must(w.submit->job(w.by_laptop(), from_laptop.id)).uuid == from_laptop.uuid);
        for (const std::int32_t other : {with_password.id, from_phone.id}) {
            CHECK(w.submit->job(w.by_laptop(), other).error().code == Errc::not_found);
            CHECK(w.submit->cancel(w.by_laptop(), other).error().code == Errc::not_found);
        }
    };
    check();
    w.hand_over({with_password, from_laptop, from_phone});
    check();
    CHECK(w.cancelled.empty());
    CHECK(w.submit->cancel(w.by_laptop(), from_laptop.id));
    CHECK(w.submit->cancel(w.by_password(), from_phone.id));
    CHECK(w.cancelled == std::vector{from_laptop.uuid, from_phone.uuid});
}

TEST_CASE("by which address a job came is forgotten with it, and then none reaches it", "[service]") {
    Addresses w;
    const ipp::JobInfo from_laptop = w.prints(w.by_laptop());
    w.hand_over({from_laptop});
    CHECK(w.sees(w.by_laptop()) == Numbers{from_laptop.id});
    SECTION("after an hour") { w.clock.advance(1h + 1ms); }
    SECTION("when the intake starts anew") { w.start(); }
    CHECK(w.sees(w.by_laptop()).empty());
    CHECK(w.submit->cancel(w.by_laptop(), from_laptop.id).error().code == Errc::not_found);
    CHECK(w.sees(w.by_password()) == Numbers{from_laptop.id});
}

TEST_CASE("a document goes into a job by the address that made it, or by who its owner is", "[service]") {
    Addresses w;
    const std::int32_t by_password = must(w.submit->create_job(w.by_password(), {.job_name = "title"})).id;
    const std::int32_t by_laptop = must(w.submit->create_job(w.by_laptop(), {.job_name = "title"})).id;
    CHECK(w.submit->open_document(w.by_laptop(), by_password, {}).error().code == Errc::not_found);
    CHECK(w.submit->open_document(w.by_phone(), by_laptop, {}).error().code == Errc::not_found);
    CHECK(w.submit->open_document(w.by_laptop(), by_laptop, {}).has_value());
    CHECK(w.submit->open_document(w.by_password(), by_password, {}).has_value());
}
