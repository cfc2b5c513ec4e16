// SPDX-License-Identifier: Apache-2.0
#include <tls/scan_handshake.hpp>

#include <botan/ocsp.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_exceptn.h>
#include <botan/tls_messages_13.h>
#include <botan/tls_session_manager_noop.h>

#include <tls/backend.hpp>
#include <tls/policy_adapter.hpp>

namespace safeq::tls {

namespace {

// Writes down what is shown and then always refuses: no session can come of it.
class Recorder final : public Botan::TLS::Callbacks {
public:
    explicit Recorder(const Clock& clock) : clock_{clock} {}

    Bytes outgoing;
    Shown shown;

    void tls_emit_data(std::span<const std::uint8_t> data) override {
        const ByteView bytes = std::as_bytes(data);
        outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
    }
    void tls_record_received(std::uint64_t, std::span<const std::uint8_t>) override {}
    void tls_alert(Botan::TLS::Alert) override {}
    void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>& chain,
                               const std::vector<std::optional<Botan::OCSP::Response>>&,
                               const std::vector<Botan::Certificate_Store*>&, Botan::Usage_Type, std::string_view,
                               const Botan::TLS::Policy&) override {
        for (const auto& x509 : chain) {
            const std::vector<std::uint8_t> der = x509.BER_encode();
            shown.certificates.push_back(to_bytes(crypto::from_botan(der)));
        }
        throw Botan::TLS::TLS_Exception{Botan::TLS::Alert::UserCanceled, "only looking"};
    }
    void tls_inspect_handshake_msg(const Botan::TLS::Handshake_Message& message) override {
        if (dynamic_cast<const Botan::TLS::Certificate_Request_13*>(&message) != nullptr) shown.asks_certificate = true;
    }
    std::chrono::system_clock::time_point tls_current_timestamp() override {
        return std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock_.now());
    }

private:
    const Clock& clock_;
};

// All groups and schemes that there are, and nothing but TLS 1.3.
constexpr Policy only_tls13{PolicyTable{
    .name = "scan",
    .alias = "",
    .purpose = "",
    .versions = detail::only_tls13,
    .suites = detail::modern_suites_2026,
    .groups = detail::groups_2026,
    .signature_schemes = detail::all_schemes,
    .min_rsa_bits = 2048,
    .exception_only = false,
}};

Result<void> look(const std::shared_ptr<Recorder>& recorder, ScanLink& link, const std::string& server_name,
                  Random& random) {
    return crypto::at_seam("TLS scan", Errc::tls_handshake_failed, [&]() -> Result<void> {
        const auto policy = std::make_shared<PolicyAdapter>(&only_tls13, ClientAuth::none);
        Botan::TLS::Client client{recorder,
                                  std::make_shared<Botan::TLS::Session_Manager_Noop>(),
                                  std::make_shared<CredentialsAdapter>(nullptr, nullptr),
                                  policy,
                                  std::make_shared<RandomAdapter>(random),
                                  Botan::TLS::Server_Information{server_name},
                                  policy->latest_supported_version(false)};
        for (;;) {
            SAFEQ_TRY_VOID(link.send(std::exchange(recorder->outgoing, {})));
            SAFEQ_TRY(const Bytes received, link.receive());
            if (received.empty()) return {};
            client.received_data(crypto::to_botan(received));
            if (client.is_closed()) return {};
        }
    });
}

}  // namespace

Shown shown_in_tls13(ScanLink& link, const std::string& server_name, const Clock& clock, Random& random) {
    const auto recorder = std::make_shared<Recorder>(clock);
    // However it ends, what was shown before is what counts; the refusal above is how it should.
    if (!look(recorder, link, server_name, random) && !recorder->outgoing.empty()) {
        if (!link.send(recorder->outgoing)) return std::move(recorder->shown);
    }
    return std::move(recorder->shown);
}

Result<ScannedCertificate> read_certificate(ByteView der) {
    SAFEQ_TRY(Certificate certificate, Certificate::from_der(der));
    ScannedCertificate out{.certificate = certificate};
    return crypto::at_seam("certificate", Errc::malformed, [&]() -> Result<ScannedCertificate> {
        const Botan::X509_Certificate& x509 = Backend::of(certificate);
        out.signature = x509.signature_algorithm().oid().to_formatted_string();
        out.self_signed = x509.is_self_signed();
        try {
            const auto key = x509.subject_public_key();
            out.key_bits = key->key_length();
            out.curve = curve_name(*key);
        } catch (const Botan::Exception&) {
            out.key_bits = 0;  // a kind that the backend was built without
        }
        return out;
    });
}

}  // namespace safeq::tls
