// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/session.hpp>

#include <algorithm>

#include <botan/tls_channel.h>
#include <botan/tls_client.h>
#include <botan/tls_exceptn.h>
#include <botan/tls_server.h>

#include <tls/backend.hpp>
#include <tls/context.hpp>
#include <tls/hooks.hpp>
#include <tls/resumption.hpp>

namespace safeq::tls {

struct Session::Impl {
    std::shared_ptr<Hooks> hooks;
    std::unique_ptr<Botan::TLS::Channel> channel;
    std::size_t consumed = 0;
    bool established = false;
    bool closed = false;
    std::optional<Error> failed;

    /// Keeps the failure for later calls; what was received before stays readable.
    [[nodiscard]] std::unexpected<Error> fail_for_good(Error error) {
        failed = std::move(error);
        return std::unexpected{*failed};
    }

    /// Moves what is left to the front once that is cheaper than what was consumed.
    void drop_consumed() {
        Bytes& buffer = hooks->plaintext;
        if (consumed == 0 || consumed < buffer.size() - consumed) return;
        buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(consumed));
        consumed = 0;
    }

    [[nodiscard]] Error explain(const Botan::TLS::TLS_Exception& thrown) const;
    [[nodiscard]] Error explain(const Botan::TLS::Alert& alert) const;

    template <class Call>
    [[nodiscard]] Result<void> guarded(Call&& call);
};

namespace {

constexpr std::size_t kept_buffer_bytes = 256 * 1024;
constexpr std::size_t backend_buffer_bytes = 0;  // grown when needed: most connections are idle most of the time

bool about_certificates(Botan::TLS::Alert::Type type) {
    using Botan::TLS::Alert;
    switch (type) {
        case Alert::BadCertificate:
        case Alert::UnsupportedCertificate:
        case Alert::CertificateRevoked:
        case Alert::CertificateExpired:
        case Alert::CertificateUnknown:
        case Alert::CertificateRequired:
        case Alert::UnknownCA:
        case Alert::AccessDenied: return true;
        default: return false;
    }
}

}  // namespace

Error Session::Impl::explain(const Botan::TLS::TLS_Exception& thrown) const {
    using Botan::TLS::Alert;
    if (hooks->failure) return *hooks->failure;
    if (hooks->peer_showed_nothing()) return {Errc::certificate_missing, "peer certificate", "the client showed none"};
    if (thrown.type() == Alert::BadRecordMac) return {Errc::authentication_failed, "TLS record", thrown.what()};
    if (about_certificates(thrown.type())) return {Errc::certificate_untrusted, "peer certificate", thrown.what()};
    return {Errc::tls_handshake_failed, "TLS", thrown.what()};
}

Error Session::Impl::explain(const Botan::TLS::Alert& alert) const {
    // In TLS 1.3 a client is done before the server has looked at its certificate.
    if (!established || about_certificates(alert.type()))
        return {Errc::tls_handshake_failed, "TLS", "the peer refused: " + alert.type_string()};
    return {Errc::connection_closed, "TLS", "the peer's alert: " + alert.type_string()};
}

template <class Call>
Result<void> Session::Impl::guarded(Call&& call) {
    try {
        call();
    } catch (const Botan::TLS::TLS_Exception& thrown) {
        return fail_for_good(explain(thrown));
    } catch (const Botan::Invalid_Authentication_Tag& thrown) {
        return fail_for_good({Errc::authentication_failed, "TLS record", thrown.what()});
    } catch (const std::bad_alloc&) {
        return fail_for_good({Errc::out_of_memory, "TLS", {}});
    } catch (const std::exception& thrown) {
        return fail_for_good(hooks->failure ? *hooks->failure
                                            : Error{Errc::tls_handshake_failed, "TLS", thrown.what()});
    }
    if (hooks->peer_alert) return fail_for_good(explain(*hooks->peer_alert));
    return {};
}

Session::Session(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::server(std::shared_ptr<const ServerContext> context, const Clock& clock, Random& random) {
    if (!context) return fail(Errc::invalid_argument, "TLS server", "no context");
    return crypto::at_seam("TLS server", Errc::crypto_failed, [&]() -> Result<Session> {
        const BackendContext& backend = Backend::of(*context).backend;
        auto impl = std::make_unique<Impl>();
        impl->hooks = std::make_shared<Hooks>(context, clock);
        const auto adapter = std::make_shared<RandomAdapter>(random);
        std::shared_ptr<Botan::TLS::Session_Manager> sessions = backend.sessions;
        if (Backend::of(*context).resumes) sessions = std::make_shared<Resumption>(context, clock, adapter);
        impl->channel = std::make_unique<Botan::TLS::Server>(impl->hooks, std::move(sessions), backend.credentials,
                                                             backend.policy, adapter, false, backend_buffer_bytes);
        return Session{std::move(impl)};
    });
}

Result<Session> Session::client(std::shared_ptr<const ClientContext> context, const Clock& clock, Random& random) {
    if (!context) return fail(Errc::invalid_argument, "TLS client", "no context");
    return crypto::at_seam("TLS client", Errc::crypto_failed, [&]() -> Result<Session> {
        const ClientContext::Impl& inside = Backend::of(*context);
        auto impl = std::make_unique<Impl>();
        impl->hooks = std::make_shared<Hooks>(context, clock);
        impl->channel = std::make_unique<Botan::TLS::Client>(
            impl->hooks, inside.backend.sessions, inside.backend.credentials, inside.backend.policy,
            std::make_shared<RandomAdapter>(random), Botan::TLS::Server_Information{inside.sni},
            inside.backend.policy->latest_supported_version(false), inside.config.alpn, backend_buffer_bytes);
        return Session{std::move(impl)};
    });
}

Result<void> Session::received(ByteView ciphertext) {
    Impl& self = *impl_;
    if (self.failed) return std::unexpected{*self.failed};
    if (self.hooks->peer_closed) return {};  // RFC 8446, section 6.1: what comes after close_notify counts for nothing
    self.drop_consumed();
    // Plaintext is never longer than its ciphertext: one allocation at the most.
    if (self.established) self.hooks->plaintext.reserve(self.hooks->plaintext.size() + ciphertext.size());
    SAFEQ_TRY_VOID(self.guarded([&] { self.channel->received_data(crypto::to_botan(ciphertext)); }));
    if (!self.established && self.hooks->gate_open() && self.channel->is_handshake_complete()) {
        self.hooks->peer.alpn = self.channel->application_protocol();
        self.established = true;
    }
    if (!self.established && self.hooks->peer_closed)
        return self.fail_for_good(
            {Errc::tls_handshake_failed, "TLS", "the peer closed in the middle of the handshake"});
    return {};
}

Result<void> Session::received_end() {
    Impl& self = *impl_;
    if (self.failed) return std::unexpected{*self.failed};
    if (self.hooks->peer_closed) return {};
    return self.fail_for_good({Errc::connection_closed, "TLS",
                               self.established ? "the connection ended without close_notify: data may be missing"
                                                : "the connection ended in the middle of the handshake"});
}

ByteView Session::outgoing() const noexcept { return impl_->hooks->outgoing; }

void Session::take_outgoing(Bytes& out) noexcept {
    out.clear();
    out.swap(impl_->hooks->outgoing);
}

bool Session::established() const noexcept { return impl_->established; }

ByteView Session::plaintext() const noexcept {
    if (!impl_->established) return {};
    return ByteView{impl_->hooks->plaintext}.subspan(impl_->consumed);
}

void Session::consume(std::size_t n) noexcept {
    Bytes& buffer = impl_->hooks->plaintext;
    impl_->consumed += std::min(n, buffer.size() - impl_->consumed);
    if (impl_->consumed < buffer.size()) return;
    impl_->consumed = 0;
    buffer.clear();
    if (buffer.capacity() > kept_buffer_bytes) Bytes{}.swap(buffer);
}

Result<void> Session::send(ByteView plaintext) {
    Impl& self = *impl_;
    if (self.failed) return std::unexpected{*self.failed};
    if (!self.established) return fail(Errc::conflict, "TLS", "nothing can be sent before the handshake is done");
    if (self.closed || self.channel->is_closed_for_writing())
        return fail(Errc::conflict, "TLS", "nothing can be sent after close");
    if (plaintext.empty()) return {};
    return self.guarded([&] { self.channel->send(crypto::to_botan(plaintext)); });
}

Result<void> Session::close() {
    Impl& self = *impl_;
    if (self.failed) return std::unexpected{*self.failed};
    if (std::exchange(self.closed, true) || !self.established || self.channel->is_closed_for_writing()) return {};
    return self.guarded([&] { self.channel->close(); });
}

bool Session::peer_closed() const noexcept { return impl_->hooks->peer_closed; }

const Peer& Session::peer() const noexcept { return impl_->hooks->peer; }

void Session::release_idle_memory() noexcept {
    Hooks& hooks = *impl_->hooks;
    if (hooks.plaintext.empty()) Bytes{}.swap(hooks.plaintext);
    if (hooks.outgoing.empty()) Bytes{}.swap(hooks.outgoing);
}

}  // namespace safeq::tls
