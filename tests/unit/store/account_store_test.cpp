// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/account_store.hpp>

#include <fstream>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "support/memory_audit.hpp"
#include "support/memory_auth.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using auth::Account;
using auth::CardRecord;
using auth::PhcString;
using auth::Verifier;

namespace {

struct World {
    test::TemporaryFolder root;
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    test::SeededRandom random;
    TenantId tenant = TenantId::make(clock, random);
    TenantId other_tenant = TenantId::make(clock, random);
    std::unique_ptr<store::Database> database = *store::Database::open(root / "db", store::Database::Purpose::release);
    crypto::WrapKey root_key = crypto::WrapKey::random(random);
    test::MemorySubjectKeys keys;
    store::AccountStore accounts{*database, keys, root_key, random};

    PhcString verifier() {
        return *PhcString::from(auth::argon2_floor, auth::PepperId{random.bytes<8>()}, random.bytes<16>(),
                                random.bytes<32>());
    }
    CardRecord card() { return {auth::PepperId{random.bytes<8>()}, random.bytes<32>()}; }
    Account account(std::string name) {
        Account account;
        account.tenant = tenant;
        account.subject = SubjectId::make(clock, random);
        keys.put(account.subject, audit::SubjectKey::random(random));
        account.name = std::move(name);
        account.display_name = "Ada Lovelace";
        account.password = verifier();
        account.pin = verifier();
        account.cards = {card(), card(), card()};
        account.created = clock.now();
        return account;
    }
};

}  // namespace

TEST_CASE("an account is found by name, subject and card, and comes back as it went", "[store]") {
    World w;
    const Account full = w.account("ada");
    Account bare = w.account("Ada");
    bare.display_name.reset();
    bare.password.reset();
    bare.pin.reset();
    bare.cards.clear();
    bare.disabled = true;
    REQUIRE(w.accounts.save(full));
    REQUIRE(w.accounts.save(bare));
    CHECK(w.accounts.find_by_name(w.tenant, "ada") == full);
    CHECK(w.accounts.find_by_name(w.tenant, "Ada") == bare);
    CHECK(w.accounts.find_by_name(w.tenant, "ADA").error().code == Errc::not_found);
    CHECK(w.accounts.find_by_subject(w.tenant, bare.subject) == bare);
    const std::array lookups{w.card().lookup, full.cards[1].lookup, full.cards[2].lookup};
    CHECK(w.accounts.find_by_card(w.tenant, lookups) == full);
    CHECK(w.accounts.find_by_card(w.tenant, {}).error().code == Errc::not_found);
    CHECK(w.accounts.list(w.tenant) == std::vector{bare, full});
}

TEST_CASE("to find nobody takes the same steps as to find somebody", "[store]") {
    struct CountedKeys final : audit::SubjectKeys {
        explicit CountedKeys(audit::SubjectKeys& those) : keys{those} {}
        Result<audit::SubjectKey> key(SubjectId subject) override {
            asked.push_back(subject);
            return keys.key(subject);
        }
        audit::SubjectKeys& keys;
        std::vector<SubjectId> asked;
    };
    World w;
    CountedKeys keys{w.keys};
    store::AccountStore accounts{*w.database, keys, w.root_key, w.random};
    const auto asked_for = [&](auto&& find) {
        keys.asked.clear();
        find();
        return keys.asked;
    };
    const auto by_name = [&](std::string_view name) { (void)accounts.find_by_name(w.tenant, name); };
    const auto by_card = [&](const CardRecord& card) { (void)accounts.find_by_card(w.tenant, {&card.lookup, 1}); };
    const CardRecord no_card = w.card();
    const auto nobody = [&] { by_name("nobody"); };
    CHECK(asked_for(nobody).empty());  // where there is nobody at all

    Account ada = w.account("ada");
    REQUIRE(accounts.save(ada));
    CHECK(asked_for([&] { by_name("ada"); }) == std::vector{ada.subject});
    CHECK(asked_for(nobody) == std::vector{ada.subject});
    CHECK(asked_for([&] { by_card(ada.cards.front()); }) == std::vector{ada.subject});
    CHECK(asked_for([&] { by_card(no_card); }) == std::vector{ada.subject});

    // Another account takes her part when hers ends.
    const Account bob = w.account("bob");
    REQUIRE(accounts.save(bob));
    ada.disabled = true;
    REQUIRE(accounts.save(ada));
    nobody();
    CHECK(asked_for(nobody) == std::vector{bob.subject});
    CHECK(asked_for([&] { by_card(no_card); }) == std::vector{bob.subject});
    CHECK(asked_for([&] { (void)accounts.find_by_name(w.other_tenant, "bob"); }).empty());
}

TEST_CASE("an account of another tenant is never found", "[store]") {
    World w;
    const Account account = w.account("ada");
    REQUIRE(w.accounts.save(account));
    CHECK(w.accounts.find_by_name(w.other_tenant, "ada").error().code == Errc::not_found);
    CHECK(w.accounts.find_by_subject(w.other_tenant, account.subject).error().code == Errc::not_found);
    const std::vector<crypto::MacTag> lookups{account.cards[0].lookup};
    CHECK(w.accounts.find_by_card(w.other_tenant, lookups).error().code == Errc::not_found);
    CHECK(w.accounts.list(w.other_tenant)->empty());
    CHECK(w.accounts.replace(w.other_tenant, account.subject, Verifier::password, *account.password, w.verifier())
              .error()
              .code == Errc::not_found);
    Account same = account;
    same.tenant = w.other_tenant;
    CHECK(w.accounts.save(same));
    CHECK(w.accounts.find_by_name(w.tenant, "ada") == account);
}

TEST_CASE("names and cards are one person's, and a refused save changes nothing", "[store]") {
    World w;
    const Account first = w.account("ada");
    Account second = w.account("grace");
    REQUIRE(w.accounts.save(first));
    REQUIRE(w.accounts.save(second));
    const Account as_saved = second;
    second.name = "ada";
    CHECK(w.accounts.save(second).error().code == Errc::already_exists);
    second.name = "hopper";
    second.cards.push_back(first.cards[0]);
    CHECK(w.accounts.save(second).error().code == Errc::already_exists);
    CHECK(w.accounts.find_by_subject(w.tenant, second.subject) == as_saved);
    second.cards = {first.cards[0], first.cards[0]};
    CHECK(w.accounts.save(second).error().code == Errc::duplicate);
    second = as_saved;
    std::swap(second.cards[0], second.cards[2]);
    second.name = "hopper";
    second.revision = 700;  // the store counts
    REQUIRE(w.accounts.save(second));
    second.revision = 1;
    CHECK(w.accounts.find_by_subject(w.tenant, second.subject) == second);
    CHECK(w.accounts.find_by_name(w.tenant, "grace").error().code == Errc::not_found);
}

TEST_CASE("whose erasure was begun is found among all", "[store]") {
    World w;
    Account first = w.account("ada");
    Account second = w.account("grace");
    REQUIRE(w.accounts.save(first));
    REQUIRE(w.accounts.save(second));
    CHECK(w.accounts.erasing(w.tenant)->empty());
    first.erasing = true;
    REQUIRE(w.accounts.save(first));
    CHECK(w.accounts.erasing(w.tenant).value() == std::vector{first.subject});
    CHECK(w.accounts.erasing(TenantId::make(w.clock, w.random))->empty());
    CHECK(w.accounts.find_by_subject(w.tenant, first.subject)->erasing);
    CHECK_FALSE(w.accounts.find_by_subject(w.tenant, second.subject)->erasing);
    first.erasing = false;
    REQUIRE(w.accounts.save(first));
    CHECK(w.accounts.erasing(w.tenant)->empty());
}

TEST_CASE("one card that two peppers give to two people is a conflict", "[store]") {
    World w;
    const Account first = w.account("ada");
    const Account second = w.account("grace");
    REQUIRE(w.accounts.save(first));
    REQUIRE(w.accounts.save(second));
    const std::array lookups{first.cards[0].lookup, second.cards[0].lookup};
    CHECK(w.accounts.find_by_card(w.tenant, lookups).error().code == Errc::conflict);
}

TEST_CASE("replacing a verifier or card is compare and set", "[store]") {
    World w;
    Account account = w.account("ada");
    REQUIRE(w.accounts.save(account));
    const PhcString fresh = w.verifier();
    CHECK(w.accounts.replace(w.tenant, account.subject, Verifier::password, *account.pin, fresh).error().code ==
          Errc::conflict);
    REQUIRE(w.accounts.replace(w.tenant, account.subject, Verifier::password, *account.password, fresh));
    CHECK(w.accounts.replace(w.tenant, account.subject, Verifier::password, *account.password, fresh).error().code ==
          Errc::conflict);
    account.password = fresh;
    REQUIRE(w.accounts.replace(w.tenant, account.subject, Verifier::pin, *account.pin, fresh));
    account.pin = fresh;
    const CardRecord card = w.card();
    REQUIRE(w.accounts.replace(w.tenant, account.subject, account.cards[1], card));
    CHECK(w.accounts.replace(w.tenant, account.subject, account.cards[1], w.card()).error().code == Errc::conflict);
    CHECK(w.accounts.replace(w.tenant, account.subject, card, account.cards[0]).error().code == Errc::already_exists);
    account.cards[1] = card;
    CHECK(w.accounts.find_by_subject(w.tenant, account.subject) == account);
    const SubjectId nobody = SubjectId::make(w.clock, w.random);
    CHECK(w.accounts.replace(w.tenant, nobody, card, w.card()).error().code == Errc::not_found);
}

TEST_CASE("no name stands in the file, and with the subject's key it is gone", "[store]") {
    World w;
    const Account ada = w.account("ada-lovelace");
    REQUIRE(w.accounts.save(ada));
    for (const char* const file : {"db", "db-wal"}) {
        std::ifstream in{w.root / file, std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
        CHECK(bytes.find("ovelace") == std::string::npos);
    }
    w.keys.destroy(ada.subject);
    const auto erased = w.accounts.find_by_subject(w.tenant, ada.subject);
    REQUIRE(erased);
    CHECK(erased->name == "erased-" + ada.subject.text());
    CHECK(erased->display_name == std::nullopt);
    CHECK(w.accounts.list(w.tenant)->size() == 1);
    CHECK(w.accounts.save(ada).error().code == Errc::key_destroyed);
    Account gone = *erased;
    gone.disabled = true;
    gone.password.reset();
    CHECK(w.accounts.save(gone));
    ++gone.revision;
    CHECK(w.accounts.find_by_subject(w.tenant, ada.subject) == gone);
}

TEST_CASE("a row's names put in another's place are not read", "[store]") {
    World w;
    const Account ada = w.account("ada");
    const Account bob = w.account("bob");
    REQUIRE(w.accounts.save(ada));
    REQUIRE(w.accounts.save(bob));
    w.keys.put(bob.subject, w.keys.key(ada.subject).value());
    CHECK(w.accounts.find_by_name(w.tenant, "bob").error().code == Errc::authentication_failed);
    CHECK(w.accounts.find_by_name(w.tenant, "ada") == ada);
}

TEST_CASE("SQL in a name is a name", "[store]") {
    World w;
    const Account account = w.account("x' OR '1'='1'; DROP TABLE account; --");
    REQUIRE(w.accounts.save(account));
    CHECK(w.accounts.find_by_name(w.tenant, account.name) == account);
    CHECK(w.accounts.find_by_name(w.tenant, "' OR 1=1 --").error().code == Errc::not_found);
    CHECK(w.accounts.list(w.tenant)->size() == 1);
}

TEST_CASE("new accounts are added all or none", "[store]") {
    World w;
    const Account ada = w.account("ada");
    REQUIRE(w.accounts.save(ada));
    std::vector<Account> fresh{w.account("bob"), w.account("carol")};
    fresh[1].cards.clear();
    std::vector<Account> clash = fresh;
    clash.push_back(w.account("ada"));
    CHECK(w.accounts.add_all(clash).error().code == Errc::already_exists);
    clash.back() = ada;
    clash.back().name = "dora";
    clash.back().cards.clear();
    CHECK(w.accounts.add_all(clash).error().code == Errc::already_exists);
    clash.back() = w.account("");
    CHECK(w.accounts.add_all(clash).error().code == Errc::malformed);
    CHECK(w.accounts.list(w.tenant) == std::vector{ada});
    REQUIRE(w.accounts.add_all(fresh));
    CHECK(w.accounts.list(w.tenant) == std::vector{ada, fresh[0], fresh[1]});
    CHECK(w.accounts.add_all({}));
}

TEST_CASE("an imported password is kept until it is replaced", "[store]") {
    World w;
    const auth::Pepper pepper{auth::PepperKey::random(w.random)};
    const auto foreign = auth::ForeignHash::parse("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    REQUIRE(foreign);
    Account account = w.account("ada");
    account.password = auth::ImportedHash::of(*foreign, pepper);
    REQUIRE(w.accounts.save(account));
    CHECK(w.accounts.find_by_name(w.tenant, "ada") == account);
    const PhcString fresh = w.verifier();
    CHECK(w.accounts.replace(w.tenant, account.subject, Verifier::password, fresh, fresh).error().code ==
          Errc::conflict);
    REQUIRE(w.accounts.replace(w.tenant, account.subject, Verifier::password, *account.password, fresh));
    CHECK(w.accounts.find_by_name(w.tenant, "ada")->password == auth::StoredPassword{fresh});
}
