// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include <safeq/crypto/sign.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/spool/epoch_list.hpp>

namespace safeq::service {

/// Port: where the seeds of epoch keys are kept. *Threads*: one caller at a time.
class EpochSeeds {
public:
    virtual ~EpochSeeds() = default;
    /// The public entries of all epochs that are alive, by `not_before`.
    [[nodiscard]] virtual Result<std::vector<spool::EpochKeyEntry>> list() = 0;
    /// Makes a key, durable and ready for opening when it returns.
    [[nodiscard]] virtual Result<spool::EpochId> create(Time not_before, Time not_after) = 0;
    /// Destroys the key; documents of its epoch can't be opened by anyone afterwards. Idempotent.
    [[nodiscard]] virtual Result<void> destroy(const spool::EpochId& epoch) = 0;

protected:
    EpochSeeds() = default;
    EpochSeeds(const EpochSeeds&) = default;
    EpochSeeds& operator=(const EpochSeeds&) = default;
};

/// How epochs follow one another.
struct EpochRules {
    std::chrono::milliseconds length;   ///< so long new documents are sealed to one
    std::chrono::milliseconds overlap;  ///< the next one begins so long before
    std::chrono::milliseconds hold;     ///< the longest that a document waits; then the key is destroyed
};

/// A day each, an hour of overlap.
[[nodiscard]] constexpr EpochRules epoch_rules_2026(std::chrono::milliseconds hold) {
    return {.length = std::chrono::hours{25}, .overlap = std::chrono::hours{1}, .hold = hold};
}

/// Keeps a tenant's epochs: makes the next in time, destroys those whose documents are all gone, and signs the list
/// that the intakes seal to. *Threads*: safe from several threads.
class EpochKeeper final {
public:
    struct Parts {
        TenantId tenant;
        EpochSeeds& seeds;
        const crypto::SigningKey& signer;
        std::string signer_name;
        Recorder& recorder;
        const Clock& clock;
        EpochRules rules;
    };

    explicit EpochKeeper(Parts parts) : parts_{std::move(parts)} {}

    /// Makes and destroys what is due; to be called at start and every few minutes. A destruction is recorded first.
    [[nodiscard]] Result<void> tick();

    /// The signed list as of now. Its sequence is the time, so a later list has a higher one.
    [[nodiscard]] Result<std::string> signed_list();

private:
    Parts parts_;
    std::mutex mutex_;
    std::uint64_t last_sequence_ = 0;
};

}  // namespace safeq::service
