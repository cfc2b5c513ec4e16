// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::job {

/// SHA-256 of a certificate's SubjectPublicKeyInfo: the same after a renewal with the same key.
using CertificateFingerprint = crypto::Sha256Digest;

/// The device's certificate must hold exactly this key.
struct CertificatePin {
    CertificateFingerprint fingerprint;
    friend bool operator==(const CertificatePin&, const CertificatePin&) = default;
};

/// The device's certificate must lead to this authority and name the host of the device's URI. Where `crl` isn't empty,
/// it holds the revocation list of each authority on the way (PEM), and nothing that they don't cover is trusted.
struct CertificateAuthority {
    std::string pem;  ///< the authority; and authorities that it has issued, of whom there are lists
    std::string crl = {};
    friend bool operator==(const CertificateAuthority&, const CertificateAuthority&) = default;
};

/// How long revocation lists of a device's authorities may be, all together.
inline constexpr std::size_t max_crl_bytes = std::size_t{256} * 1024;

/// A multi-function device, and the terminal that acts for it.
struct Device {
    DeviceId id;
    TenantId tenant;
    std::string name;  ///< for people; unique in the tenant
    std::string uri;   ///< ipps://host[:port]/path
    std::variant<CertificatePin, CertificateAuthority> trust;
    std::optional<CertificateFingerprint>
        terminal;             ///< of the client certificate of its terminal; unique in the tenant
    std::string factor_rule;  ///< as auth::FactorRule writes it, for example "card+pin"
    Time created;

    friend bool operator==(const Device&, const Device&) = default;
};

/// Checks what can be checked without a network: ids, name, an ipps URI with a host, a factor rule that isn't empty,
/// sizes. *Errors*: `invalid_argument`, `too_large`, `control_character`, `invalid_utf8`, each naming the field.
[[nodiscard]] Result<void> check(const Device& device);

/// Where devices are kept. *Threads*: safe from several threads.
class DeviceStore {
public:
    virtual ~DeviceStore() = default;

    /// *Errors*: `already_exists` when the id, the name or the terminal is taken; those of `check`.
    [[nodiscard]] virtual Result<void> add(const Device& device) = 0;
    /// *Errors*: `not_found`, `already_exists`; those of `check`.
    [[nodiscard]] virtual Result<void> update(const Device& device) = 0;
    /// *Errors*: `not_found`.
    [[nodiscard]] virtual Result<Device> find(TenantId tenant, DeviceId id) = 0;
    /// *Errors*: `not_found`.
    [[nodiscard]] virtual Result<Device> find_by_name(TenantId tenant, std::string_view name) = 0;
    /// The device whose terminal shows this certificate. *Errors*: `not_found`.
    [[nodiscard]] virtual Result<Device> find_by_terminal(TenantId tenant, const CertificateFingerprint& terminal) = 0;
    /// All, by name.
    [[nodiscard]] virtual Result<std::vector<Device>> list(TenantId tenant) = 0;
    /// *Errors*: `not_found`.
    [[nodiscard]] virtual Result<void> remove(TenantId tenant, DeviceId id) = 0;

protected:
    DeviceStore() = default;
    DeviceStore(const DeviceStore&) = default;
    DeviceStore& operator=(const DeviceStore&) = default;
};

}  // namespace safeq::job
