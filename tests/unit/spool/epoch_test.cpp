// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/epoch.hpp>

#include <safeq/crypto/hash.hpp>
#include <safeq/spool/intakes.hpp>

#include <atomic>
#include <thread>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;

TEST_CASE("an epoch is named by the hash of its public key") {
    const World world;
    CHECK(same_bytes(world.epoch_id.bytes, crypto::sha256(world.epoch)));
    const std::string text = world.epoch_id.text();
    CHECK(text.size() == 64);
    CHECK(spool::EpochId::parse(text) == world.epoch_id);
    CHECK(code_of(spool::EpochId::parse(text.substr(2))) == Errc::malformed);
    CHECK(code_of(spool::EpochId::parse(std::string(64, 'g'))) == Errc::malformed);
    CHECK(code_of(spool::EpochId::parse("AB" + text.substr(2))) == Errc::not_canonical);
}

TEST_CASE("a ring gives keys until they are destroyed, and never again") {
    World world;
    const spool::EpochPublicKey second = world.add_epoch();
    const spool::EpochId id = spool::EpochId::of(second);
    CHECK(world.epochs.epochs().size() == 2);
    const auto key = world.epochs.opening_key(id);
    REQUIRE(key);
    CHECK((*key)->public_key() == second);
    CHECK(world.epochs.add(crypto::XwingPrivateKey::from_seed((*key)->seed().clone())) == id);

    CHECK(code_of(world.epochs.opening_key(spool::EpochId{})) == Errc::epoch_unknown);
    world.epochs.destroy(id);
    CHECK(code_of(world.epochs.opening_key(id)) == Errc::key_destroyed);
    CHECK(world.epochs.epochs() == std::vector{world.epoch_id});
    CHECK(code_of(world.epochs.add(crypto::XwingPrivateKey::from_seed((*key)->seed().clone()))) == Errc::key_destroyed);

    world.epochs.destroy(spool::EpochId{});
    CHECK(code_of(world.epochs.opening_key(spool::EpochId{})) == Errc::key_destroyed);
    CHECK(world.epochs.opening_key(world.epoch_id));
}

TEST_CASE("a ring is used from several threads") {
    World world;
    std::vector<spool::EpochId> ids;
    for (int i = 0; i < 8; ++i) ids.push_back(spool::EpochId::of(world.add_epoch()));
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (const spool::EpochId& id : ids) {
                    const auto key = world.epochs.opening_key(id);
                    if (key ? spool::EpochId::of((*key)->public_key()) != id : key.error().code != Errc::key_destroyed)
                        ++wrong;
                    world.epochs.destroy(id);
                }
            });
        }
    }
    CHECK(wrong == 0);
    CHECK(world.epochs.epochs() == std::vector{world.epoch_id});
}

TEST_CASE("only intakes of ours have keys") {
    World world;
    CHECK(world.intakes.verifying_key(world.header.intake) == world.intake_key.verifying_key());
    CHECK(code_of(world.intakes.verifying_key(InstanceId{})) == Errc::key_unknown);
    const crypto::SigningKey other = crypto::SigningKey::generate(world.random);
    world.intakes.set(world.header.intake, other.verifying_key());
    CHECK(world.intakes.verifying_key(world.header.intake) == other.verifying_key());
    world.intakes.remove(world.header.intake);
    CHECK(code_of(world.intakes.verifying_key(world.header.intake)) == Errc::key_unknown);
}
