// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/crypto/foreign_key.hpp>

namespace safeq::token {

/// A key of an identity provider, for its signatures.
struct Jwk {
    std::string id;                               ///< empty: it has none
    std::optional<crypto::ForeignScheme> scheme;  ///< the one that it is for; nothing: any that fits
    crypto::ForeignKey key;
};

/// The keys that an identity provider publishes (RFC 7517, section 5). *Threads*: const and safe everywhere.
class JwkSet final {
public:
    static constexpr std::size_t max_bytes = 64 * 1024;
    static constexpr std::size_t max_keys = 64;

    /// Keys that aren't for verifying signatures, of a kind that isn't known, damaged or weak are left out, and named
    /// in `ignored`: one of them mustn't keep the others from being used. *Errors*: `too_large`, `malformed`,
    /// `too_many`; `duplicate` for two usable keys of one id.
    [[nodiscard]] static Result<JwkSet> parse(std::string_view json);

    [[nodiscard]] const std::vector<Jwk>& keys() const noexcept { return keys_; }
    [[nodiscard]] const std::vector<Error>& ignored() const noexcept { return ignored_; }  ///< for the log

private:
    std::vector<Jwk> keys_;
    std::vector<Error> ignored_;
};

}  // namespace safeq::token
