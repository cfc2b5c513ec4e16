// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/derive.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t max_name_bytes = 64, max_purpose_bytes = 200, max_rsa_bits = 16384, max_ec_bits = 384;

/// Policy with the memory that its table looks into.
struct OwnedPolicy {
    std::string name, purpose;
    std::vector<Version> versions;
    std::vector<Suite> suites;
    std::vector<Group> groups;
    std::vector<SignatureScheme> schemes;
    Policy policy;

    explicit OwnedPolicy(const PolicyTable& t)
        : name{t.name},
          purpose{t.purpose},
          versions{t.versions.begin(), t.versions.end()},
          suites{t.suites.begin(), t.suites.end()},
          groups{t.groups.begin(), t.groups.end()},
          schemes{t.signature_schemes.begin(), t.signature_schemes.end()},
          policy{looking_inside(t)} {}
    OwnedPolicy(const OwnedPolicy&) = delete;
    OwnedPolicy& operator=(const OwnedPolicy&) = delete;

private:
    PolicyTable looking_inside(PolicyTable t) const noexcept {
        t.name = t.alias = name;
        t.purpose = purpose;
        t.versions = versions;
        t.suites = suites;
        t.groups = groups;
        t.signature_schemes = schemes;
        return t;
    }
};

std::shared_ptr<const Policy> own(const PolicyTable& table) {
    const auto owned = std::make_shared<const OwnedPolicy>(table);
    return {owned, &owned->policy};
}

bool allows_static_rsa(const Policy& policy) {
    return std::ranges::any_of(policy.suites(), [](const Suite& s) { return !s.forward_secrecy(); });
}

/// Why something isn't there: it is broken, unknown, already gone, or the base never had it.
template <class T>
Error absent(std::string_view kind, std::string_view name, const Policy& base, std::span<const T> of_base,
             std::span<const T> catalogue) {
    const auto named = [&](const T& entry) { return entry.name == name; };
    std::string detail;
    if (std::ranges::any_of(of_base, named)) detail = "it has been taken away already";
    else if (std::ranges::any_of(catalogue, named)) detail = fmt::format("{} doesn't have it", base.name());
    else detail = "no policy has one of that name; write the IANA name";
    return {Errc::not_found, fmt::format("{} {}", kind, escape_for_log(name, 80)), std::move(detail)};
}

template <class T>
Result<void> remove_entry(std::vector<T>& list, std::string_view kind, std::string_view name, const Policy& base,
                          std::span<const T> of_base, std::span<const T> catalogue) {
    if (std::erase_if(list, [&](const T& entry) { return entry.name == name; }) == 0)
        return std::unexpected{absent(kind, name, base, of_base, catalogue)};
    return {};
}

template <class T>
Result<void> put_first(std::vector<T>& list, std::string_view kind, const std::vector<std::string_view>& names,
                       const Policy& base, std::span<const T> of_base, std::span<const T> catalogue) {
    std::vector<T> first;
    std::vector<T> rest = list;
    for (const std::string_view name : names) {
        const auto at = std::ranges::find(rest, name, &T::name);
        if (at == rest.end()) {
            if (std::ranges::find(first, name, &T::name) != first.end())
                return fail(Errc::duplicate, fmt::format("{} {}", kind, name), "it stands twice in this order");
            return std::unexpected{absent(kind, name, base, of_base, catalogue)};
        }
        first.push_back(*at);
        rest.erase(at);
    }
    first.insert(first.end(), rest.begin(), rest.end());
    list = std::move(first);
    return {};
}

Result<void> raise(std::size_t& minimum, std::size_t to, std::size_t most, std::string_view what) {
    if (to < minimum)
        return fail(Errc::tls_policy_too_weak, std::string{what},
                    fmt::format("{} is under the present minimum of {}; a minimum can only be raised", to, minimum));
    if (to > most)
        return fail(Errc::tls_policy_too_weak, std::string{what},
                    fmt::format("{} is over {}: no key would pass", to, most));
    minimum = to;
    return {};
}

Result<void> lower(std::chrono::seconds& maximum, std::chrono::seconds to, std::string_view what) {
    if (to.count() < 0 || to > maximum)
        return fail(
            Errc::tls_policy_too_weak, std::string{what},
            fmt::format("{} is over the present maximum of {}; it can only be lowered", to.count(), maximum.count()));
    maximum = to;
    return {};
}

}  // namespace

Derivation::Derivation(const Policy& base)
    : base_{&base},
      purpose_{base.purpose()},
      versions_{base.versions().begin(), base.versions().end()},
      suites_{base.suites().begin(), base.suites().end()},
      groups_{base.groups().begin(), base.groups().end()},
      schemes_{base.signature_schemes().begin(), base.signature_schemes().end()},
      min_rsa_bits_{base.min_rsa_bits()},
      min_ec_bits_{base.min_ec_bits()},
      tickets_{base.tickets()} {}

Result<void> Derivation::set_name(std::string_view name) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (name.empty() || name.size() > max_name_bytes || !std::ranges::all_of(name, fits) || name[0] < 'a')
        return fail(Errc::malformed, "name", "1 to 64 of a-z, 0-9 and -, beginning with a letter");
    if (find_policy(name)) return fail(Errc::already_exists, "name", "a dated policy is called so; choose another");
    name_ = name;
    return {};
}

Result<void> Derivation::set_purpose(std::string_view purpose) {
    SAFEQ_TRY_VOID(check_name(purpose, max_purpose_bytes, "purpose"));
    if (purpose.empty() || purpose.front() == ' ' || purpose.back() == ' ' || purpose.find("  ") != purpose.npos)
        return fail(Errc::malformed, "purpose", "words set apart by one space each");
    purpose_ = purpose;
    return {};
}

Result<void> Derivation::remove_suite(std::string_view name) {
    return remove_entry(suites_, "suite", name, *base_, base_->suites(), obsolete_mfd_2026.suites());
}

Result<void> Derivation::remove_group(std::string_view name) {
    return remove_entry(groups_, "group", name, *base_, base_->groups(), obsolete_mfd_2026.groups());
}

Result<void> Derivation::remove_signature(std::string_view name) {
    return remove_entry(schemes_, "signature", name, *base_, base_->signature_schemes(),
                        obsolete_mfd_2026.signature_schemes());
}

std::size_t Derivation::forbid(Hash hash) {
    return std::erase_if(suites_, [&](const Suite& s) { return s.hash == hash; }) +
           std::erase_if(schemes_, [&](const SignatureScheme& s) { return s.hash == hash; });
}

std::size_t Derivation::forbid(CertificateKey kind) {
    const bool rsa = kind == CertificateKey::rsa;
    return std::erase_if(suites_,
                         [&](const Suite& s) {
                             switch (s.key_exchange) {
                                 case KeyExchange::tls13: return false;
                                 case KeyExchange::ecdhe_ecdsa: return !rsa;
                                 case KeyExchange::ecdhe_rsa:
                                 case KeyExchange::rsa: return rsa;
                             }
                             return false;
                         }) +
           std::erase_if(schemes_, [&](const SignatureScheme& s) { return s.rsa == rsa; });
}

Result<void> Derivation::order_suites(const std::vector<std::string_view>& names) {
    return put_first(suites_, "suite", names, *base_, base_->suites(), obsolete_mfd_2026.suites());
}

Result<void> Derivation::order_groups(const std::vector<std::string_view>& names) {
    return put_first(groups_, "group", names, *base_, base_->groups(), obsolete_mfd_2026.groups());
}

Result<void> Derivation::order_signatures(const std::vector<std::string_view>& names) {
    return put_first(schemes_, "signature", names, *base_, base_->signature_schemes(),
                     obsolete_mfd_2026.signature_schemes());
}

Result<void> Derivation::raise_version(Version lowest) {
    if (std::ranges::all_of(base_->versions(), [&](Version v) { return v > lowest; }))
        return fail(Errc::tls_policy_too_weak, "version", "the base begins higher; a minimum can only be raised");
    std::erase_if(versions_, [&](Version v) { return v < lowest; });
    std::erase_if(suites_, [&](const Suite& s) { return s.version < lowest; });
    return {};
}

Result<void> Derivation::raise_level(Level lowest) {
    std::erase_if(suites_, [&](const Suite& s) { return s.level < lowest; });
    const auto older = [](const Suite& s) { return s.version == Version::v1_2; };
    if (std::ranges::none_of(suites_, older)) std::erase(versions_, Version::v1_2);
    return {};
}

Result<void> Derivation::raise_rsa_bits(std::size_t bits) {
    return raise(min_rsa_bits_, bits, max_rsa_bits, "rsa-bits");
}

Result<void> Derivation::raise_ec_bits(std::size_t bits) { return raise(min_ec_bits_, bits, max_ec_bits, "ec-bits"); }

Result<void> Derivation::lower_ticket_lifetime(std::chrono::seconds lifetime) {
    const bool some = tickets_.lifetime.count() != 0;
    SAFEQ_TRY_VOID(lower(tickets_.lifetime, lifetime, "ticket-seconds"));
    if (some && lifetime.count() == 0) tickets_ = TicketRule{};
    return {};
}

Result<void> Derivation::lower_ticket_key_lifetime(std::chrono::seconds lifetime) {
    return lower(tickets_.key_lifetime, lifetime, "ticket-key-seconds");
}

PolicyTable Derivation::table() const noexcept {
    return {.name = name_,
            .alias = name_,
            .purpose = purpose_,
            .versions = versions_,
            .suites = suites_,
            .groups = groups_,
            .signature_schemes = schemes_,
            .min_rsa_bits = min_rsa_bits_,
            .exception_only = base_->exception_only(),
            .min_ec_bits = min_ec_bits_,
            .tickets = tickets_,
            .extended_master_secret = base_->extended_master_secret(),
            .master_secret_reason = base_->master_secret_reason(),
            .secure_renegotiation = base_->secure_renegotiation(),
            .renegotiation_reason = base_->renegotiation_reason(),
            .rsa_reason = base_->rsa_reason(),
            .ec_reason = base_->ec_reason(),
            .base = base_->name()};
}

PolicyFault Derivation::fault() const noexcept { return check(Policy{table()}, allows_static_rsa(*base_)); }

Result<std::shared_ptr<const Policy>> Derivation::finish() const {
    if (name_.empty()) return fail(Errc::invalid_argument, "TLS policy", "it has no name");
    if (const PolicyFault found = fault(); found != PolicyFault::none)
        return fail(Errc::tls_policy_too_weak, name_, std::string{explain(found)});
    return own(table());
}

Result<std::shared_ptr<const Policy>> without_tls13(const Policy& policy) {
    Derivation narrowed{policy};
    narrowed.name_ = std::string{policy.name()} + "+no-tls1.3";
    std::erase(narrowed.versions_, Version::v1_3);
    std::erase_if(narrowed.suites_, [](const Suite& s) { return s.version == Version::v1_3; });
    std::erase_if(narrowed.groups_, [](const Group& g) { return g.post_quantum; });
    PolicyTable table = narrowed.table();
    table.exception_only = true;
    if (!policy.base().empty()) table.base = find_policy(policy.base()).value()->name();
    if (const PolicyFault found = check(Policy{table}, allows_static_rsa(policy)); found != PolicyFault::none)
        return fail(Errc::tls_policy_too_weak, narrowed.name_,
                    "without TLS 1.3 nothing sound is left: " + std::string{explain(found)});
    return own(table);
}

}  // namespace safeq::tls
