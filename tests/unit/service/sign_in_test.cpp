// SPDX-License-Identifier: Apache-2.0
// What becomes of sign-ins: guesses that the throttle turns away, an owner whose name others try, a card that is in two
// places at once.
#include <safeq/service/sign_in.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "api_world.hpp"
#include "sign_in_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using audit::Kind;
using test::SignInWorld;

namespace {

constexpr const char* alices_card = "04a1b2c3";
constexpr std::string_view right = "correct horse battery";

job::Device another_device(SignInWorld& w, std::string name) {
    return {
        .id = DeviceId::make(w.clock, w.random), .tenant = w.tenant, .name = std::move(name), .factor_rule = "card"};
}

std::size_t count(const SignInWorld& w, Kind kind) {
    std::size_t out = 0;
    for (audit::Index at = 0; at < w.log->size(); ++at)
        out += audit::decode(*w.log->entry(at))->kind == audit::KindName{kind} ? 1u : 0u;
    return out;
}

}  // namespace

TEST_CASE("guesses at a terminal that the throttle turns away are not recorded each", "[service]") {
    SignInWorld w;
    (void)w.admin.add_user(w.alice()).value();
    w.mfd.factor_rule = "password";
    int turned_away = 0;
    int judged = 0;
    for (int i = 0; i < 40; ++i) {
        std::vector<auth::Factor> factors;
        factors.emplace_back(auth::GivenPassword{"alice", crypto::Secret::copy_of(std::string_view{"wrong"})});
        const std::uint64_t before = w.log->size();
        const auto refused = w.sign_in.open(w.mfd, "192.0.2.7", factors);
        REQUIRE(!refused);
        const bool waits = refused.error().code == Errc::throttled;
        (waits ? turned_away : judged) += 1;
        CHECK(w.log->size() == before + (waits ? 0 : 1));
        CHECK(service::not_before(refused.error()) == (waits ? service::throttled_answer : 0ms));
    }
    CHECK(judged > 0);
    CHECK(turned_away > 0);
    CHECK(count(w, Kind::sign_in_refused) == static_cast<std::size_t>(judged));
}

TEST_CASE("an owner whose name others try gets in where they were lately, and elsewhere when unlocked", "[service]") {
    SignInWorld w;
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;
    const auto token = w.admin.issue_print_token("alice", "laptop", {}).value();
    const auto by_password = [&](std::string address) {
        return w.at_intake(service::Shown::password, right, std::move(address));
    };
    REQUIRE(by_password("192.0.2.8"));
    for (std::uint32_t i = 0; i < auth::throttle_2026.step_up; ++i)
        CHECK(w.at_intake(service::Shown::password, "wrong", "198.51.100." + std::to_string(i)).error().code ==
              Errc::credential_wrong);

    // A password alone is not enough any more where she has not been; it is everywhere else, and so is what she
    // carries.
    CHECK(by_password("203.0.113.1").error().code == Errc::throttled);
    CHECK(by_password("192.0.2.8"));
    CHECK(w.at_intake(service::Shown::print_token, as_text(token.text.expose()), "203.0.113.1"));
    CHECK(w.at_device(alices_card));

    w.break_log();
    CHECK(w.admin.unlock_user("alice").error().code == Errc::log_unavailable);
    CHECK(by_password("203.0.113.1").error().code == Errc::throttled);
    CHECK(w.admin.unlock_user("alyce").error().code == Errc::not_found);
    CHECK(count(w, Kind::user_unlocked) == 0);
    CHECK(w.admin.unlock_user("alice") == alice);
    CHECK(w.last().kind == audit::KindName{Kind::user_unlocked});
    CHECK(w.last().subject == alice);
    CHECK(by_password("203.0.113.1"));

    // Also after a restart.
    auth::SharedThrottle again{auth::throttle_2026, w.clock, w.throttle_store};
    REQUIRE(again.load());
    const auth::Admission admission =
        again.admit({.tenant = w.tenant, .who = alice, .origin = {.device = {}, .address = "203.0.113.2"}}).value();
    CHECK(admission.verdict == auth::Verdict::allowed);
}

TEST_CASE("a card that signs in while its owner is signed in elsewhere raises an alarm", "[service]") {
    SignInWorld w;
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;
    (void)w.admin.add_user({.name = "bob", .display_name = {}, .password = {}, .pin = {}, .cards = {"0b0b0b0b"}})
        .value();
    const job::Device second = another_device(w, "second");
    const job::Device third = another_device(w, "third");
    const auto first_session = w.at_device(alices_card).value();
    REQUIRE(w.at_device(alices_card));  // at the same device
    REQUIRE(w.at_device(second, "0b0b0b0b"));
    CHECK(count(w, Kind::concurrent_use) == 0);

    REQUIRE(w.at_device(second, alices_card));
    CHECK(count(w, Kind::concurrent_use) == 1);
    audit::Record alarm = w.last();
    CHECK(alarm.kind == audit::KindName{Kind::concurrent_use});
    CHECK(audit::rule(Kind::concurrent_use).gravity == audit::Gravity::alarming);
    CHECK(alarm.subject == alice);
    CHECK(alarm.device == second.id);
    CHECK(*alarm.text("other_device") == w.mfd.id.text());
    CHECK(w.sign_in.check(as_text(first_session.session.expose()), w.mfd));

    // One alarm a sign-in, naming where they were last.
    w.clock.advance(1s);
    REQUIRE(w.at_device(third, alices_card));
    CHECK(count(w, Kind::concurrent_use) == 2);
    CHECK(*w.last().text("other_device") == second.id.text());

    // Who has signed out, or whose session is over, is nowhere else.
    REQUIRE(w.sessions.close_all(w.tenant, alice));
    auto session = w.at_device(alices_card).value();
    REQUIRE(w.sign_in.close(as_text(session.session.expose()), w.mfd));
    session = w.at_device(second, alices_card).value();
    w.clock.advance(token::terminal_session_2026.idle);
    REQUIRE(w.at_device(third, alices_card));
    CHECK(count(w, Kind::concurrent_use) == 2);
}

TEST_CASE("a password at a second device is no copied card", "[service]") {
    SignInWorld w;
    (void)w.admin.add_user(w.alice()).value();
    REQUIRE(w.at_device(alices_card));
    job::Device second = another_device(w, "second");
    second.factor_rule = "password";
    std::vector<auth::Factor> factors;
    factors.emplace_back(auth::GivenPassword{"alice", crypto::Secret::copy_of(right)});
    REQUIRE(w.sign_in.open(second, "192.0.2.7", factors));
    CHECK(count(w, Kind::concurrent_use) == 0);
}

TEST_CASE("without a record of the alarm there is no session", "[service]") {
    SignInWorld w;
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;
    REQUIRE(w.at_device(alices_card));
    const job::Device second = another_device(w, "second");
    w.disk->fail(1, test::MemoryDisk::Failure::clean);  // the second record of this sign-in
    CHECK(w.at_device(second, alices_card).error().code == Errc::log_unavailable);
    CHECK(w.sessions.list(w.tenant, alice)->size() == 1);
    REQUIRE(w.at_device(second, alices_card));
    CHECK(count(w, Kind::concurrent_use) == 1);
}

TEST_CASE("who is being judged when the account changes is not let in", "[service]") {
    SignInWorld w;
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;
    const auto meanwhile = [&](auto change) {
        w.tokens.before_add = [&] { REQUIRE(change()); };
        auto signed_in = w.at_device(alices_card);
        w.tokens.before_add = {};
        return signed_in;
    };
    const auto set = [&](service::UserChange change) {
        return [&w, change = std::move(change)] { return w.admin.change_user("alice", change); };
    };

    service::UserChange other_card{};
    other_card.cards = std::vector<std::string>{"0c0c0c0c"};
    CHECK(meanwhile(set(std::move(other_card))).error().code == Errc::revoked);
    CHECK(w.last().kind == audit::KindName{Kind::sign_in_refused});
    service::UserChange back{};
    back.cards = std::vector<std::string>{alices_card};
    REQUIRE(w.admin.change_user("alice", back));
    service::UserChange disabled{};
    disabled.disabled = true;
    CHECK(meanwhile(set(std::move(disabled))).error().code == Errc::revoked);
    CHECK(w.sessions.list(w.tenant, alice)->empty());
    service::UserChange enabled{};
    enabled.disabled = false;
    REQUIRE(w.admin.change_user("alice", enabled));

    // The same password, hashed anew by another sign-in, is no change.
    CHECK(meanwhile([&]() -> Result<void> {
        const auth::Account now = w.accounts.find_by_subject(w.tenant, alice).value();
        return w.accounts.replace(w.tenant, alice, auth::Verifier::password, *now.password,
                                  w.hasher.hash(crypto::Secret::copy_of(right)).value());
    }));
    REQUIRE(w.sessions.close_all(w.tenant, alice));
    CHECK(meanwhile([&] { return w.admin.erase_user("alice"); }).error().code == Errc::revoked);
    CHECK(w.sessions.list(w.tenant, alice)->empty());
}

TEST_CASE("a name that only looks like another is somebody else's", "[service]") {
    SignInWorld w;
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;
    const std::string lookalike = "\u0430lice";  // a Cyrillic a
    const auto by_password = [&](std::string name, std::string_view password) {
        std::vector<auth::Factor> factors;
        factors.emplace_back(auth::GivenPassword{std::move(name), crypto::Secret::copy_of(password)});
        return w.authenticator.authenticate(w.tenant, {.device = std::nullopt, .address = "192.0.2.9"}, factors,
                                            auth::FactorRule::parse("password").value());
    };
    for (const std::string& name : {lookalike, std::string{"Alice"}, std::string{"alice "}, std::string{"\uff41lice"}})
        CHECK(by_password(name, right).error().code == Errc::credential_wrong);
    service::NewUser other = w.alice();
    other.name = lookalike;
    other.password = crypto::Secret::copy_of(std::string_view{"another password of theirs"});
    other.cards.clear();
    const auto added = w.admin.add_user(std::move(other)).value();
    CHECK(added.subject != alice);
    CHECK(by_password(lookalike, "another password of theirs")->subject == added.subject);
    CHECK(by_password("alice", right)->subject == alice);
    // Letters and accents apart (NFD) are no name at all.
    service::NewUser apart = w.alice();
    apart.name = "re\u0301ne";
    apart.cards.clear();
    CHECK(w.admin.add_user(std::move(apart)).error().code == Errc::not_canonical);
}

TEST_CASE("what takes long is said of a call before it is made", "[service]") {
    test::ApiWorld w;
    const auto hashes = [&](const char* route, std::string_view body) {
        const service::ApiPeer nobody;
        return w.front->routes.at(route).work({.peer = nobody, .path = {}, .query = {}, .bearer = {}, .body = body}) ==
               service::Work::hashing;
    };
    const auto at_terminal = [&](std::string_view factors) {
        return hashes("POST /v1/sessions", R"({"factors":[)" + std::string{factors} + "]}");
    };
    const std::string card = R"({"type":"card","uid":"04a1b2c3"})";
    CHECK(!at_terminal(card));
    CHECK(at_terminal(card + R"(,{"type":"pin","pin":"1234"})"));
    CHECK(at_terminal(R"({"type":"password","user":"alice","password":"x"})"));
    CHECK(!at_terminal("7"));
    CHECK(!hashes("POST /v1/sessions", ""));
    for (const auto shown : {service::Shown::password, service::Shown::print_token}) {
        const auto sealed = service::seal_credential(w.opener.public_key(), {w.tenant, w.instance}, shown, "alice",
                                                     "192.0.2.8", crypto::Secret::copy_of(right), w.clock, w.random);
        CHECK(hashes("POST /internal/v1/identify", sealed->encode()) == (shown == service::Shown::password));
    }
    CHECK(!hashes("POST /internal/v1/identify", "{}"));
    const service::ApiPeer nobody;
    const service::ApiCall nothing{.peer = nobody, .path = {}, .query = {}, .bearer = {}, .body = {}};
    for (const auto& [name, route] : w.front->routes) {
        INFO(name);
        const bool delivers = name == "POST /v1/jobs/release" || name == "POST /v1/jobs/{job}/release";
        const bool may_hash = name == "POST /v1/sessions" || name == "POST /internal/v1/identify";
        REQUIRE(static_cast<bool>(route.work) == (delivers || may_hash));
        if (route.work) CHECK(route.work(nothing) == (delivers ? service::Work::delivering : service::Work::ordinary));
    }
}

TEST_CASE("an interface tells of a throttled sign-in no sooner than of any other", "[service]") {
    test::ApiWorld w;
    w.mfd.factor_rule = "password";
    REQUIRE(w.devices.update(w.mfd));
    std::chrono::milliseconds terminal{0};
    std::chrono::milliseconds intake{0};
    for (int i = 0; i < 5; ++i) {
        const auto reply = w.call({.route = "POST /v1/sessions",
                                   .peer = w.at_terminal,
                                   .body = R"({"factors":[{"type":"password","user":"carol","password":"wrong"}]})"});
        CHECK((reply.status == 429) == (reply.not_before == service::throttled_answer));
        terminal = std::max(terminal, reply.not_before);
        const auto sealed = service::seal_credential(
            w.opener.public_key(), {w.tenant, w.instance}, service::Shown::password, "carol", "192.0.2.8",
            crypto::Secret::copy_of(std::string_view{"wrong"}), w.clock, w.random);
        const auto told =
            w.call({.route = "POST /internal/v1/identify", .peer = w.at_intake, .body = sealed->encode()});
        CHECK(told.status == 403);
        intake = std::max(intake, told.not_before);
    }
    CHECK(terminal == service::throttled_answer);
    CHECK(intake == service::throttled_answer);
}

TEST_CASE("who is signed out while all of their jobs are released has no more of them printed", "[service]") {
    test::ApiWorld w;
    const std::vector<JobId> jobs{w.job(), w.job(), w.job()};
    const std::string bearer = w.sign_in();
    service::UserChange disabled{};
    disabled.disabled = true;
    w.device.while_it_prints = [&] { (void)test::must(w.front->admin.change_user("carol", disabled)); };
    const auto reply =
        w.call({.route = "POST /v1/jobs/release", .peer = w.at_terminal, .bearer = bearer, .body = "{}"});
    CHECK(reply.status == 200);
    CHECK(w.device.deliveries == 1);
    const auto are = [&](job::State state) {
        return std::ranges::count_if(jobs, [&](JobId job) { return w.state_of(job) == state; });
    };
    CHECK(are(job::State::printed) == 1);
    CHECK(are(job::State::held) == 2);
}

TEST_CASE("documents that take longer than a session may be idle are released to the last", "[service]") {
    test::ApiWorld w;
    const std::vector<JobId> jobs{w.job(), w.job()};
    const std::string bearer = w.sign_in();
    w.device.while_it_prints = [&] {
        w.clock.advance(token::terminal_session_2026.idle + 1min);
        REQUIRE(w.front->sessions.sweep());
    };
    CHECK(w.call({.route = "POST /v1/jobs/release", .peer = w.at_terminal, .bearer = bearer, .body = "{}"}).status ==
          200);
    for (const JobId job : jobs) CHECK(w.state_of(job) == job::State::printed);
}

TEST_CASE("a device that moves between two documents gets the second where it is", "[service]") {
    test::ApiWorld w;
    (void)w.job();
    (void)w.job();
    const std::string bearer = w.sign_in();
    w.device.while_it_prints = [&] {
        w.device.while_it_prints = {};
        REQUIRE(w.front->admin.change_device("mfd", {.uri = "ipps://elsewhere.example/ipp/print"}));
    };
    CHECK(w.call({.route = "POST /v1/jobs/release", .peer = w.at_terminal, .bearer = bearer, .body = "{}"}).status ==
          200);
    CHECK(w.device.deliveries == 2);
    CHECK(w.device.last_uri == "ipps://elsewhere.example/ipp/print");
}

TEST_CASE("who signs in by a rule that is another by then is not let in", "[service]") {
    test::ApiWorld w;
    w.tokens.before_add = [&] {
        w.tokens.before_add = {};
        REQUIRE(
            w.front->admin.change_device("mfd", {.uri = "ipps://mfd.example/ipp/print", .factor_rule = "card+pin"}));
    };
    const auto reply = w.call({.route = "POST /v1/sessions",
                               .peer = w.at_terminal,
                               .body = R"({"factors":[{"type":"card","uid":"04a1b2c3"}]})"});
    CHECK(reply.status == 403);
    CHECK(w.front->sessions.list(w.tenant, w.carol)->empty());
}
