// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/error.hpp>
#include <safeq/tls/policy.hpp>

namespace safeq::tls {

/// What kind of key a certificate has.
enum class CertificateKey { rsa, ecdsa };

/// A policy on its way from a dated one to an operator's own: each step takes something away, reorders or raises a
/// minimum; none can widen the base. The steps may pass through states that break the floor; `finish` doesn't let them
/// out. *Errors* of all steps: `not_found` for what the policy (no longer) has, `tls_policy_too_weak` for what the base
/// doesn't allow; the detail is a sentence for the operator. *Threads*: one at a time.
class Derivation final {
public:
    /// *Requires*: `base` is one of the dated policies.
    explicit Derivation(const Policy& base);

    /// 1 to 64 of `a-z 0-9 -`, beginning with a letter; not the name or alias of a dated policy.
    /// *Errors* besides: `malformed`, `already_exists`.
    [[nodiscard]] Result<void> set_name(std::string_view name);
    /// One line of text, at most 200 bytes, words set apart by single spaces. *Errors* besides: `malformed`; those of
    /// `check_name`.
    [[nodiscard]] Result<void> set_purpose(std::string_view purpose);

    /// Takes the entry of this IANA name.
    /// @{
    [[nodiscard]] Result<void> remove_suite(std::string_view name);
    [[nodiscard]] Result<void> remove_group(std::string_view name);
    [[nodiscard]] Result<void> remove_signature(std::string_view name);
    /// @}

    /// Takes every suite and signature scheme that uses the hash; tells how many that were.
    std::size_t forbid(Hash hash);
    /// Takes every suite and signature scheme that needs certificates with such keys; tells how many that were.
    std::size_t forbid(CertificateKey kind);

    /// Puts those first, in that order; the others follow in theirs. Suites stay in order of level for their version,
    /// and hybrid groups before classical ones: `finish` sees to it. *Errors* besides: `duplicate`.
    /// @{
    [[nodiscard]] Result<void> order_suites(const std::vector<std::string_view>& names);
    [[nodiscard]] Result<void> order_groups(const std::vector<std::string_view>& names);
    [[nodiscard]] Result<void> order_signatures(const std::vector<std::string_view>& names);
    /// @}

    /// Takes the versions below with their suites.
    [[nodiscard]] Result<void> raise_version(Version lowest);
    /// Takes the suites of lower levels, and TLS 1.2 when none of its suites is left.
    [[nodiscard]] Result<void> raise_level(Level lowest);
    [[nodiscard]] Result<void> raise_rsa_bits(std::size_t bits);  ///< at most 16384
    [[nodiscard]] Result<void> raise_ec_bits(std::size_t bits);   ///< at most 384, the largest curve
    /// 0: no tickets.
    [[nodiscard]] Result<void> lower_ticket_lifetime(std::chrono::seconds lifetime);
    /// At least twice the lifetime of a ticket, else `finish` refuses.
    [[nodiscard]] Result<void> lower_ticket_key_lifetime(std::chrono::seconds lifetime);

    /// What stands between the present state and a policy.
    [[nodiscard]] PolicyFault fault() const noexcept;

    /// The policy, which owns what it consists of. *Errors*: `invalid_argument` without a name; `tls_policy_too_weak`
    /// with the broken rule.
    [[nodiscard]] Result<std::shared_ptr<const Policy>> finish() const;

private:
    [[nodiscard]] PolicyTable table() const noexcept;
    friend Result<std::shared_ptr<const Policy>> without_tls13(const Policy& policy);

    const Policy* base_;
    std::string name_, purpose_;
    std::vector<Version> versions_;
    std::vector<Suite> suites_;
    std::vector<Group> groups_;
    std::vector<SignatureScheme> schemes_;
    std::size_t min_rsa_bits_, min_ec_bits_;
    TicketRule tickets_;
};

/// The policy for a device that hangs when it is offered TLS 1.3: TLS 1.2 alone, without the groups that only TLS 1.3
/// has; its name ends in "+no-tls1.3". It is `exception_only`. *Errors*: `tls_policy_too_weak` where nothing is left,
/// as of modern-2026.
[[nodiscard]] Result<std::shared_ptr<const Policy>> without_tls13(const Policy& policy);

}  // namespace safeq::tls
