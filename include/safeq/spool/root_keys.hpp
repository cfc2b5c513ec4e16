// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/secret.hpp>

namespace safeq::spool {

/// Port: the root keys under which epoch seeds are wrapped, by generation: each destruction makes the next one and
/// destroys the one before. *Threads*: one caller at a time.
class RootKeys {
public:
    virtual ~RootKeys() = default;
    RootKeys(const RootKeys&) = delete;
    RootKeys& operator=(const RootKeys&) = delete;

    /// The generations whose keys are here. *Errors*: those of the place where they are kept.
    [[nodiscard]] virtual Result<std::set<std::uint64_t>> generations() = 0;

    /// Makes a fresh key, durable when this returns; one of that generation that is there already was never used, and
    /// goes.
    [[nodiscard]] virtual Result<void> create(std::uint64_t generation) = 0;

    /// Wraps a secret of any length up to 1 MiB, authenticated. *Errors*: `key_unknown`.
    [[nodiscard]] virtual Result<Bytes> wrap(std::uint64_t generation, ByteView secret) = 0;

    /// *Errors*: `key_unknown`; `authentication_failed` for bytes that this key did not wrap.
    [[nodiscard]] virtual Result<crypto::Secret> unwrap(std::uint64_t generation, ByteView wrapped) = 0;

    /// Destroys the key, durably; one that isn't there is no error.
    [[nodiscard]] virtual Result<void> destroy(std::uint64_t generation) = 0;

    /// Whether a destroyed key is gone for good: it never left hardware. A key in a file may lie in older copies of the
    /// disk.
    [[nodiscard]] virtual bool hardware() const noexcept = 0;

protected:
    RootKeys() = default;
};

}  // namespace safeq::spool
