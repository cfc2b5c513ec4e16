// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include <safeq/core/random.hpp>
#include <safeq/crypto/password_hash.hpp>
#include <safeq/spool/root_keys.hpp>
#include <safeq/store/file_ops.hpp>

namespace safeq::store {

/// What it costs to try one passphrase, as of 2026: RFC 9106, second recommended option.
inline constexpr crypto::Argon2Cost root_passphrase_2026{.memory_kib = 64 * 1024, .passes = 3, .lanes = 4};

/// A passphrase, from a person or a systemd credential; at least 12 bytes.
struct RootPassphrase {
    crypto::Secret secret;
    crypto::Argon2Cost cost = root_passphrase_2026;
};

/// Root keys in files `root.N` for generation N (0600) of a folder: each as it is, or wrapped (AES-KWP) under a key
/// that Argon2id makes of a passphrase. The two kinds don't pass for one another. *Secrets*: a key is read for each use
/// and wiped. *Source*: docs/formats/epochs_v1.md.
class RootKeyFiles final : public spool::RootKeys {
public:
    /// Makes the folder (0700) if its parent is there. *Errors*: `permission`, `not_found`, `io_failed`;
    /// `weak_parameters` for a passphrase that is too short.
    [[nodiscard]] static Result<std::unique_ptr<RootKeyFiles>> open(const std::filesystem::path& path, Random& random,
                                                                    std::optional<RootPassphrase> passphrase = {},
                                                                    FileOps& ops = system_file_ops());
    ~RootKeyFiles() override;

    [[nodiscard]] Result<std::set<std::uint64_t>> generations() override;
    [[nodiscard]] Result<void> create(std::uint64_t generation) override;
    [[nodiscard]] Result<Bytes> wrap(std::uint64_t generation, ByteView secret) override;
    /// *Errors*: also `malformed` for a file of the other kind or of none; `authentication_failed` for another
    /// passphrase.
    [[nodiscard]] Result<crypto::Secret> unwrap(std::uint64_t generation, ByteView wrapped) override;
    [[nodiscard]] Result<void> destroy(std::uint64_t generation) override;
    [[nodiscard]] bool hardware() const noexcept override { return false; }

private:
    struct Impl;
    explicit RootKeyFiles(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::store
