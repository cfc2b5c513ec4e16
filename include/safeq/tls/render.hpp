// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <safeq/core/error.hpp>
#include <safeq/tls/policy.hpp>

namespace safeq::tls {

/// Whose words a policy is put into, for programs and libraries that bring a TLS of their own.
enum class RenderTarget { openssl, gnutls, botan };

/// Which groups are written: versions of OpenSSL before 3.5, and GnuTLS built without ML-KEM, know no hybrid ones and
/// refuse the whole string for them.
enum class RenderGroups { all, classical };

/// The settings of an OpenSSL context, each with the name that `SSL_CONF_cmd` and openssl.cnf give it.
struct OpensslSettings {
    std::string min_protocol, max_protocol;
    std::string cipher_string;  ///< of TLS 1.2; empty where there is none
    std::string ciphersuites;   ///< of TLS 1.3; empty where there is none
    std::string groups, signature_algorithms;

    friend bool operator==(const OpensslSettings&, const OpensslSettings&) = default;
};

/// Exactly the policy's suites, in its order. *Errors*: `unsupported` when no group is left to write.
[[nodiscard]] Result<OpensslSettings> openssl_settings(const Policy& policy, RenderGroups groups);

/// A priority string that names everything and starts from nothing. *Errors*: `unsupported` when no group is left to
/// write; and when GnuTLS, which takes ciphers, MACs and key exchanges apart, would make suites of them that the policy
/// doesn't have: the detail names one.
[[nodiscard]] Result<std::string> gnutls_priority(const Policy& policy, RenderGroups groups);

/// The text of a Botan `Text_Policy`. It was read back and gave the policy's suites, groups and signatures, no more and
/// no less. *Errors*: `unsupported` as for GnuTLS.
[[nodiscard]] Result<std::string> botan_policy(const Policy& policy, RenderGroups groups);

/// The same as lines to copy: for OpenSSL those of a section of openssl.cnf, for GnuTLS the priority string.
[[nodiscard]] Result<std::string> render(const Policy& policy, RenderTarget target, RenderGroups groups);

}  // namespace safeq::tls
