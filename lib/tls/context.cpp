// SPDX-License-Identifier: Apache-2.0
#include <tls/context.hpp>

#include <algorithm>

#include <botan/ipv4_address.h>
#include <botan/ipv6_address.h>
#include <fmt/format.h>

#include <tls/backend.hpp>
#include <tls/chain_rule.hpp>

namespace safeq::tls {

namespace {

/// Whether the policy can use these credentials at all; better said at start than by every handshake.
Result<void> check_fit(const Policy& policy, const Credentials& credentials) {
    const Botan::Private_Key& key = *Backend::of(credentials).key;
    const bool rsa = key.algo_name() == "RSA";
    if (rsa && key.key_length() < policy.min_rsa_bits())
        return fail(Errc::weak_parameters, "credentials", "the RSA key is shorter than the policy's minimum");
    if (!rsa && key.key_length() < policy.min_ec_bits())
        return fail(Errc::weak_parameters, "credentials", "the key's curve is smaller than the policy's minimum");
    const bool usable = std::ranges::any_of(policy.signature_schemes(), [&](const SignatureScheme& s) {
        const bool in_tls13 = s.signs_tls13() && (rsa || s.curve_bits() == key.key_length());
        return s.rsa == rsa && (in_tls13 || policy.allows(Version::v1_2));
    });
    if (!usable)
        return fail(Errc::weak_parameters, "credentials",
                    fmt::format("{} signs no handshake with {} keys of {} bits", policy.name(), key.algo_name(),
                                key.key_length()));
    for (const Botan::X509_Certificate& x509 : Backend::of(credentials).x509) {
        // Nobody relies on the signature of an anchor that is sent along, or of a certificate that is pinned.
        const auto fault = self_signed(x509) ? key_fault(policy, x509) : chain_fault(policy, x509);
        if (fault) return fail(Errc::weak_parameters, "credentials", x509.subject_dn().to_string() + ": " + *fault);
    }
    return {};
}

/// A policy for named devices, taken from an option, would hold for everybody.
Result<void> check_leave(const PolicyRef& policy, const std::optional<ExceptionLeave>& leave) {
    if (policy != nullptr && policy->exception_only() && leave && leave->covers(policy)) return {};
    SAFEQ_TRY_VOID(for_everybody(policy));
    return {};
}

Result<void> check_alpn(const std::vector<std::string>& protocols) {
    for (const std::string& protocol : protocols)
        if (protocol.empty() || protocol.size() > 255)
            return fail(Errc::invalid_argument, "ALPN", "1 to 255 bytes each");
    return {};
}

bool is_address(const std::string& name) {
    return Botan::IPv4Address::from_string(name).has_value() || Botan::IPv6Address::from_string(name).has_value();
}

BackendContext make_backend(const PolicyRef& policy, ClientAuth client_auth, bool tickets,
                            std::shared_ptr<const Credentials> own, std::shared_ptr<const TrustAnchors> anchors) {
    return {std::make_shared<PolicyAdapter>(policy, client_auth, tickets),
            std::make_shared<CredentialsAdapter>(std::move(own), std::move(anchors)),
            std::make_shared<Botan::TLS::Session_Manager_Noop>()};
}

}  // namespace

ServerContext::ServerContext(std::unique_ptr<const Impl> impl) noexcept : impl_{std::move(impl)} {}
ServerContext::~ServerContext() = default;

Result<std::shared_ptr<const ServerContext>> ServerContext::create(ServerConfig config) {
    SAFEQ_TRY_VOID(check_leave(config.policy, config.leave));
    if (!config.credentials) return fail(Errc::invalid_argument, "TLS server", "no certificate");
    const bool pins = !config.client_pins.empty();
    if (config.client_auth == ClientAuth::required && !config.client_anchors && !pins)
        return fail(Errc::invalid_argument, "TLS server",
                    "neither authorities nor pins to check the clients' certificates with");
    if (config.client_auth == ClientAuth::none && (config.client_anchors || pins))
        return fail(Errc::invalid_argument, "TLS server",
                    "authorities or pins for clients that are not asked for a certificate");
    if (std::ranges::find(config.client_pins, Pin{}) != config.client_pins.end())
        return fail(Errc::invalid_argument, "TLS server", "a pin is empty");
    if (config.tickets && config.client_auth == ClientAuth::required)
        return fail(Errc::invalid_argument, "TLS server", "tickets where every client must show its certificate");
    if (config.tickets && !config.tickets->made_for(*config.policy))
        return fail(Errc::invalid_argument, "TLS server", "tickets of another policy");
    SAFEQ_TRY_VOID(check_alpn(config.alpn));
    return crypto::at_seam("TLS server", Errc::crypto_failed, [&]() -> Result<std::shared_ptr<const ServerContext>> {
        SAFEQ_TRY_VOID(check_fit(*config.policy, *config.credentials));
        const bool revoked = config.own_anchors &&
                             std::ranges::any_of(config.credentials->chain(),
                                                 [&](const auto& own) { return config.own_anchors->revokes(own); });
        const bool resumes = config.tickets && !revoked;
        // A client with a certificate of its own making may show none where authorities are named.
        auto backend = make_backend(config.policy, config.client_auth, resumes, config.credentials,
                                    pins ? nullptr : config.client_anchors);
        return std::shared_ptr<const ServerContext>{
            new ServerContext{std::make_unique<Impl>(Impl{std::move(config), std::move(backend), resumes})}};
    });
}

const ServerConfig& ServerContext::config() const noexcept { return impl_->config; }

Result<VouchedBy> ServerContext::judge_client(const std::vector<Certificate>& chain, Time now) const {
    if (chain.empty()) return fail(Errc::certificate_missing, "client certificate");
    const ServerConfig& config = impl_->config;
    const Certificate& leaf = chain.front();
    if (std::ranges::find(config.client_pins, Pin::of(leaf)) != config.client_pins.end()) {
        if (now < leaf.not_before() || now > leaf.not_after())
            return fail(Errc::certificate_expired, "client certificate", leaf.subject() + ": not in date");
        if (config.client_anchors && config.client_anchors->revokes(leaf))
            return fail(Errc::certificate_revoked, "client certificate", leaf.subject());
        return VouchedBy::pin;
    }
    if (!config.client_anchors)
        return fail(Errc::certificate_untrusted, "client certificate",
                    "its key is " + Pin::of(leaf).text() + ", which is not pinned");
    SAFEQ_TRY_VOID(config.client_anchors->verify(chain, PeerRole::client, {}, *config.policy, now));
    return VouchedBy::authority;
}

ClientContext::ClientContext(std::unique_ptr<const Impl> impl) noexcept : impl_{std::move(impl)} {}
ClientContext::~ClientContext() = default;

Result<std::shared_ptr<const ClientContext>> ClientContext::create(ClientConfig config) {
    SAFEQ_TRY_VOID(check_leave(config.policy, config.leave));
    std::shared_ptr<const TrustAnchors> anchors;
    if (const auto* const anchored = std::get_if<Anchored>(&config.check)) {
        if (!anchored->anchors)
            return fail(Errc::invalid_argument, "TLS client", "no authorities to check the server with");
        if (anchored->name.empty())
            return fail(Errc::invalid_argument, "TLS client", "no name that the server must bear");
        anchors = anchored->anchors;
    } else if (std::get<Pin>(config.check) == Pin{}) {
        return fail(Errc::invalid_argument, "TLS client", "the pin is empty");
    }
    SAFEQ_TRY_VOID(check_alpn(config.alpn));
    return crypto::at_seam("TLS client", Errc::crypto_failed, [&]() -> Result<std::shared_ptr<const ClientContext>> {
        if (config.own) SAFEQ_TRY_VOID(check_fit(*config.policy, *config.own));
        std::string sni = is_address(config.server_name) ? std::string{} : config.server_name;
        auto backend = make_backend(config.policy, ClientAuth::none, false, config.own, std::move(anchors));
        return std::shared_ptr<const ClientContext>{
            new ClientContext{std::make_unique<Impl>(Impl{std::move(config), std::move(backend), std::move(sni)})}};
    });
}

const ClientConfig& ClientContext::config() const noexcept { return impl_->config; }

}  // namespace safeq::tls
