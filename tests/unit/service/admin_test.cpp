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

namespace {

/// An operator's change of carol's account, and what it did.
struct Change : test::ApiWorld {
    int patch(std::string body, std::string who = "carol") {
        return call({.route = "PATCH /admin/v1/users/{user}",
                     .peer = operator_here,
                     .path = {{"user", std::move(who)}},
                     .body = std::move(body)})
            .status;
    }
    bool lets_in(std::initializer_list<auth::Factor> factors, std::string rule = "card") {
        mfd.factor_rule = std::move(rule);
        return front->sign_in.open(mfd, at_terminal.address, factors).has_value();
    }
    std::string changed() {
        const auto record = must(audit::decode(must(release->log->entry(release->log->size() - 1))));
        REQUIRE(record.kind == audit::KindName{Kind::user_changed});
        CHECK(record.subject == carol);
        return *record.text(audit::field::changed);
    }
    std::uint64_t records() { return release->log->size(); }
};

auth::Factor card(std::string uid) { return auth::GivenCard{.type = "uid", .uid = std::move(uid)}; }
auth::Factor pin(std::string_view digits) { return auth::GivenPin{.digits = crypto::Secret::copy_of(digits)}; }
auth::Factor password(std::string_view text) {
    return auth::GivenPassword{.name = "carol", .password = crypto::Secret::copy_of(text)};
}

}  // namespace

TEST_CASE("who lost their card gets another, and the lost one opens nothing, nor what it had opened", "[service]") {
    Change w;
    const std::string bearer = w.sign_in();
    REQUIRE(w.call({.route = "GET /v1/jobs", .peer = w.at_terminal, .bearer = bearer}).status == 200);
    REQUIRE(w.patch(R"({"cards":["mifare:04b1b2b3","04c1c2c3"]})") == 200);
    CHECK(w.changed() == "cards");
    CHECK(w.call({.route = "GET /v1/jobs", .peer = w.at_terminal, .bearer = bearer}).status == 401);
    CHECK_FALSE(w.lets_in({card("04a1b2c3")}));
    CHECK(w.lets_in({card("04c1c2c3")}));
    CHECK(w.lets_in({password("correct horse battery")}, "password"));
    CHECK(w.patch(R"({"cards":null})") == 200);
    CHECK_FALSE(w.lets_in({card("04c1c2c3")}));
}

TEST_CASE("another password or PIN takes the place of the one before, by the rules for new ones", "[service]") {
    Change w;
    REQUIRE(w.patch(R"({"password":"staple battery horse","pin":"27182818"})") == 200);
    CHECK(w.changed() == "password+pin");
    CHECK_FALSE(w.lets_in({password("correct horse battery")}, "password"));
    CHECK(w.lets_in({password("staple battery horse")}, "password"));
    CHECK(w.lets_in({card("04a1b2c3"), pin("27182818")}, "card+pin"));
    REQUIRE(w.patch(R"({"pin":"31415926"})") == 200);
    CHECK_FALSE(w.lets_in({card("04a1b2c3"), pin("27182818")}, "card+pin"));
    CHECK(w.lets_in({card("04a1b2c3"), pin("31415926")}, "card+pin"));
    CHECK(w.patch(R"({"password":null,"pin":null})") == 200);
    CHECK_FALSE(w.lets_in({password("staple battery horse")}, "password"));

    const auto before = w.records();
    for (const char* wrong : {R"({"password":"too short"})", R"({"password":"carolcarolcarol"})", R"({"pin":"12"})",
                              R"({"cards":["zz"]})", R"({"cards":null})", "{}", R"({"pins":"27182818"})"})
        CHECK(w.patch(wrong) == 400);
    CHECK(w.patch(R"({"pin":"27182818"})", "nobody") == 404);
    CHECK(w.records() == before);
    CHECK(w.lets_in({card("04a1b2c3")}));
}

TEST_CASE("a card is one person's alone, also under the pepper before", "[service]") {
    Change w;
    (void)must(w.front->admin.add_user(
        {.name = "dave", .display_name = {}, .password = {}, .pin = {}, .cards = {"04d1d2d3"}}));
    const auto before = w.records();
    CHECK(w.patch(R"({"cards":["04a1b2c3","04d1d2d3"]})") == 409);
    CHECK(
        w.front->admin.add_user({.name = "erin", .display_name = {}, .password = {}, .pin = {}, .cards = {"04d1d2d3"}})
            .error()
            .code == Errc::already_exists);
    CHECK(w.records() == before);
    CHECK(w.patch(R"({"cards":["04a1b2c3","04e1e2e3"]})") == 200);
    CHECK(w.patch(R"({"cards":["04a1b2c3","04a1b2c3"]})") == 400);
}

TEST_CASE("who is disabled gets in nowhere, by nothing, until they are enabled", "[service]") {
    Change w;
    const token::IssuedPrintToken token = must(w.front->admin.issue_print_token("carol", "laptop", {}));
    const auto identified = [&] {
        const auto sealed = must(
            service::seal_credential(w.opener.public_key(), {w.tenant, w.instance}, service::Shown::print_token, "",
                                     "192.0.2.8", crypto::Secret::copy_of(token.text.expose()), w.clock, w.random));
        return w.front->sign_in.identify(w.instance, sealed).has_value();
    };
    CHECK(identified());
    REQUIRE(w.patch(R"({"disabled":true})") == 200);
    CHECK(w.changed() == "disabled");
    CHECK_FALSE(w.lets_in({card("04a1b2c3")}));
    CHECK_FALSE(w.lets_in({password("correct horse battery")}, "password"));
    CHECK_FALSE(identified());
    REQUIRE(w.patch(R"({"disabled":false,"display_name":"Carol"})") == 200);
    CHECK(w.changed() == "display_name+enabled");
    CHECK(w.lets_in({card("04a1b2c3")}));
    CHECK(identified());
}

TEST_CASE("no refusal names a person: it goes to a log that no erasure reaches", "[service]") {
    test::ApiWorld w;
    const std::string hash = std::string{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"};
    const auto named = [](const auto& refused) {
        REQUIRE(!refused);
        INFO(refused.error().message());
        CHECK(refused.error().code == Errc::already_exists);
        return refused.error().message().contains("carol");
    };
    CHECK_FALSE(named(w.front->admin.add_user(
        {.name = "carol", .display_name = {}, .password = {}, .pin = {}, .cards = {"04ffffff"}})));
    const auto import = w.front->admin.import_users("dave:" + hash + "\ncarol:" + hash + "\n");
    CHECK_FALSE(named(import));
    CHECK(import.error().where == "line 2");
    // Of whoever else has the card.
    must(w.front->admin.add_user(
        {.name = "dave", .display_name = {}, .password = {}, .pin = {}, .cards = {"04fffffe"}}));
    CHECK_FALSE(named(w.front->admin.change_user("dave", {.display_name = {},
                                                          .password = {},
                                                          .pin = {},
                                                          .cards = std::vector<std::string>{"04a1b2c3"},
                                                          .disabled = {}})));
}

TEST_CASE("a token is on record as revoked only where it was that person's, and good", "[service]") {
    test::ApiWorld w;
    must(w.front->admin.add_user({.name = "dave",
                                  .display_name = {},
                                  .password = crypto::Secret::copy_of("correct horse battery"),
                                  .pin = {},
                                  .cards = {}}));
    const auto token = must(w.front->admin.issue_print_token("carol", "laptop", std::chrono::days{1})).token;
    const std::uint64_t before = w.release->log->size();
    CHECK(w.front->admin.revoke_print_token("dave", token.id).error().code == Errc::not_found);
    CHECK(w.front->admin.revoke_print_token("carol", token::TokenId::make(w.clock, w.random)).error().code ==
          Errc::not_found);
    CHECK(w.release->log->size() == before);
    CHECK(must(w.front->admin.print_tokens("carol")).size() == 1);
    must(w.front->admin.revoke_print_token("carol", token.id));
    CHECK(must(w.front->admin.print_tokens("carol")).empty());
    CHECK(w.release->log->size() == before + 1);
    CHECK(w.front->admin.revoke_print_token("carol", token.id).error().code == Errc::not_found);
    CHECK(w.release->log->size() == before + 1);
}

TEST_CASE("no name is taken for an id or for who was erased", "[service]") {
    Change w;
    for (const std::string& name : {w.carol.text(), "erased-" + w.carol.text()}) {
        service::NewUser user{.name = name, .display_name = {}, .password = {}, .pin = {}, .cards = {"0c0c0c0c"}};
        CHECK(w.front->admin.add_user(std::move(user)).error().code == Errc::invalid_argument);
        const auto imported =
            w.front->admin.import_users("dan:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n" + name +
                                        ":$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n");
        CHECK(imported.error().code == Errc::invalid_argument);
        CHECK(imported.error().where == "line 2");
    }
    CHECK_FALSE(w.accounts.find_by_name(w.tenant, "dan"));
}

TEST_CASE("who is erased stays so", "[service]") {
    Change w;
    REQUIRE(w.front->admin.erase_user("carol"));
    service::UserChange change;
    change.disabled = false;
    change.cards = {"04a1b2c3"};
    CHECK(w.front->admin.change_user("erased-" + w.carol.text(), change).error().code == Errc::key_destroyed);
    CHECK_FALSE(w.lets_in({card("04a1b2c3")}));
}

TEST_CASE("who is signed out is signed out of what others keep for them, too", "[service]") {
    Change w;
    std::vector<SubjectId> ended;
    w.end_others = [&](SubjectId subject) -> Result<void> {
        ended.push_back(subject);
        return {};
    };
    REQUIRE(w.patch(R"({"disabled":true})") == 200);
    CHECK(ended == std::vector{w.carol});
    CHECK(w.front->admin.unlock_user("carol"));
    CHECK(ended.size() == 1);
    // What couldn't be ended is told, and tried again with the act.
    w.end_others = [](SubjectId) -> Result<void> { return fail(Errc::unavailable, "phones"); };
    CHECK(w.front->admin.erase_user("carol").error().code == Errc::unavailable);
    CHECK(w.subjects.key(w.carol));
    w.end_others = [&](SubjectId subject) -> Result<void> {
        ended.push_back(subject);
        return {};
    };
    CHECK(w.front->admin.erase_user(w.carol.text()));
    CHECK(ended == std::vector{w.carol, w.carol});
    CHECK_FALSE(w.subjects.key(w.carol));
}

TEST_CASE("nobody is changed unrecorded", "[service]") {
    Change w;
    w.release_log_disk->fail(0, test::MemoryDisk::Failure::clean);
    CHECK(w.patch(R"({"cards":["04c1c2c3"]})") == 503);
    CHECK_FALSE(w.lets_in({card("04c1c2c3")}));
}

TEST_CASE("a person is meant by their subject id wherever their name would do, and by a name before an id",
          "[service]") {
    Change w;
    const auto path = [&](std::string route, std::map<std::string, std::string, std::less<>> rest = {}) {
        rest.emplace("user", w.carol.text());
        return w.call({.route = std::move(route),
                       .peer = w.operator_here,
                       .path = std::move(rest),
                       .body = R"({"label":"laptop"})"});
    };
    CHECK(w.patch(R"({"cards":["04c1c2c3"]})", w.carol.text()) == 200);
    CHECK(w.lets_in({card("04c1c2c3")}));
    CHECK(path("POST /admin/v1/users/{user}/unlock").status == 200);
    REQUIRE(path("POST /admin/v1/users/{user}/tokens").status == 201);
    CHECK(path("GET /admin/v1/users/{user}/tokens").status == 200);
    const auto tokens = must(w.front->admin.print_tokens("carol"));
    REQUIRE(tokens.size() == 1);
    CHECK(path("DELETE /admin/v1/users/{user}/tokens/{token}", {{"token", tokens[0].id.text()}}).status == 204);
    CHECK(must(w.front->admin.print_tokens(w.carol.text())).empty());
    CHECK(w.patch(R"({"disabled":true})", SubjectId::make(w.clock, w.random).text()) == 404);

    // Somebody whose name is carol's id, from before no such name was taken.
    const SubjectId other = SubjectId::make(w.clock, w.random);
    w.subjects.put(other, audit::SubjectKey::random(w.random));
    must(w.accounts.save({.tenant = w.tenant,
                          .subject = other,
                          .name = w.carol.text(),
                          .password = must(w.hasher.hash(crypto::Secret::copy_of("correct horse battery"))),
                          .created = w.clock.now()}));
    CHECK(w.patch(R"({"disabled":true})", w.carol.text()) == 200);
    CHECK(w.lets_in({card("04c1c2c3")}));
    CHECK(w.accounts.find_by_name(w.tenant, w.carol.text())->disabled);
}
