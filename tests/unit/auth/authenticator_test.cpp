// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/authenticator.hpp>

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_auth.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace safeq::auth;
using namespace std::chrono_literals;

namespace {

crypto::Secret secret(std::string_view text) { return crypto::Secret::copy_of(text); }

template <class... Each>
std::vector<Factor> given(Each&&... each) {
    std::vector<Factor> factors;
    (factors.emplace_back(std::forward<Each>(each)), ...);
    return factors;
}

GivenPassword password(std::string name, std::string_view text = "correct horse") {
    return {std::move(name), secret(text)};
}
GivenPin pin(std::string_view digits = "2468") { return {secret(digits)}; }
GivenCard card(std::string uid = "04a1b2c3d4e5f6") { return {"mifare", std::move(uid)}; }

class OneUserDirectory final : public Directory {
public:
    explicit OneUserDirectory(SubjectId subject) : subject_{subject} {}
    int asked = 0;
    bool down = false;
    Result<DirectoryEntry> check(TenantId, std::string_view name, const crypto::Secret& text) override {
        ++asked;
        if (down) return fail(Errc::unavailable, "directory");
        if (name != "carol" || as_text(text.expose()) != "from the directory")
            return fail(Errc::credential_wrong, "directory");
        return DirectoryEntry{.subject = subject_, .name = "carol", .display_name = "Carol C."};
    }

private:
    SubjectId subject_;
};

struct World {
    ManualClock clock{Time{1'700'000'000'000ms}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    Origin mfd{.device = DeviceId::make(clock, random), .address = "192.0.2.1"};
    PepperKey key = PepperKey::random(random);
    PepperRing peppers{Pepper{key}};
    HashingBudget budget{{.concurrent = 1, .waiting = 0, .memory_kib = 512 * 1024}};
    Hasher hasher{argon2_floor, peppers, random, budget};
    test::MemoryCredentialStore accounts;
    test::MemoryThrottleStore counters;
    SharedThrottle throttle{throttle_2026, clock, counters};
    Authenticator authenticator{{.accounts = accounts, .hasher = hasher, .peppers = peppers, .throttle = throttle}};
    Account alice = add("alice", "2468", "04a1b2c3d4e5f6");
    Account bob = add("bob", "1357", "04ffeeddccbbaa");

    Account add(std::string name, std::string_view digits, std::string_view uid) {
        Account account{.tenant = tenant, .subject = SubjectId::make(clock, random), .name = std::move(name)};
        const PinOwner owner{.tenant = tenant, .subject = account.subject};
        account.password = *hasher.hash(secret("correct horse"));
        account.pin = *hasher.hash_pin(owner, *Pin::parse(secret(digits)));
        account.cards = {card_record(peppers, tenant, *Card::parse("mifare", uid))};
        REQUIRE(accounts.save(account));
        return account;
    }
    Result<Authenticated> sign_in(const std::vector<Factor>& factors, std::string_view rule = "card+pin|password") {
        return authenticator.authenticate(tenant, mfd, factors, *FactorRule::parse(rule));
    }
    // A new device each time, so that no throttle comes between.
    Errc refused(const std::vector<Factor>& factors, std::string_view rule = "card+pin|password") {
        mfd.device = DeviceId::make(clock, random);
        clock.advance(24h * 30);
        const auto result = sign_in(factors, rule);
        REQUIRE_FALSE(result);
        return result.error().code;
    }
    std::uint64_t hashes(const std::vector<Factor>& factors, std::string_view rule = "card+pin|password") {
        const std::uint64_t before = budget.granted();
        CHECK(refused(factors, rule) == Errc::credential_wrong);
        return budget.granted() - before;
    }
};

// Beside the accounts, a directory that knows carol.
struct DirectoryWorld : World {
    OneUserDirectory directory{SubjectId::make(clock, random)};
    Authenticator with_directory{
        {.accounts = accounts, .hasher = hasher, .peppers = peppers, .throttle = throttle, .directory = &directory}};

    Result<Authenticated> sign_in(const std::vector<Factor>& factors) {
        return with_directory.authenticate(tenant, mfd, factors, *FactorRule::parse("card+pin|password"));
    }
};

}  // namespace

TEST_CASE("the right factors name their owner", "[auth]") {
    World w;
    const auto by_password = w.sign_in(given(password("alice")));
    REQUIRE(by_password);
    CHECK(by_password->subject == w.alice.subject);
    CHECK(by_password->name == "alice");
    CHECK(by_password->factors == FactorSet{FactorKind::password});
    const auto by_card = w.sign_in(given(card(), pin()));
    REQUIRE(by_card);
    CHECK(by_card->subject == w.alice.subject);
    CHECK(by_card->factors == FactorSet{FactorKind::card, FactorKind::pin});
    CHECK(w.sign_in(given(pin(), card("04A1B2C3D4E5F6")))->subject == w.alice.subject);
    CHECK(w.sign_in(given(card("04ffeeddccbbaa"), pin("1357")))->subject == w.bob.subject);
    CHECK(w.sign_in(given(card()), "card")->subject == w.alice.subject);
    CHECK(w.sign_in(given(GivenToken{w.bob.subject}, pin("1357")), "pin+token")->subject == w.bob.subject);
    CHECK(w.sign_in(given(password("alice"), card(), pin()))->subject == w.alice.subject);
}

TEST_CASE("everything wrong is the same error", "[auth]") {
    World w;
    CHECK(w.refused(given(password("alice", "wrong horse"))) == Errc::credential_wrong);
    CHECK(w.refused(given(password("Alice"))) == Errc::credential_wrong);
    CHECK(w.refused(given(password("nobody"))) == Errc::credential_wrong);
    CHECK(w.refused(given(password("alice\n"))) == Errc::credential_wrong);
    CHECK(w.refused(given(password("alice", std::string(1025, 'x')))) == Errc::credential_wrong);
    CHECK(w.refused(given(card(), pin("2469"))) == Errc::credential_wrong);
    CHECK(w.refused(given(card(), pin("1357"))) == Errc::credential_wrong);  // Bob's
    CHECK(w.refused(given(card(), pin("12"))) == Errc::credential_wrong);
    CHECK(w.refused(given(card("04a1b2c3d4e5f7"), pin())) == Errc::credential_wrong);
    CHECK(w.refused(given(card("zz"), pin())) == Errc::credential_wrong);
    CHECK(w.refused(given(card("04ffeeddccbbaa"), password("alice"))) == Errc::credential_wrong);
    CHECK(w.refused(given(password("alice"), card(), pin("9999"))) == Errc::credential_wrong);
    CHECK(w.refused(given(GivenToken{SubjectId{}}), "token") == Errc::credential_wrong);
    w.alice.disabled = true;
    REQUIRE(w.accounts.save(w.alice));
    CHECK(w.refused(given(password("alice"))) == Errc::credential_wrong);
    CHECK(w.refused(given(card()), "card") == Errc::credential_wrong);
}

TEST_CASE("another tenant's accounts don't exist", "[auth]") {
    World w;
    const TenantId other = TenantId::make(w.clock, w.random);
    const FactorRule rule = *FactorRule::parse("card|password|token");
    CHECK(w.authenticator.authenticate(other, w.mfd, given(password("alice")), rule).error().code ==
          Errc::credential_wrong);
    CHECK(w.authenticator.authenticate(other, w.mfd, given(card()), rule).error().code == Errc::credential_wrong);
    CHECK(w.authenticator.authenticate(other, w.mfd, given(GivenToken{w.alice.subject}), rule).error().code ==
          Errc::credential_wrong);
}

TEST_CASE("factors that don't meet the rule cost nothing and tell nothing", "[auth]") {
    World w;
    const std::uint64_t before = w.budget.granted();
    CHECK(w.refused(given(card())) == Errc::factor_missing);
    CHECK(w.refused(given(card("00000001"))) == Errc::factor_missing);
    CHECK(w.refused(given(pin())) == Errc::factor_missing);
    CHECK(w.refused({}) == Errc::factor_missing);
    CHECK(w.refused(given(password("alice")), "card+password") == Errc::factor_missing);
    CHECK(w.refused(given(card(), card(), pin())) == Errc::invalid_argument);
    CHECK(w.budget.granted() == before);
    CHECK(w.counters.load()->empty());
}

TEST_CASE("existing and unknown people cost the same number of hashes", "[auth]") {
    World w;
    Account bare{.tenant = w.tenant, .subject = SubjectId::make(w.clock, w.random), .name = "bare"};
    bare.cards = {card_record(w.peppers, w.tenant, *Card::parse("mifare", "0400000001"))};
    REQUIRE(w.accounts.save(bare));
    CHECK(w.hashes(given(password("alice", "wrong horse"))) == 1);
    CHECK(w.hashes(given(password("nobody", "wrong horse"))) == 1);
    CHECK(w.hashes(given(password("bare", "wrong horse"))) == 1);
    CHECK(w.hashes(given(card(), pin("9999"))) == 1);
    CHECK(w.hashes(given(card("0400000001"), pin("9999"))) == 1);
    CHECK(w.hashes(given(card("0400000002"), pin("9999"))) == 1);
    CHECK(w.hashes(given(password("alice"), card("0400000002"), pin())) == 2);
    CHECK(w.hashes(given(password("alice", "wrong horse"), card(), pin())) == 2);
    w.alice.disabled = true;
    REQUIRE(w.accounts.save(w.alice));
    CHECK(w.hashes(given(password("alice"))) == 1);
}

TEST_CASE("an imported password is hashed anew at the first sign-in", "[auth]") {
    World w;
    // "short" by libxcrypt: fewer bytes than a new password may have.
    const auto foreign = ForeignHash::parse("$2y$05$abcdefghijklmnopqrstuu2kBuUDEnnBvPEpiyYsbfsiykNoDm8/2");
    REQUIRE(foreign);
    Account carol{.tenant = w.tenant, .subject = SubjectId::make(w.clock, w.random), .name = "carol"};
    carol.password = w.hasher.adopt(*foreign);
    REQUIRE(w.accounts.save(carol));
    CHECK(w.hashes(given(password("carol", "wrong horse"))) == 1);
    CHECK(w.accounts.find_by_name(w.tenant, "carol")->password == carol.password);
    REQUIRE(w.sign_in(given(password("carol", "short"))));
    const auto renewed = w.accounts.find_by_name(w.tenant, "carol")->password;
    REQUIRE(renewed);
    REQUIRE(renewed->own() != nullptr);
    CHECK(renewed->own()->cost() == argon2_floor);
    CHECK(w.sign_in(given(password("carol", "short"))));
    CHECK(w.accounts.find_by_name(w.tenant, "carol")->password == renewed);
    CHECK(w.refused(given(password("carol", "wrong horse"))) == Errc::credential_wrong);
}

TEST_CASE("wrong PINs are slowed down before they are hashed", "[auth]") {
    World w;
    int judged = 0;
    int throttled = 0;
    const std::uint64_t before = w.budget.granted();
    for (int i = 0; i < 100; ++i) {
        const auto result = w.sign_in(given(card(), pin(std::to_string(3000 + i))));
        REQUIRE_FALSE(result);
        if (result.error().code == Errc::credential_wrong) ++judged;
        if (result.error().code == Errc::throttled) ++throttled;
    }
    CHECK(judged == 4);
    CHECK(throttled == 96);
    CHECK(w.budget.granted() - before == 4);
    CHECK(w.sign_in(given(card(), pin())).error().code == Errc::throttled);
    // Elsewhere the owner gets in.
    w.mfd.device = DeviceId::make(w.clock, w.random);
    CHECK(w.sign_in(given(card(), pin())));
}

TEST_CASE("unknown names are slowed down as real ones, however they are spelled", "[auth]") {
    World w;
    int judged = 0;
    for (const char* name : {"nobody", "Nobody", "nObody", "noBody", "nobOdy", "nobodY", "NOBODY"}) {
        if (w.sign_in(given(password(name))).error().code == Errc::credential_wrong) ++judged;
    }
    CHECK(judged == 4);
}

TEST_CASE("after many failures elsewhere a new place asks for a second factor", "[auth]") {
    World w;
    const Origin own = w.mfd;
    REQUIRE(w.sign_in(given(password("alice"))));
    int judged = 0;
    for (int i = 0; i < 30; ++i) {
        w.mfd.device = DeviceId::make(w.clock, w.random);
        if (w.sign_in(given(password("alice", "wrong horse"))).error().code == Errc::credential_wrong) ++judged;
    }
    CHECK(judged == 10);
    w.mfd.device = DeviceId::make(w.clock, w.random);
    CHECK(w.sign_in(given(password("alice"))).error().code == Errc::throttled);
    CHECK(w.sign_in(given(card(), pin())).error().code == Errc::throttled);
    CHECK(w.sign_in(given(password("alice"), card("04ffeeddccbbaa"))).error().code == Errc::credential_wrong);
    CHECK(w.sign_in(given(password("alice"), card()))->subject == w.alice.subject);
    w.mfd = own;
    CHECK(w.sign_in(given(password("alice"))));
}

TEST_CASE("a card alone doesn't forgive what was guessed beside it", "[auth]") {
    World w;
    // Whoever copied the card signs in with it, tries PINs where the card alone would do, and begins again.
    int judged = 0;
    for (int i = 0; i < 200; ++i) {
        CHECK(w.sign_in(given(card()), "card"));
        const std::uint64_t before = w.budget.granted();
        CHECK_FALSE(w.sign_in(given(card(), pin("9999")), "card"));
        judged += static_cast<int>(w.budget.granted() - before);
        w.clock.advance(1s);
    }
    CHECK(judged <= 10);
    // Nor do those guesses keep its owner from places that ask for the card alone, known or not.
    w.mfd.device = DeviceId::make(w.clock, w.random);
    CHECK(w.sign_in(given(card()), "card"));
    // And the origin where only the card was shown isn't one where somebody has proved who they are.
    const auto counters = w.counters.load();
    REQUIRE(counters);
    for (const ThrottleEntry& entry : *counters) CHECK(entry.familiar.empty());
}

TEST_CASE("a busy server judges nobody and counts nothing", "[auth]") {
    World w;
    const auto held = w.budget.acquire(64 * 1024);
    REQUIRE(held);
    for (int i = 0; i < 20; ++i) CHECK(w.sign_in(given(password("alice"))).error().code == Errc::busy);
    for (int i = 0; i < 20; ++i) CHECK(w.sign_in(given(password("nobody"))).error().code == Errc::busy);
    CHECK(w.counters.load()->empty());
}

TEST_CASE("what is stored is renewed at sign-in", "[auth]") {
    World w;
    const PepperKey next = PepperKey::random(w.random);
    PepperRing rotated{Pepper{next}};
    REQUIRE(rotated.add_previous(Pepper{w.key}));
    const Hasher hasher{argon2_floor, rotated, w.random, w.budget};
    const Authenticator authenticator{
        {.accounts = w.accounts, .hasher = hasher, .peppers = rotated, .throttle = w.throttle}};
    const FactorRule rule = *FactorRule::parse("card+pin|password");
    CHECK_FALSE(
        authenticator.authenticate(w.tenant, w.mfd, given(password("alice", "wrong horse"), card(), pin()), rule));
    CHECK(w.accounts.find_by_name(w.tenant, "alice") == w.alice);

    REQUIRE(authenticator.authenticate(w.tenant, w.mfd, given(password("alice"), card(), pin()), rule));
    const auto renewed = w.accounts.find_by_name(w.tenant, "alice");
    REQUIRE(renewed);
    CHECK(renewed->password->own()->pepper() == rotated.current().id());
    CHECK(renewed->pin->pepper() == rotated.current().id());
    CHECK(renewed->cards == std::vector{card_record(rotated, w.tenant, *Card::parse("mifare", "04a1b2c3d4e5f6"))});
    // The old pepper may go now.
    const PepperRing only_new{Pepper{next}};
    const Hasher last{argon2_floor, only_new, w.random, w.budget};
    const Authenticator after{{.accounts = w.accounts, .hasher = last, .peppers = only_new, .throttle = w.throttle}};
    CHECK(after.authenticate(w.tenant, w.mfd, given(password("alice"), card(), pin()), rule));
    // Bob never came: his records are lost with the pepper, and look like everyone's who isn't there.
    CHECK(after.authenticate(w.tenant, w.mfd, given(password("bob")), rule).error().code == Errc::credential_wrong);
}

TEST_CASE("the directory is asked for names that have no password here, and for no others", "[auth]") {
    DirectoryWorld w;
    OneUserDirectory& directory = w.directory;
    const auto sign_in = [&](const std::vector<Factor>& factors) { return w.sign_in(factors); };
    const auto carol = sign_in(given(password("carol", "from the directory")));
    REQUIRE(carol);
    CHECK(carol->name == "carol");
    CHECK(carol->display_name == "Carol C.");
    CHECK(sign_in(given(password("carol", "wrong"))).error().code == Errc::credential_wrong);
    CHECK(directory.asked == 2);
    CHECK(sign_in(given(password("alice"))));
    CHECK(sign_in(given(password("carol", "from the directory"), card())).error().code == Errc::credential_wrong);
    CHECK(sign_in(given(password("carol", "from the directory"), card("0400000002"))).error().code ==
          Errc::credential_wrong);
    CHECK(directory.asked == 2);

    // Once carol has an account here, her card goes with her directory password, until it is disabled.
    Account account{.tenant = w.tenant, .subject = carol->subject, .name = "carol"};
    account.cards = {card_record(w.peppers, w.tenant, *Card::parse("mifare", "0400000002"))};
    REQUIRE(w.accounts.save(account));
    CHECK(sign_in(given(password("carol", "from the directory"), card("0400000002"))));
    account.disabled = true;
    REQUIRE(w.accounts.save(account));
    CHECK(sign_in(given(password("carol", "from the directory"))).error().code == Errc::credential_wrong);

    directory.down = true;
    const std::size_t counters = w.counters.load()->size();
    CHECK(sign_in(given(password("dave", "whatever"))).error().code == Errc::unavailable);
    CHECK(w.counters.load()->size() == counters);
}

TEST_CASE("guesses at a directory's password count for the name that is guessed at", "[auth]") {
    DirectoryWorld w;
    OneUserDirectory& directory = w.directory;
    const auto sign_in = [&](const std::vector<Factor>& factors) { return w.sign_in(factors); };
    SECTION("not for whoever shows a card of their own beside them, which never reach the directory") {
        for (int i = 0; i < 200; ++i) {
            CHECK_FALSE(sign_in(given(card(), password("carol", "guess " + std::to_string(i)))));
            CHECK(sign_in(given(card(), pin())));
            w.clock.advance(1s);
        }
        CHECK(directory.asked == 0);
    }
    SECTION("however it is spelled, and whatever of hers is beside it") {
        Account carol{.tenant = w.tenant, .subject = SubjectId::make(w.clock, w.random), .name = "carol"};
        carol.cards = {card_record(w.peppers, w.tenant, *Card::parse("mifare", "0400000002"))};
        REQUIRE(w.accounts.save(carol));
        for (int i = 0; i < 200; ++i) {
            const std::string name = i % 2 == 0 ? "carol" : "Carol";
            if (i % 3 == 0) CHECK_FALSE(sign_in(given(password(name, "a guess"), card("0400000002"))));
            else CHECK_FALSE(sign_in(given(password(name, "a guess"))));
        }
        CHECK(directory.asked == 4);
    }
}

TEST_CASE("a store that is down is no wrong password", "[auth]") {
    World w;
    w.accounts.down = true;
    CHECK(w.sign_in(given(password("alice"))).error().code == Errc::unavailable);
    w.accounts.down = false;
    w.counters.down = true;
    CHECK(w.sign_in(given(password("alice"))).error().code == Errc::unavailable);
}

TEST_CASE("peers learn one thing", "[auth]") {
    for (const Errc code : {Errc::credential_wrong, Errc::factor_missing, Errc::throttled, Errc::invalid_argument,
                            Errc::expired, Errc::not_found, Errc::duplicate, Errc::authentication_failed}) {
        const Error told = for_peer({code, "sign-in", "no such account"});
        CHECK(told.code == Errc::denied);
        CHECK(told.where.empty());
        CHECK(told.detail.empty());
    }
    CHECK(for_peer({Errc::busy, "password hashing", "8 running"}).code == Errc::busy);
    CHECK(for_peer({Errc::busy, "password hashing", "8 running"}).detail.empty());
    CHECK(for_peer({Errc::out_of_memory, "Argon2id", ""}).code == Errc::unavailable);
    CHECK(for_peer({Errc::unavailable, "database", ""}).code == Errc::unavailable);
}
