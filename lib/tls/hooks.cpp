// SPDX-License-Identifier: Apache-2.0
#include <tls/hooks.hpp>

#include <algorithm>

#include <botan/dl_group.h>
#include <botan/ocsp.h>
#include <botan/tls_exceptn.h>
#include <botan/tls_messages_12.h>
#include <botan/tls_messages_13.h>
#include <botan/tls_session.h>

#include <safeq/core/text.hpp>
#include <tls/backend.hpp>
#include <tls/context.hpp>

namespace safeq::tls {

namespace {

using Botan::TLS::Alert;

Alert::Type alert_for(Errc code) {
    switch (code) {
        case Errc::certificate_expired: return Alert::CertificateExpired;
        case Errc::certificate_revoked: return Alert::CertificateRevoked;
        case Errc::certificate_missing: return Alert::CertificateRequired;
        case Errc::certificate_untrusted: return Alert::BadCertificate;
        default: return Alert::HandshakeFailure;
    }
}

}  // namespace

bool Hooks::peer_must_prove() const noexcept {
    return client_ || server_->config().client_auth == ClientAuth::required;
}

const Policy& Hooks::policy() const noexcept { return client_ ? *client_->config().policy : *server_->config().policy; }

bool Hooks::may_resume() const noexcept { return server_ && Backend::of(*server_).resumes && !peer_must_prove(); }

void Hooks::refuse(Error why) {
    const Alert::Type alert = alert_for(why.code);
    failure = std::move(why);
    throw Botan::TLS::TLS_Exception{alert, failure->message()};
}

void Hooks::tls_emit_data(std::span<const std::uint8_t> data) {
    const ByteView bytes = std::as_bytes(data);
    outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
}

void Hooks::tls_record_received(std::uint64_t, std::span<const std::uint8_t> data) {
    if (!gate_open()) refuse({Errc::tls_handshake_failed, "TLS", "application data before the peer had proved itself"});
    const ByteView bytes = std::as_bytes(data);
    plaintext.insert(plaintext.end(), bytes.begin(), bytes.end());
}

void Hooks::tls_alert(Alert alert) {
    if (alert.type() == Alert::CloseNotify) {
        peer_closed = true;
    } else if (alert.is_fatal()) {
        peer_alert = alert;
    }
}

void Hooks::tls_session_established(const Botan::TLS::Session_Summary& summary) {
    if (established_) refuse({Errc::tls_handshake_failed, "TLS", "a second handshake on one connection"});
    if (summary.psk_used() || (summary.was_resumption() && !may_resume()))
        refuse({Errc::tls_handshake_failed, "TLS", "a resumed session where none is ever offered"});
    if (peer_must_prove() && !verified_)
        refuse({Errc::certificate_missing, "TLS", "the handshake ended without a verified certificate"});
    const Suite* const suite = policy().find_suite(summary.ciphersuite_code());
    if (suite == nullptr || static_cast<std::uint16_t>(suite->version) != summary.version().version_code())
        refuse({Errc::tls_handshake_failed, "TLS", "a suite that the policy does not hold"});
    if (summary.was_resumption() && suite->version != Version::v1_3)
        refuse({Errc::tls_handshake_failed, "TLS", "a resumed session of TLS 1.2"});
    peer.resumed = summary.was_resumption();
    peer.version = suite->version;
    peer.suite = *suite;
    const auto parameters = summary.kex_parameters();
    for (const Group& group : policy().groups()) {
        const bool agreed = suite->version == Version::v1_2
                                ? group.code == agreed_group_
                                : Botan::TLS::Group_Params{group.code}.to_string() == parameters;
        if (agreed) peer.group = group;
    }
    if (suite->forward_secrecy() != peer.group.has_value())
        refuse({Errc::tls_handshake_failed, "TLS", "a group that the policy does not hold"});
    if (server_) peer.server_name = summary.server_info().hostname();
    established_ = true;
}

void Hooks::tls_session_activated() { activated_ = true; }

Result<VouchedBy> Hooks::check(const std::vector<Certificate>& chain) const {
    if (server_) {
        if (server_->config().client_auth != ClientAuth::required)
            return fail(Errc::certificate_untrusted, "client certificate", "none was asked for");
        return server_->judge_client(chain, clock_.now());
    }
    const PeerCheck& how = client_->config().check;
    if (const auto* const anchored = std::get_if<Anchored>(&how)) {
        SAFEQ_TRY_VOID(anchored->anchors->verify(chain, PeerRole::server, anchored->name, policy(), clock_.now()));
        return VouchedBy::authority;
    }
    if (chain.empty()) return fail(Errc::certificate_missing, "server certificate");
    const Pin shown = Pin::of(chain.front());
    if (shown == std::get<Pin>(how)) return VouchedBy::pin;
    return fail(Errc::certificate_untrusted, "server certificate",
                "its key is " + shown.text() + ", another one is pinned");
}

void Hooks::tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>& chain,
                                  const std::vector<std::optional<Botan::OCSP::Response>>&,
                                  const std::vector<Botan::Certificate_Store*>&, Botan::Usage_Type, std::string_view,
                                  const Botan::TLS::Policy&) {
    std::vector<Certificate> shown = Backend::wrap(chain);
    auto verdict = check(shown);
    if (!verdict) refuse(std::move(verdict).error());
    peer.vouched_by = *verdict;
    peer.certificates = std::move(shown);
    verified_ = true;
}

void Hooks::tls_inspect_handshake_msg(const Botan::TLS::Handshake_Message& message) {
    // Called for messages of both ends; a server's own Certificate is never empty.
    if (client_) {
        const auto* const hello = dynamic_cast<const Botan::TLS::Server_Hello_12*>(&message);
        if (hello != nullptr && !hello->secure_renegotiation() && policy().secure_renegotiation())
            refuse({Errc::tls_handshake_failed, "TLS", "the server doesn't know of secure renegotiation (RFC 5746)"});
        return;
    }
    if (const auto* const v12 = dynamic_cast<const Botan::TLS::Certificate_12*>(&message)) {
        empty_certificate_ = v12->empty();
    } else if (const auto* const v13 = dynamic_cast<const Botan::TLS::Certificate_13*>(&message)) {
        empty_certificate_ = v13->empty();
    }
}

Botan::secure_vector<std::uint8_t> Hooks::tls_ephemeral_key_agreement(
    const std::variant<Botan::TLS::Group_Params, Botan::DL_Group>& group,
    const Botan::PK_Key_Agreement_Key& private_key, const std::vector<std::uint8_t>& public_value,
    Botan::RandomNumberGenerator& random, const Botan::TLS::Policy& policy) {
    if (const auto* const named = std::get_if<Botan::TLS::Group_Params>(&group)) agreed_group_ = named->wire_code();
    return Callbacks::tls_ephemeral_key_agreement(group, private_key, public_value, random, policy);
}

std::string Hooks::tls_server_choose_app_protocol(const std::vector<std::string>& offered) {
    if (!server_ || server_->config().alpn.empty()) return {};
    for (const std::string& ours : server_->config().alpn)
        if (std::ranges::find(offered, ours) != offered.end()) return ours;
    throw Botan::TLS::TLS_Exception{Alert::NoApplicationProtocol, "no common application protocol"};
}

std::chrono::system_clock::time_point Hooks::tls_current_timestamp() {
    return std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock_.now());
}

}  // namespace safeq::tls
