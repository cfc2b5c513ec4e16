// SPDX-License-Identifier: Apache-2.0
#include <tls/scan_handshake.hpp>

#include <algorithm>
#include <iterator>

#include <botan/ocsp.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_ciphersuite.h>
#include <botan/tls_client.h>
#include <botan/tls_exceptn.h>
#include <botan/tls_messages_13.h>
#include <botan/tls_session_manager_noop.h>

#include <tls/backend.hpp>
#include <tls/policy_adapter.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t most_bytes = 128 * 1024;  // of an endpoint that goes on and on

// Offers whatever the backend can speak, and takes keys and parameters of any size.
class WidePolicy : public Botan::TLS::Policy {
public:
    std::vector<std::string> allowed_ciphers() const override {
        return {"AES-256/GCM", "AES-128/GCM", "ChaCha20Poly1305", "AES-256", "AES-128", "3DES"};
    }
    std::vector<std::string> allowed_macs() const override { return {"AEAD", "SHA-384", "SHA-256", "SHA-1"}; }
    std::vector<std::string> allowed_signature_hashes() const override { return {"SHA-512", "SHA-384", "SHA-256"}; }
    std::vector<std::string> allowed_signature_methods() const override { return {"ECDSA", "RSA"}; }
    std::vector<std::string> allowed_key_exchange_methods() const override { return {"ECDH", "DH", "RSA"}; }
    bool allow_dtls12() const override { return false; }
    bool include_time_in_hello_random() const override { return false; }
    bool support_cert_status_message() const override { return false; }
    bool require_cert_revocation_info() const override { return false; }
    std::size_t minimum_rsa_bits() const override { return 0; }
    std::size_t minimum_ecdsa_group_size() const override { return 0; }
    std::size_t minimum_ecdh_group_size() const override { return 0; }
    std::size_t minimum_dh_group_size() const override { return 0; }
    std::size_t maximum_handshake_message_size() const override { return 64 * 1024; }
    std::size_t maximum_certificate_chain_size() const override { return 32 * 1024; }
};

class Tls13Policy final : public WidePolicy {
public:
    explicit Tls13Policy(std::span<const std::uint16_t> schemes) : schemes_{schemes.begin(), schemes.end()} {}

    bool allow_tls12() const override { return false; }
    bool allow_tls13() const override { return true; }
    std::vector<Botan::TLS::Signature_Scheme> allowed_signature_schemes() const override { return schemes_; }
    std::vector<Botan::TLS::Signature_Scheme> acceptable_signature_schemes() const override { return schemes_; }
    std::vector<Botan::TLS::Group_Params> key_exchange_groups() const override {
        std::vector<Botan::TLS::Group_Params> groups;
        for (const Group& group : obsolete_mfd_2026.groups()) groups.emplace_back(group.code);
        groups.emplace_back(Botan::TLS::Group_Params::SECP521R1);
        return groups;
    }
    std::vector<Botan::TLS::Group_Params> key_exchange_groups_to_offer() const override {
        return {Botan::TLS::Group_Params::X25519, Botan::TLS::Group_Params::SECP256R1};
    }

private:
    std::vector<Botan::TLS::Signature_Scheme> schemes_;
};

// All that the backend verifies signatures of in TLS 1.2.
constexpr std::uint16_t tls12_schemes[]{0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601};

class Tls12Policy final : public WidePolicy {
public:
    explicit Tls12Policy(std::span<const std::uint16_t> suites) : suites_{suites.begin(), suites.end()} {}

    bool allow_tls12() const override { return true; }
    bool allow_tls13() const override { return false; }
    std::vector<std::uint16_t> ciphersuite_list(Botan::TLS::Protocol_Version) const override { return suites_; }
    std::vector<Botan::TLS::Signature_Scheme> allowed_signature_schemes() const override {
        return {std::begin(tls12_schemes), std::end(tls12_schemes)};
    }
    std::vector<Botan::TLS::Signature_Scheme> acceptable_signature_schemes() const override {
        return allowed_signature_schemes();
    }
    std::vector<Botan::TLS::Group_Params> key_exchange_groups() const override {
        return {Botan::TLS::Group_Params::X25519, Botan::TLS::Group_Params::SECP256R1,
                Botan::TLS::Group_Params::SECP384R1, Botan::TLS::Group_Params::SECP521R1};
    }
    bool require_extended_master_secret() const override { return false; }
    // A server that asks for a handshake of its own hears no, and may still answer ours.
    bool allow_server_initiated_renegotiation() const override { return false; }
    bool abort_connection_on_undesired_renegotiation() const override { return false; }

private:
    std::vector<std::uint16_t> suites_;
};

// Takes every certificate, for nothing is ever sent that anybody might want to read.
class Ear : public Botan::TLS::Callbacks {
public:
    explicit Ear(const Clock& clock) : clock_{clock} {}

    Bytes outgoing;

    void tls_emit_data(std::span<const std::uint8_t> data) override {
        const ByteView bytes = std::as_bytes(data);
        outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
    }
    void tls_record_received(std::uint64_t, std::span<const std::uint8_t>) override {}
    void tls_alert(Botan::TLS::Alert) override {}
    void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>&,
                               const std::vector<std::optional<Botan::OCSP::Response>>&,
                               const std::vector<Botan::Certificate_Store*>&, Botan::Usage_Type, std::string_view,
                               const Botan::TLS::Policy&) override {}
    bool tls_should_persist_resumption_information(const Botan::TLS::Session&) override { return false; }
    std::chrono::system_clock::time_point tls_current_timestamp() override {
        return std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock_.now());
    }

private:
    const Clock& clock_;
};

// Writes down what is shown and refuses once it is signed: no session can come of it.
class Recorder final : public Ear {
public:
    using Ear::Ear;

    Shown shown;

    void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>& chain,
                               const std::vector<std::optional<Botan::OCSP::Response>>&,
                               const std::vector<Botan::Certificate_Store*>&, Botan::Usage_Type, std::string_view,
                               const Botan::TLS::Policy&) override {
        for (const auto& x509 : chain) {
            const std::vector<std::uint8_t> der = x509.BER_encode();
            shown.certificates.push_back(to_bytes(crypto::from_botan(der)));
        }
    }
    void tls_inspect_handshake_msg(const Botan::TLS::Handshake_Message& message) override {
        if (dynamic_cast<const Botan::TLS::Certificate_Request_13*>(&message) != nullptr) shown.asks_certificate = true;
        const auto* const verify = dynamic_cast<const Botan::TLS::Certificate_Verify_13*>(&message);
        if (verify == nullptr) return;
        shown.scheme = verify->signature_scheme().wire_code();
        throw Botan::TLS::TLS_Exception{Botan::TLS::Alert::UserCanceled, "only looking"};
    }
};

// Knows from which moment on a message of the server answers the second handshake.
class Insister final : public Ear {
public:
    using Ear::Ear;

    bool begun = false;
    std::optional<Answer> answer;
    std::string alert;  // the one that ended the first handshake

    void tls_alert(Botan::TLS::Alert said) override {
        using Botan::TLS::Alert;
        const bool ends = said.is_fatal() || said.type() == Alert::CloseNotify;
        if (!begun && ends) alert = said.type_string();
        if (begun && !answer && (ends || said.type() == Alert::NoRenegotiation)) answer = Answer::refused;
    }
    void tls_inspect_handshake_msg(const Botan::TLS::Handshake_Message& message) override {
        if (!begun || message.type() != Botan::TLS::Handshake_Type::ServerHello) return;
        answer = Answer::accepted;
        throw Botan::TLS::TLS_Exception{Botan::TLS::Alert::UserCanceled, "only looking"};
    }
};

std::unique_ptr<Botan::TLS::Client> make_client(const std::shared_ptr<Ear>& ear,
                                                const std::shared_ptr<WidePolicy>& policy,
                                                const std::string& server_name, Random& random) {
    return std::make_unique<Botan::TLS::Client>(
        ear, std::make_shared<Botan::TLS::Session_Manager_Noop>(),
        std::make_shared<CredentialsAdapter>(nullptr, nullptr), policy, std::make_shared<RandomAdapter>(random),
        Botan::TLS::Server_Information{server_name}, policy->latest_supported_version(false));
}

// What comes next, out of a budget. *Errors* besides the link's: `connection_closed`, `too_large`.
Result<Bytes> receive(ScanLink& link, std::size_t& left) {
    SAFEQ_TRY(Bytes received, link.receive());
    if (received.empty()) return fail(Errc::connection_closed, "TLS answer");
    if (received.size() > left) return fail(Errc::too_large, "TLS answer", "over 128 KiB");
    left -= received.size();
    return received;
}

Result<void> look(const std::shared_ptr<Recorder>& recorder, ScanLink& link, const std::string& server_name,
                  std::span<const std::uint16_t> schemes, Random& random) {
    return crypto::at_seam("TLS scan", Errc::tls_handshake_failed, [&]() -> Result<void> {
        const auto client = make_client(recorder, std::make_shared<Tls13Policy>(schemes), server_name, random);
        for (std::size_t left = most_bytes; !client->is_closed();) {
            SAFEQ_TRY_VOID(link.send(std::exchange(recorder->outgoing, {})));
            SAFEQ_TRY(const Bytes received, receive(link, left));
            client->received_data(crypto::to_botan(received));
        }
        return {};
    });
}

Result<void> insist(const std::shared_ptr<Insister>& insister, ScanLink& link, const std::string& server_name,
                    std::span<const std::uint16_t> suites, Random& random) {
    return crypto::at_seam("TLS scan", Errc::tls_handshake_failed, [&]() -> Result<void> {
        const auto client = make_client(insister, std::make_shared<Tls12Policy>(suites), server_name, random);
        for (std::size_t left = most_bytes; !insister->answer;) {
            if (client->is_closed()) return fail(Errc::connection_closed, "TLS answer");
            if (!insister->begun && client->is_active()) {
                insister->begun = true;
                client->renegotiate(true);
            }
            SAFEQ_TRY_VOID(link.send(std::exchange(insister->outgoing, {})));
            SAFEQ_TRY(const Bytes received, receive(link, left));
            client->received_data(crypto::to_botan(received));
        }
        if (!client->is_closed()) client->close();
        return {};
    });
}

}  // namespace

std::span<const std::uint16_t> tls13_schemes() noexcept {
    static constexpr std::uint16_t codes[]{0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806};
    return codes;
}

Shown shown_in_tls13(ScanLink& link, const std::string& server_name, std::span<const std::uint16_t> schemes,
                     const Clock& clock, Random& random) {
    // Beside these, what certificates are signed with: some servers look at their own by the same list.
    constexpr std::uint16_t of_certificates[]{0x0401, 0x0501, 0x0601};
    std::vector<std::uint16_t> offered{schemes.begin(), schemes.end()};
    offered.insert(offered.end(), std::begin(of_certificates), std::end(of_certificates));
    const auto recorder = std::make_shared<Recorder>(clock);
    // However it ends, what was shown before is what counts; the refusal above is how it should.
    if (!look(recorder, link, server_name, offered, random) && !recorder->outgoing.empty()) {
        if (!link.send(recorder->outgoing)) return std::move(recorder->shown);
    }
    return std::move(recorder->shown);
}

Result<ScannedRenegotiation> renegotiation_in_tls12(ScanLink& link, const std::string& server_name,
                                                    std::span<const std::uint16_t> suites, const Clock& clock,
                                                    Random& random) {
    const auto insister = std::make_shared<Insister>(clock);
    const auto done = insist(insister, link, server_name, suites, random);
    if (!done && done.error().code == Errc::out_of_memory) return std::unexpected{done.error()};
    // Whether the alert that ends it arrives makes no difference any more.
    if (!insister->outgoing.empty()) static_cast<void>(link.send(insister->outgoing));
    if (insister->answer) return ScannedRenegotiation{.answer = insister->answer};
    const Errc how = done ? Errc::connection_closed : done.error().code;
    if (!insister->begun) {
        if (how == Errc::timed_out) return ScannedRenegotiation{.not_tried = "the first handshake took too long"};
        if (insister->alert.empty()) return ScannedRenegotiation{.not_tried = "the first handshake failed"};
        return ScannedRenegotiation{.not_tried = "the first handshake ended with the alert " + insister->alert};
    }
    const bool nonsense = how == Errc::tls_handshake_failed || how == Errc::too_large;
    return ScannedRenegotiation{.answer = how == Errc::timed_out ? Answer::silent
                                          : nonsense             ? Answer::garbled
                                                                 : Answer::refused};
}

std::vector<std::uint16_t> spoken_suites(const ScannedVersion& version) {
    const bool signature = std::ranges::any_of(tls12_schemes, [&](const std::uint16_t scheme) {
        return std::ranges::find(version.schemes, scheme) != version.schemes.end();
    });
    const Tls12Policy policy{std::span<const std::uint16_t>{}};
    std::vector<std::uint16_t> out;
    for (const std::uint16_t code : version.suites) {
        const auto suite = Botan::TLS::Ciphersuite::by_id(code);
        if (suite && suite->valid() && suite->usable_in_version(Botan::TLS::Protocol_Version::TLS_V12) &&
            policy.acceptable_ciphersuite(*suite) &&
            (suite->signature_used() ? signature : !version.static_rsa_schemes.empty()))
            out.push_back(code);
    }
    return out;
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
