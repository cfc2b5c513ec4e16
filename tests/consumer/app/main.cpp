// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <safeq/crypto/random.hpp>
#include <safeq/spool/epoch.hpp>
#include <safeq/tls/policy.hpp>

int main() {
    safeq::crypto::SystemRandom random;
    const auto key = safeq::crypto::XwingPrivateKey::generate(random);
    std::printf("epoch %s\n", safeq::spool::EpochId::of(key.public_key()).text().c_str());
    return safeq::tls::find_policy("modern") ? 0 : 1;
}
