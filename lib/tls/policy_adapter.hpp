// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <botan/credentials_manager.h>
#include <botan/tls_policy.h>

#include <safeq/tls/credentials.hpp>
#include <safeq/tls/policy.hpp>
#include <safeq/tls/session.hpp>

namespace safeq::tls {

/// One of our policies, as the backend asks for it. Made once for each context.
class PolicyAdapter final : public Botan::TLS::Policy {
public:
    PolicyAdapter(PolicyRef policy, ClientAuth client_auth, bool tickets = false);

    std::vector<std::string> allowed_ciphers() const override { return ciphers_; }
    std::vector<std::string> allowed_macs() const override { return macs_; }
    std::vector<std::string> allowed_key_exchange_methods() const override { return key_exchanges_; }
    std::vector<std::string> allowed_signature_hashes() const override { return hashes_; }
    std::vector<std::string> allowed_signature_methods() const override { return signature_methods_; }
    std::vector<Botan::TLS::Signature_Scheme> allowed_signature_schemes() const override;
    std::vector<Botan::TLS::Signature_Scheme> acceptable_signature_schemes() const override;
    std::vector<Botan::TLS::Group_Params> key_exchange_groups() const override { return groups_; }
    std::vector<Botan::TLS::Group_Params> key_exchange_groups_to_offer() const override;
    Botan::TLS::Group_Params choose_key_exchange_group(
        const std::vector<Botan::TLS::Group_Params>& supported_by_peer,
        const std::vector<Botan::TLS::Group_Params>& offered_by_peer) const override;
    bool acceptable_ciphersuite(const Botan::TLS::Ciphersuite& suite) const override;
    std::vector<std::uint16_t> ciphersuite_list(Botan::TLS::Protocol_Version version) const override;
    std::size_t minimum_rsa_bits() const override { return policy_->min_rsa_bits(); }
    std::size_t minimum_ecdsa_group_size() const override { return policy_->min_ec_bits(); }

    bool allow_tls12() const override { return policy_->allows(Version::v1_2); }
    bool allow_tls13() const override { return policy_->allows(Version::v1_3); }
    bool allow_dtls12() const override { return false; }

    bool server_uses_own_ciphersuite_preferences() const override { return true; }
    bool negotiate_encrypt_then_mac() const override { return true; }
    bool require_extended_master_secret() const override { return policy_->extended_master_secret(); }
    bool include_time_in_hello_random() const override { return false; }
    bool allow_ssl_key_log_file() const override { return false; }

    bool allow_insecure_renegotiation() const override { return false; }
    bool allow_client_initiated_renegotiation() const override { return false; }
    bool allow_server_initiated_renegotiation() const override { return false; }
    bool abort_connection_on_undesired_renegotiation() const override { return true; }
    bool allow_resumption_for_renegotiation() const override { return false; }
    std::size_t new_session_tickets_upon_handshake_success() const override { return tickets_ ? 1 : 0; }
    std::chrono::seconds session_ticket_lifetime() const override { return policy_->tickets().lifetime; }

    bool require_cert_revocation_info() const override { return false; }  // our own check decides, by the anchors
    bool support_cert_status_message() const override { return false; }
    bool require_client_certificate_authentication() const override { return client_auth_ == ClientAuth::required; }
    bool request_client_certificate_authentication() const override { return client_auth_ == ClientAuth::required; }

    std::size_t maximum_handshake_message_size() const override { return 64 * 1024; }
    std::size_t maximum_certificate_chain_size() const override { return 32 * 1024; }
    // Measured by the backend's own steady clock; a peer that keeps the rules updates once in many gigabytes.
    std::uint64_t minimum_key_update_interval_ms() const override { return 1000; }

private:
    PolicyRef policy_;
    ClientAuth client_auth_;
    bool tickets_;
    std::vector<std::string> ciphers_, macs_, key_exchanges_, hashes_, signature_methods_;
    std::vector<Botan::TLS::Group_Params> groups_;
};

/// Our credentials and trust, as the backend asks for them. Made once for each context.
class CredentialsAdapter final : public Botan::Credentials_Manager {
public:
    CredentialsAdapter(std::shared_ptr<const Credentials> own, std::shared_ptr<const TrustAnchors> anchors)
        : own_{std::move(own)}, anchors_{std::move(anchors)} {}

    std::vector<Botan::Certificate_Store*> trusted_certificate_authorities(const std::string& type,
                                                                           const std::string& context) override;
    std::vector<Botan::X509_Certificate> find_cert_chain(const std::vector<std::string>& key_types,
                                                         const std::vector<Botan::AlgorithmIdentifier>& schemes,
                                                         const std::vector<Botan::X509_DN>& authorities,
                                                         const std::string& type, const std::string& context) override;
    std::shared_ptr<Botan::Private_Key> private_key_for(const Botan::X509_Certificate& certificate,
                                                        const std::string& type, const std::string& context) override;

private:
    std::shared_ptr<const Credentials> own_;
    std::shared_ptr<const TrustAnchors> anchors_;
};

}  // namespace safeq::tls
