// SPDX-License-Identifier: Apache-2.0
// HOSTILE 18: a million guesses at one account, from 500 addresses and 50 devices, through the service as the release
// daemon wires it, with the counters in its database and a restart midway. At the devices the guesser has a copy of the
// owner's card, beside which a password gets past the question for a second factor; a PIN doesn't.
#include <optional>

#include <fmt/format.h>
#include <catch2/catch_test_macros.hpp>

#include <safeq/store/throttle_store.hpp>

#include "support/temporary_folder.hpp"

#include "sign_in_world.hpp"

using namespace safeq;
using namespace std::chrono_literals;

namespace {

// A tenth under sanitizers, which are ten times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int guesses = 100'000;
#else
constexpr int guesses = 1'000'000;
#endif
constexpr int door_count = 50;
constexpr int address_count = 500;
constexpr int sealed_one_in = 40;  // guesses at intakes are sealed and opened each, which takes longer

constexpr std::string_view right_pin = "481516";

crypto::Secret secret(std::string_view text) { return crypto::Secret::copy_of(text); }

struct World : test::SignInWorld {
    test::TemporaryFolder folder;
    std::vector<job::Device> doors;
    auth::Hasher weak{auth::argon2_floor, peppers, random, hashing};  // real, and as cheap as is still taken

    struct Daemon {
        explicit Daemon(World& w)
            : database{store::Database::open(w.folder / "release.db", store::Database::Purpose::release).value()},
              throttle{auth::throttle_2026, w.clock, counters},
              authenticator{{.accounts = w.accounts, .hasher = w.weak, .peppers = w.peppers, .throttle = throttle}},
              opener{crypto::XwingPrivateKey::generate(w.random), w.clock},
              sign_in{{w.tenant, authenticator, w.accounts, w.sessions, w.print_tokens, opener, w.recorder}} {
            REQUIRE(throttle.load());
        }
        std::unique_ptr<store::Database> database;
        store::ThrottleStore counters{*database};
        auth::SharedThrottle throttle;
        auth::Authenticator authenticator;
        service::CredentialOpener opener;
        service::SignIn sign_in;
    };
    std::unique_ptr<Daemon> daemon = std::make_unique<Daemon>(*this);

    explicit World(std::string rule) {
        for (int i = 0; i < door_count + 1; ++i)
            doors.push_back({.id = DeviceId::make(clock, random),
                             .tenant = tenant,
                             .name = "door" + std::to_string(i),
                             .factor_rule = rule});
        const SubjectId alice = SubjectId::make(clock, random);
        REQUIRE(accounts.save({.tenant = tenant,
                               .subject = alice,
                               .name = "alice",
                               .password = weak.hash(secret("the right one")).value(),
                               .pin = weak.hash_pin({tenant, alice}, *auth::Pin::parse(secret(right_pin))).value(),
                               .cards = {auth::card_record(peppers, tenant, *auth::Card::parse("04a1b2c3"))},
                               .created = clock.now()}));
    }

    /// With the owner's card, and what is given beside it.
    template <class... Each>
    std::optional<Errc> with_card(const job::Device& door, Each&&... beside) {
        std::vector<auth::Factor> factors;
        factors.emplace_back(auth::GivenCard{"uid", "04a1b2c3"});
        (factors.emplace_back(std::forward<Each>(beside)), ...);
        const auto done = daemon->sign_in.open(door, "192.0.2.7", factors);
        return done ? std::nullopt : std::optional{done.error().code};
    }
    std::optional<Errc> at_door(const job::Device& door, std::string_view password) {
        return with_card(door, auth::GivenPassword{"alice", secret(password)});
    }
    std::optional<Errc> with_pin(const job::Device& door, std::string_view digits) {
        return with_card(door, auth::GivenPin{secret(digits)});
    }
    std::optional<Errc> from(std::string address, std::string_view password) {
        const auto done = daemon->sign_in.identify(
            intake, service::seal_credential(daemon->opener.public_key(), {tenant, intake}, service::Shown::password,
                                             "alice", std::move(address), secret(password), clock, random)
                        .value());
        return done ? std::nullopt : std::optional{done.error().code};
    }
};

constexpr std::optional<Errc> let_in{};

}  // namespace

TEST_CASE("HOSTILE 18: a million guesses get at most 100 judged, and the owner gets in", "[service]") {
    World w{"card+password"};
    const job::Device own = w.doors.back();
    w.doors.pop_back();
    const std::string home = "203.0.113.7";
    // The owner is known at a device and an address of her own, and at one each that the guesser uses as well.
    REQUIRE(w.at_door(w.doors[0], "the right one") == let_in);
    REQUIRE(w.from("198.51.100.0", "the right one") == let_in);
    REQUIRE(w.at_door(own, "the right one") == let_in);
    REQUIRE(w.from(home, "the right one") == let_in);

    std::uint64_t owner_judged = w.hashing.granted();
    const std::uint64_t before = owner_judged;
    int judged = 0;
    for (int i = 0; i < guesses; ++i) {
        const std::optional<Errc> told =
            i % sealed_one_in == 0
                ? w.from("198.51.100." + std::to_string(i / sealed_one_in % address_count), "a guess")
                : w.at_door(w.doors[static_cast<std::size_t>(i % door_count)], "a guess");
        if (told == Errc::credential_wrong) ++judged;
        else if (told != Errc::throttled) FAIL("guess " << i << (told ? name(*told) : ": let in"));
        if (i == guesses / 2) {
            w.daemon.reset();
            w.daemon = std::make_unique<World::Daemon>(w);
        }
        if (i % (guesses / 10) == 0) {
            REQUIRE(w.at_door(own, "the right one") == let_in);
            REQUIRE(w.from(home, "the right one") == let_in);
            owner_judged += 2;
        }
        w.clock.advance(1ms);
    }
    CHECK(judged <= 100);
    CHECK(judged >= 20);
    CHECK(w.hashing.granted() - before == static_cast<std::uint64_t>(judged) + (owner_judged - before));
    // Guesses that were judged are on record, and those that were turned away aren't.
    CHECK(w.log->size() < 300);
}

TEST_CASE("HOSTILE 18: of all PINs beside a copied card at most 10 are judged at doors that are new to its owner",
          "[service]") {
    World w{"card+pin"};
    const job::Device own = w.doors.back();
    w.doors.pop_back();
    const job::Device elsewhere = w.doors.back();
    REQUIRE(w.with_pin(w.doors[0], right_pin) == let_in);  // the guesser has this one as well
    REQUIRE(w.with_pin(own, right_pin) == let_in);

    const std::uint64_t before = w.hashing.granted();
    std::uint64_t owner_judged = 0;
    int judged = 0;
    int judged_where_new = 0;
    for (int i = 0; i < guesses; ++i) {
        const std::string pin = fmt::format("{:06}", i);
        if (pin == right_pin) continue;  // had it been judged, the guesser would have been lucky, not many
        const auto door = static_cast<std::size_t>(i % door_count);
        const std::optional<Errc> told = w.with_pin(w.doors[door], pin);
        if (told == Errc::credential_wrong) {
            ++judged;
            judged_where_new += door == 0 ? 0 : 1;
        } else if (told != Errc::throttled) {
            FAIL("PIN " << pin << (told ? name(*told) : ": let in"));
        }
        if (i == guesses / 2) {
            w.daemon.reset();
            w.daemon = std::make_unique<World::Daemon>(w);
        }
        if (i % (guesses / 10) == 0) {
            REQUIRE(w.with_pin(own, right_pin) == let_in);
            ++owner_judged;
        }
        w.clock.advance(1ms);
    }
    CHECK(judged_where_new == 10);
    CHECK(judged > judged_where_new);
    CHECK(judged <= 100);
    CHECK(w.hashing.granted() - before == static_cast<std::uint64_t>(judged) + owner_judged);
    // Elsewhere a PIN isn't enough now, and whoever knows the password, too, gets in.
    CHECK(w.with_pin(elsewhere, right_pin) == Errc::throttled);
    CHECK(w.with_card(elsewhere, auth::GivenPin{secret(right_pin)},
                      auth::GivenPassword{"alice", secret("the right one")}) == let_in);
}
