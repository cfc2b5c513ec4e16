// SPDX-License-Identifier: Apache-2.0
// Who signs in is recorded, with the method and the reason; without a record nobody signs in and nothing is changed;
// and what anybody could send without end doesn't fill the log.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include <safeq/tls/authority.hpp>

#include "sign_in_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using audit::Kind;
using World = test::SignInWorld;

TEST_CASE("a sign-in is recorded with its method, a refusal with its reason", "[service]") {
    World w;
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;
    const auto expect = [&](Kind kind, std::string_view method, std::string_view field, std::string_view value) {
        const audit::Record record = w.last();
        CHECK(record.kind == audit::KindName{kind});
        CHECK(*record.text("method") == method);
        CHECK(*record.text(field) == value);
        CHECK(record.device.has_value() == (method == "terminal"));
        CHECK(record.subject.has_value() == (kind == Kind::sign_in));
        if (record.subject) CHECK(*record.subject == alice);
    };
    REQUIRE(w.at_device("04a1b2c3"));
    expect(Kind::sign_in, "terminal", "factors", "card");
    CHECK(!w.at_device("04a1b2c4"));
    expect(Kind::sign_in_refused, "terminal", "reason", "credential_wrong");
    REQUIRE(w.at_intake(service::Shown::password, "correct horse battery"));
    expect(Kind::sign_in, "password", "factors", "password");
    CHECK(!w.at_intake(service::Shown::password, "wrong"));
    expect(Kind::sign_in_refused, "password", "reason", "credential_wrong");
    const auto token = w.admin.issue_print_token("alice", "laptop", std::chrono::days{1}).value();
    REQUIRE(w.at_intake(service::Shown::print_token, as_text(token.text.expose())));
    expect(Kind::sign_in, "print_token", "factors", "token");
    w.clock.advance(std::chrono::days{2});
    CHECK(!w.at_intake(service::Shown::print_token, as_text(token.text.expose())));
    expect(Kind::sign_in_refused, "print_token", "reason", "expired");
}

TEST_CASE("guesses that cost nothing are not recorded without end", "[service]") {
    World w;
    (void)w.admin.add_user(w.alice()).value();
    int checked = 0;
    for (int i = 0; i < 40; ++i) {
        const std::uint64_t before = w.log->size();
        const auto refused = w.at_intake(service::Shown::password, "wrong");
        REQUIRE(!refused);
        const bool turned_away = refused.error().code == Errc::throttled;
        checked += turned_away ? 0 : 1;
        CHECK(w.log->size() == before + (turned_away ? 0 : 1));
    }
    CHECK(checked < 20);
    const std::uint64_t before = w.log->size();
    for (int i = 0; i < 10; ++i) CHECK(!w.at_intake(service::Shown::print_token, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    CHECK(w.log->size() == before);
}

TEST_CASE("without a record nobody signs in", "[service]") {
    World w;
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;
    const auto token = w.admin.issue_print_token("alice", "laptop", {}).value();
    const std::uint64_t before = w.log->size();
    w.break_log();
    CHECK(w.at_device("04a1b2c3").error().code == Errc::log_unavailable);
    CHECK(w.sessions.list(w.tenant, alice)->empty());
    w.break_log();
    CHECK(w.at_intake(service::Shown::password, "correct horse battery").error().code == Errc::log_unavailable);
    w.break_log();
    CHECK(w.at_intake(service::Shown::print_token, as_text(token.text.expose())).error().code == Errc::log_unavailable);
    CHECK(w.log->size() == before);
    REQUIRE(w.at_device("04a1b2c3"));
}

TEST_CASE("a store that can't say whose a name is doesn't say that it is free", "[service]") {
    World w;
    const std::uint64_t before = w.log->size();
    w.accounts.down = true;
    CHECK(w.admin.add_user(w.alice()).error().code == Errc::unavailable);
    CHECK(w.log->size() == before);
    w.accounts.down = false;
    CHECK(w.admin.users()->empty());
}

TEST_CASE("without a record nothing is administered", "[service]") {
    World w;
    w.break_log();
    CHECK(w.admin.add_user(w.alice()).error().code == Errc::log_unavailable);
    CHECK(w.admin.users()->empty());
    const SubjectId alice = w.admin.add_user(w.alice()).value().subject;

    const auto device = [&] {
        return w.admin.add_device({.id = w.mfd.id,
                                   .name = "lobby",
                                   .uri = "ipps://device.example/ipp/print",
                                   .trust = job::CertificatePin{crypto::sha256(as_bytes("pin"))},
                                   .terminal = crypto::sha256(as_bytes("terminal")),
                                   .factor_rule = "card+pin"});
    };
    w.break_log();
    CHECK(device().error().code == Errc::log_unavailable);
    CHECK(w.devices.devices.empty());
    REQUIRE(device());

    CHECK(w.admin.set_device_crl("lobby", "").error().code == Errc::invalid_argument);  // by a pin
    CHECK(w.admin.set_device_crl("attic", "").error().code == Errc::not_found);
    const auto authority = tls::Authority::create({"devices", 24h, 24h}, w.clock.now(), w.random).value();
    const auto add_trusted = [&](std::string pem, std::string crl) {
        return w.admin.add_device({.id = DeviceId::make(w.clock, w.random),
                                   .name = "attic",
                                   .uri = "ipps://attic.example/ipp/print",
                                   .trust = job::CertificateAuthority{std::move(pem), std::move(crl)},
                                   .terminal = crypto::sha256(as_bytes("attic")),
                                   .factor_rule = "card+pin"});
    };
    const std::string pem = authority.certificate().pem(), crl = authority.crl_pem();
    CHECK(add_trusted("-----BEGIN CERTIFICATE-----", "").error().code == Errc::malformed);
    CHECK(add_trusted(pem, "rubbish").error().code == Errc::malformed);
    REQUIRE(add_trusted(pem, crl));
    w.break_log();
    CHECK(w.admin.set_device_crl("attic", "").error().code == Errc::log_unavailable);
    const auto of_attic = [&] {
        const auto found = w.devices.find_by_name(w.tenant, "attic").value();
        return std::get<job::CertificateAuthority>(found.trust).crl;
    };
    CHECK(of_attic() == crl);
    const auto other = tls::Authority::create({"others", 24h, 24h}, w.clock.now(), w.random).value();
    CHECK(w.admin.set_device_crl("attic", other.crl_pem()).error().code == Errc::certificate_untrusted);
    CHECK(of_attic() == crl);
    REQUIRE(w.admin.set_device_crl("attic", ""));
    CHECK(of_attic().empty());

    w.break_log();
    CHECK(w.admin.issue_print_token("alice", "laptop", {}).error().code == Errc::log_unavailable);
    CHECK(w.print_tokens.list(w.tenant, alice)->empty());
    const auto issued = w.admin.issue_print_token("alice", "laptop", {}).value();
    w.break_log();
    CHECK(w.admin.revoke_print_token("alice", issued.token.id).error().code == Errc::log_unavailable);
    CHECK(w.print_tokens.list(w.tenant, alice)->size() == 1);
    w.break_log();
    CHECK(w.admin.erase_user("alice").error().code == Errc::log_unavailable);
    CHECK(w.subject_keys.key(alice));
}

TEST_CASE("a new person's password must keep to the rules", "[service]") {
    World w;
    for (const auto& [password, code] :
         {std::pair{"correct horse", Errc::invalid_argument}, std::pair{"alicealicealice", Errc::weak_parameters},
          std::pair{"correct\nhorse battery", Errc::control_character}}) {
        service::NewUser alice = w.alice();
        alice.password = crypto::Secret::copy_of(std::string_view{password});
        CHECK(w.admin.add_user(std::move(alice)).error().code == code);
    }
    CHECK(w.admin.users()->empty());
    CHECK(w.log->size() == 0);
    CHECK(w.admin.add_user(w.alice()));
}

TEST_CASE("people of another system are imported all or none, and sign in with their old passwords", "[service]") {
    World w;
    // "correct horse" by libxcrypt.
    const std::string hash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n";
    REQUIRE(w.admin.add_user(w.alice()));
    const auto logged = w.log->size();
    const auto clash = w.admin.import_users("# old\ncarol:" + hash + "alice:" + hash);
    CHECK(clash.error().code == Errc::already_exists);
    CHECK(clash.error().where == "line 3");
    CHECK(w.admin.import_users("carol:" + hash + "dora:x\n").error().where == "line 2");
    CHECK(w.admin.users()->size() == 1);
    CHECK(w.log->size() == logged);

    CHECK(w.admin.import_users("carol:" + hash + "dora:" + hash) == 2u);
    CHECK(w.admin.users()->size() == 3);
    CHECK(w.log->size() == logged + 2);
    const auth::FactorRule rule = *auth::FactorRule::parse("password");
    const auto sign_in = [&](std::string name, std::string_view password) {
        std::vector<auth::Factor> factors;
        factors.emplace_back(auth::GivenPassword{std::move(name), crypto::Secret::copy_of(password)});
        return w.authenticator.authenticate(w.tenant, {.device = std::nullopt, .address = "192.0.2.9"}, factors, rule);
    };
    CHECK(sign_in("carol", "correct horse"));
    CHECK(sign_in("dora", "wrong horse").error().code == Errc::credential_wrong);
    CHECK(w.accounts.find_by_name(w.tenant, "carol")->password->own() != nullptr);
    CHECK(w.accounts.find_by_name(w.tenant, "dora")->password->imported() != nullptr);
}
