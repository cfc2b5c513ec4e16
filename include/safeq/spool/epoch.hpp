// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/hpke.hpp>

namespace safeq::spool {

/// The public half of an epoch's key: what an intake seals document keys to.
using EpochPublicKey = crypto::XwingPublicKey;

/// Which epoch: SHA-256 of its public key.
struct EpochId {
    std::array<std::byte, 32> bytes{};

    /// The epoch of this key.
    [[nodiscard]] static EpochId of(const EpochPublicKey& key);

    /// 64 lower-case hexadecimal digits.
    [[nodiscard]] std::string text() const;
    /// Accepts exactly what `text()` writes. *Errors*: `malformed`, `not_canonical`.
    [[nodiscard]] static Result<EpochId> parse(std::string_view text);

    friend bool operator==(const EpochId&, const EpochId&) = default;
    friend std::strong_ordering operator<=>(const EpochId&, const EpochId&) = default;
};

/// Port: the opening keys that the release tier holds. *Threads*: safe from several threads.
class EpochKeys {
public:
    virtual ~EpochKeys() = default;
    EpochKeys(const EpochKeys&) = delete;
    EpochKeys& operator=(const EpochKeys&) = delete;

    /// The private key of that epoch. *Errors*: `epoch_unknown`; `key_destroyed` when it is known to have been
    /// destroyed; those of the storage behind it.
    [[nodiscard]] virtual Result<std::shared_ptr<const crypto::XwingPrivateKey>> opening_key(const EpochId& epoch) = 0;

protected:
    EpochKeys() = default;
};

/// Opening keys in memory, by epoch. *Threads*: safe from several threads.
/// *Secrets*: a destroyed key is wiped when the last reader that is just opening a file lets go of it.
class EpochRing final : public EpochKeys {
public:
    EpochRing() = default;

    /// Takes a key in and returns its epoch. *Errors*: `key_destroyed` for an epoch that was destroyed here: what is
    /// gone doesn't come back. A key that is in already is no error.
    [[nodiscard]] Result<EpochId> add(crypto::XwingPrivateKey key);

    /// Forgets the key and remembers that it is destroyed, whether or not it was here; where it was, that needs no
    /// memory.
    void destroy(const EpochId& epoch);

    [[nodiscard]] Result<std::shared_ptr<const crypto::XwingPrivateKey>> opening_key(const EpochId& epoch) override;

    /// The epochs whose keys are here, in ascending order.
    [[nodiscard]] std::vector<EpochId> epochs() const;

private:
    mutable std::mutex mutex_;
    // A null key is a destroyed one.
    std::map<EpochId, std::shared_ptr<const crypto::XwingPrivateKey>> keys_;
};

}  // namespace safeq::spool
