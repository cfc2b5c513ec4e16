// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <botan/credentials_manager.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_extensions.h>
#include <botan/tls_policy.h>
#include <botan/tls_server.h>
#include <botan/tls_session_manager_noop.h>

#include "fixture.hpp"
#include "tls/backend.hpp"

namespace safeq::test {

/// The backend's own client or server, which does what ours never would: it renegotiates, updates keys when it is told
/// to, and leaves out extensions. Trusts everybody.
class OtherPeer {
public:
    struct Manner {
        bool tls13 = false;  ///< alone; else TLS 1.2 alone
        std::optional<Botan::TLS::Extension_Code> leaves_out = {};
    };

    static OtherPeer server(World& world, const std::shared_ptr<const tls::Credentials>& own, const Manner& manner) {
        OtherPeer peer{manner};
        peer.channel_ = std::make_unique<Botan::TLS::Server>(
            peer.ear_, std::make_shared<Botan::TLS::Session_Manager_Noop>(), std::make_shared<Papers>(own),
            std::make_shared<Rules>(manner), std::make_shared<tls::RandomAdapter>(world.random));
        return peer;
    }
    static OtherPeer client(World& world, const Manner& manner) {
        OtherPeer peer{manner};
        peer.channel_ = std::make_unique<Botan::TLS::Client>(
            peer.ear_, std::make_shared<Botan::TLS::Session_Manager_Noop>(), std::make_shared<Papers>(nullptr),
            std::make_shared<Rules>(manner), std::make_shared<tls::RandomAdapter>(world.random),
            Botan::TLS::Server_Information{"print.example"},
            manner.tls13 ? Botan::TLS::Protocol_Version::TLS_V13 : Botan::TLS::Protocol_Version::TLS_V12);
        return peer;
    }

    [[nodiscard]] Botan::TLS::Channel& channel() { return *channel_; }
    [[nodiscard]] Bytes take() { return std::exchange(ear_->out, {}); }
    /// The last fatal alert that came, by its name.
    [[nodiscard]] const std::string& alert() const { return ear_->alert; }
    [[nodiscard]] const std::string& received() const { return ear_->received; }

    /// Carries bytes between the two until neither has more to say; what went wrong at ours.
    [[nodiscard]] std::optional<Error> talk(tls::Session& ours) {
        std::optional<Error> failed;
        Bytes wire;
        for (bool moved = true; moved;) {
            ours.take_outgoing(wire);
            moved = !wire.empty();
            if (moved) give(wire);
            const Bytes said = take();
            moved = moved || !said.empty();
            if (said.empty()) continue;
            if (auto taken = ours.received(said); !taken) failed = taken.error();
        }
        return failed;
    }

    void give(ByteView wire) {
        try {
            channel_->received_data(crypto::to_botan(wire));
        } catch (const std::exception&) {  // it has said so in an alert
        }
    }

private:
    struct Ear final : Botan::TLS::Callbacks {
        explicit Ear(const Manner& how) : manner{how} {}
        Manner manner;
        Bytes out;
        std::string alert, received;
        void tls_emit_data(std::span<const std::uint8_t> data) override {
            const ByteView bytes = std::as_bytes(data);
            out.insert(out.end(), bytes.begin(), bytes.end());
        }
        void tls_record_received(std::uint64_t, std::span<const std::uint8_t> data) override {
            received += as_text(std::as_bytes(data));
        }
        void tls_alert(Botan::TLS::Alert came) override {
            if (came.is_fatal()) alert = came.type_string();
        }
        void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>&,
                                   const std::vector<std::optional<Botan::OCSP::Response>>&,
                                   const std::vector<Botan::Certificate_Store*>&, Botan::Usage_Type, std::string_view,
                                   const Botan::TLS::Policy&) override {}
        void tls_modify_extensions(Botan::TLS::Extensions& extensions, Botan::TLS::Connection_Side side,
                                   Botan::TLS::Handshake_Type type) override {
            if (manner.leaves_out) extensions.remove_extension(*manner.leaves_out);
            Callbacks::tls_modify_extensions(extensions, side, type);
        }
    };

    struct Papers final : Botan::Credentials_Manager {
        explicit Papers(std::shared_ptr<const tls::Credentials> credentials) : own{std::move(credentials)} {}
        std::shared_ptr<const tls::Credentials> own;
        std::vector<Botan::X509_Certificate> find_cert_chain(const std::vector<std::string>& key_types,
                                                             const std::vector<Botan::AlgorithmIdentifier>&,
                                                             const std::vector<Botan::X509_DN>&, const std::string&,
                                                             const std::string&) override {
            const auto fits = [&](const std::string& type) { return own->certificate().key_algorithm() == type; };
            if (!own || std::ranges::none_of(key_types, fits)) return {};
            return tls::Backend::of(*own).x509;
        }
        std::shared_ptr<Botan::Private_Key> private_key_for(const Botan::X509_Certificate&, const std::string&,
                                                            const std::string&) override {
            return tls::Backend::of(*own).key;
        }
    };

    struct Rules final : Botan::TLS::Policy {
        explicit Rules(const Manner& how) : tls13{how.tls13} {}
        bool tls13;
        bool allow_tls13() const override { return tls13; }
        bool allow_tls12() const override { return !tls13; }
        bool allow_dtls12() const override { return false; }
        bool require_cert_revocation_info() const override { return false; }
        bool require_extended_master_secret() const override { return false; }
        bool allow_client_initiated_renegotiation() const override { return true; }
        bool allow_server_initiated_renegotiation() const override { return true; }
    };

    explicit OtherPeer(const Manner& manner) : ear_{std::make_shared<Ear>(manner)} {}

    std::shared_ptr<Ear> ear_;
    std::unique_ptr<Botan::TLS::Channel> channel_;
};

}  // namespace safeq::test
