// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/token_store.hpp>

#include <atomic>
#include <random>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include <safeq/token/activation.hpp>
#include <safeq/token/print_token.hpp>

#include "support/memory_auth.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using token::TokenKind;
using token::TokenRecord;

namespace {

Time at(std::uint64_t number) { return Time{std::chrono::milliseconds{1'700'000'000'000 + number}}; }

std::string code_of(const Result<void>& result) { return result ? "done" : std::string{name(result.error().code)}; }

}  // namespace

TEST_CASE("tokens survive a restart", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const ManualClock clock{at(0)};
    TokenRecord session{.hash = {random.bytes<32>()},
                        .id = token::TokenId::make(clock, random),
                        .kind = TokenKind::session,
                        .tenant = TenantId::make(clock, random),
                        .subject = SubjectId::make(clock, random),
                        .device = DeviceId::make(clock, random),
                        .label = "",
                        .created = at(0),
                        .idle_deadline = at(100),
                        .expires = at(1'000)};
    TokenRecord print = session;
    print.hash = {random.bytes<32>()};
    print.id = token::TokenId::make(clock, random);
    print.kind = TokenKind::print;
    print.device.reset();
    print.label = "laptop 'quoted'";
    print.idle_deadline.reset();
    print.expires.reset();
    {
        const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
        store::TokenStore tokens{*database};
        REQUIRE(tokens.add(session));
        REQUIRE(tokens.add(print));
        CHECK(tokens.add(print).error().code == Errc::already_exists);
    }
    const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
    store::TokenStore tokens{*database};
    CHECK(tokens.find(session.tenant, session.hash) == session);
    CHECK(tokens.find(TenantId::make(clock, random), session.hash).error().code == Errc::not_found);
    CHECK(tokens.find(print.tenant, print.hash) == print);
    CHECK(tokens.erase_expired(at(99)) == 0u);
    CHECK(tokens.erase_expired(at(100)) == 1u);
    CHECK(tokens.find(session.tenant, session.hash).error().code == Errc::not_found);
    CHECK(tokens.find(print.tenant, print.hash) == print);
}

TEST_CASE("the store agrees with the one in memory", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    std::mt19937_64 engine{11};
    const ManualClock clock{at(0)};
    const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
    store::TokenStore tokens{*database};
    test::MemoryTokenStore memory;
    const std::array tenants{TenantId::make(clock, random), TenantId::make(clock, random)};
    const std::array subjects{SubjectId::make(clock, random), SubjectId::make(clock, random)};
    std::vector<TokenRecord> known;
    std::size_t listed = 0;
    for (int step = 0; step < 600; ++step) {
        const TenantId tenant = tenants[engine() % 2];
        const SubjectId subject = subjects[engine() % 2];
        const TokenKind kind = engine() % 2 == 0 ? TokenKind::session : TokenKind::print;
        const auto known_id = [&] { return known.empty() ? token::TokenId{} : known[engine() % known.size()].id; };
        switch (engine() % 6) {
            case 0:
            case 1: {
                TokenRecord record{.hash = {random.bytes<32>()},
                                   .id = token::TokenId::make(clock, random),
                                   .kind = kind,
                                   .tenant = tenant,
                                   .subject = subject,
                                   .device = std::nullopt,
                                   .device_key = std::nullopt,
                                   .label = "x",
                                   .created = at(engine() % 10),
                                   .idle_deadline = std::nullopt,
                                   .expires = std::nullopt};
                if (engine() % 2 == 0) record.idle_deadline = at(engine() % 1'000);
                if (engine() % 2 == 0) record.expires = at(engine() % 1'000);
                if (engine() % 2 == 0) record.device_key = token::TokenHash{random.bytes<32>()};
                if (!known.empty() && engine() % 8 == 0) record.id = known_id();
                if (!known.empty() && engine() % 8 == 0) record.hash = known[engine() % known.size()].hash;
                if (engine() % 16 == 0) CHECK(code_of(tokens.replace(record)) == code_of(memory.replace(record)));
                else if (engine() % 2 == 0) CHECK(code_of(tokens.add(record)) == code_of(memory.add(record)));
                else CHECK(code_of(tokens.add_within(record, 9)) == code_of(memory.add_within(record, 9)));
                known.push_back(record);
                break;
            }
            case 2: {
                const auto id = known_id();
                const Time deadline = at(engine() % 1'000);
                CHECK(code_of(tokens.slide(tenant, id, deadline)) == code_of(memory.slide(tenant, id, deadline)));
                break;
            }
            case 3: {
                const auto id = known_id();
                CHECK(code_of(tokens.erase(tenant, id)) == code_of(memory.erase(tenant, id)));
                break;
            }
            case 4: {
                const auto list = tokens.list(tenant, subject, kind);
                REQUIRE(list);
                CHECK(*list == *memory.list(tenant, subject, kind));
                listed += list->size();
                break;
            }
            case 5: {
                const Time now = at(engine() % 100);
                CHECK(*tokens.erase_expired(now) == *memory.erase_expired(now));
                break;
            }
        }
    }
    CHECK(listed > 100);
}

TEST_CASE("of a thousand redemptions of one activation link at a time the database lets one succeed", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const ManualClock clock{at(0)};
    const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
    store::TokenStore tokens{*database};
    token::ActivationLinks links{tokens, clock, random};
    const TenantId tenant = TenantId::make(clock, random);
    const auto phone = crypto::SigningKey::generate(random);
    const auto issued =
        links.issue(tenant, SubjectId::make(clock, random), phone.verifying_key(), token::activation_2026);
    REQUIRE(issued);
    const token::RequestToSign request{.method = "POST", .target = "/v1/activate"};
    const auto text = as_text(issued->text.expose());
    const token::ShownActivation shown{
        .text = text,
        .device_key = phone.verifying_key(),
        .proof = token::RequestProof::make_for_activation(phone, text, request, random).value(),
        .request = request};
    const auto stranger = crypto::SigningKey::generate(random);
    CHECK(links
              .redeem({.text = text,
                       .device_key = stranger.verifying_key(),
                       .proof = token::RequestProof::make_for_activation(stranger, text, request, random).value(),
                       .request = request},
                      tenant)
              .error()
              .code == Errc::denied);
    std::atomic<int> redeemed = 0;
    std::atomic<int> refused = 0;
    std::atomic<bool> go = false;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 1000; ++i) {
            threads.emplace_back([&] {
                go.wait(false);
                const auto result = links.redeem(shown, tenant);
                if (result) ++redeemed;
                else if (result.error().code == Errc::credential_wrong) ++refused;
            });
        }
        go = true;
        go.notify_all();
    }
    CHECK(redeemed == 1);
    CHECK(refused == 999);
}

TEST_CASE("of links and print tokens that are issued at a time the database keeps no more than one person may have",
          "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const ManualClock clock{at(0)};
    const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
    store::TokenStore tokens{*database};
    token::ActivationLinks links{tokens, clock, random};
    token::PrintTokens prints{tokens, clock, random};
    const TenantId tenant = TenantId::make(clock, random);
    const SubjectId alice = SubjectId::make(clock, random);
    const auto phone = crypto::SigningKey::generate(random).verifying_key();
    std::atomic<int> linked = 0;
    std::atomic<int> issued = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                for (int k = 0; k < 10; ++k) {
                    if (links.issue(tenant, alice, phone, token::activation_2026)) ++linked;
                    const auto result = prints.issue(tenant, alice, "laptop");
                    if (result) ++issued;
                    else if (result.error().code == Errc::too_many) ++refused;
                }
            });
    }
    CHECK(linked == 80);
    CHECK(issued == 32);
    CHECK(refused == 48);
    CHECK(tokens.list(tenant, alice, TokenKind::activation)->size() == 1);
    CHECK(tokens.list(tenant, alice, TokenKind::print)->size() == 32);
}

TEST_CASE("what is good at one device alone goes with it, of its tenant only", "[store]") {
    const test::TemporaryFolder root;
    test::SeededRandom random;
    const ManualClock clock{at(0)};
    const auto database = *store::Database::open(root / "db", store::Database::Purpose::release);
    store::TokenStore tokens{*database};
    const TenantId tenant = TenantId::make(clock, random), other_tenant = TenantId::make(clock, random);
    const DeviceId device = DeviceId::make(clock, random), other_device = DeviceId::make(clock, random);
    const auto add = [&](TenantId of, std::optional<DeviceId> where) {
        const TokenRecord record{.hash = {random.bytes<32>()},
                                 .id = token::TokenId::make(clock, random),
                                 .kind = where ? TokenKind::session : TokenKind::print,
                                 .tenant = of,
                                 .subject = SubjectId::make(clock, random),
                                 .device = where,
                                 .label = {},
                                 .created = at(0)};
        REQUIRE(tokens.add(record));
        return record;
    };
    const TokenRecord first = add(tenant, device), second = add(tenant, device);
    const std::array stay{add(tenant, other_device), add(other_tenant, device), add(tenant, std::nullopt)};
    CHECK(tokens.erase_at(tenant, device) == std::size_t{2});
    CHECK(tokens.find(tenant, first.hash).error().code == Errc::not_found);
    CHECK(tokens.find(tenant, second.hash).error().code == Errc::not_found);
    for (const TokenRecord& record : stay) CHECK(tokens.find(record.tenant, record.hash) == record);
    CHECK(tokens.erase_at(tenant, device) == std::size_t{0});
}
