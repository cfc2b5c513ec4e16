// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <botan/tls_alert.h>
#include <botan/tls_callbacks.h>

#include <safeq/core/clock.hpp>
#include <safeq/tls/session.hpp>

namespace safeq::tls {

/// What the backend calls back to during one session; holds the session's buffers and what is known of the peer.
///
/// The gate stands here: plaintext goes into `plaintext` only when the backend said that the session is established
/// and activated, and the peer's chain passed our own check where one is demanded (CVE-2026-34582 was a backend that
/// thought otherwise).
class Hooks final : public Botan::TLS::Callbacks {
public:
    Hooks(std::shared_ptr<const ServerContext> server, const Clock& clock)
        : server_{std::move(server)}, clock_{clock} {}
    Hooks(std::shared_ptr<const ClientContext> client, const Clock& clock)
        : client_{std::move(client)}, clock_{clock} {}

    Bytes outgoing;
    Bytes plaintext;
    std::optional<Error> failure;                 ///< our own verdict, before the backend's
    std::optional<Botan::TLS::Alert> peer_alert;  ///< a fatal one
    bool peer_closed = false;
    Peer peer;

    [[nodiscard]] bool gate_open() const noexcept {
        return established_ && activated_ && (!peer_must_prove() || verified_);
    }
    /// Whether this end insists on a certificate: every client does, and servers with mutual authentication.
    [[nodiscard]] bool peer_must_prove() const noexcept;
    [[nodiscard]] bool peer_showed_nothing() const noexcept {
        return peer_must_prove() && !verified_ && empty_certificate_;
    }

    void tls_emit_data(std::span<const std::uint8_t> data) override;
    void tls_record_received(std::uint64_t number, std::span<const std::uint8_t> data) override;
    void tls_alert(Botan::TLS::Alert alert) override;
    void tls_session_established(const Botan::TLS::Session_Summary& summary) override;
    void tls_session_activated() override;
    bool tls_peer_closed_connection() override { return false; }
    bool tls_should_persist_resumption_information(const Botan::TLS::Session&) override { return may_resume(); }
    void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>& chain,
                               const std::vector<std::optional<Botan::OCSP::Response>>& ocsp,
                               const std::vector<Botan::Certificate_Store*>& trusted, Botan::Usage_Type usage,
                               std::string_view hostname, const Botan::TLS::Policy& policy) override;
    void tls_inspect_handshake_msg(const Botan::TLS::Handshake_Message& message) override;
    Botan::secure_vector<std::uint8_t> tls_ephemeral_key_agreement(
        const std::variant<Botan::TLS::Group_Params, Botan::DL_Group>& group,
        const Botan::PK_Key_Agreement_Key& private_key, const std::vector<std::uint8_t>& public_value,
        Botan::RandomNumberGenerator& random, const Botan::TLS::Policy& policy) override;
    std::string tls_server_choose_app_protocol(const std::vector<std::string>& offered) override;
    std::chrono::system_clock::time_point tls_current_timestamp() override;

private:
    [[noreturn]] void refuse(Error why);
    [[nodiscard]] Result<VouchedBy> check(const std::vector<Certificate>& chain) const;
    [[nodiscard]] const Policy& policy() const noexcept;
    [[nodiscard]] bool may_resume() const noexcept;

    std::shared_ptr<const ServerContext> server_;
    std::shared_ptr<const ClientContext> client_;
    const Clock& clock_;
    bool verified_ = false;
    bool established_ = false;
    bool activated_ = false;
    bool empty_certificate_ = false;
    std::uint16_t agreed_group_ = 0;  ///< TLS 1.2 only: the backend's summary doesn't tell it
};

}  // namespace safeq::tls
