// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <botan/credentials_manager.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_extensions.h>
#include <botan/tls_extensions_13.h>
#include <botan/tls_policy.h>
#include <botan/tls_session.h>
#include <botan/tls_session_manager.h>

#include "fixture.hpp"
#include "tls/backend.hpp"

namespace safeq::test {

/// A client's place for one session; whatever lies in it is shown at the next connection, fit or not.
class Wallet final : public Botan::TLS::Session_Manager {
public:
    using Botan::TLS::Session_Manager::Session_Manager;
    std::optional<Botan::TLS::Session_with_Handle> kept;

    void store(const Botan::TLS::Session& session, const Botan::TLS::Session_Handle& handle) override {
        kept = Botan::TLS::Session_with_Handle{session, handle};
    }
    std::vector<Botan::TLS::Session_with_Handle> find(const Botan::TLS::Server_Information&, Botan::TLS::Callbacks&,
                                                      const Botan::TLS::Policy&) override {
        if (!kept) return {};
        return {*kept};
    }
    std::size_t remove(const Botan::TLS::Session_Handle&) override { return 0; }
    std::size_t remove_all() override { return 0; }

    [[nodiscard]] Bytes ticket() const {
        REQUIRE(kept);
        const Botan::TLS::Opaque_Session_Handle shown = kept->handle.opaque_handle();
        return to_bytes(std::as_bytes(std::span{shown.get()}));
    }
    void put(ByteView changed) {
        const auto bytes = crypto::to_botan(changed);
        kept->handle = Botan::TLS::Session_Ticket{std::vector(bytes.begin(), bytes.end())};
    }

protected:
    std::optional<Botan::TLS::Session> retrieve_one(const Botan::TLS::Session_Handle&) override { return std::nullopt; }
    std::vector<Botan::TLS::Session_with_Handle> find_some(const Botan::TLS::Server_Information&,
                                                           std::size_t) override {
        return {};
    }
};

/// What came of one connection, as the client saw it.
struct Visit {
    bool done = false;              ///< established at both ends
    bool resumed = false;           ///< says the client
    bool certificate = false;       ///< the server showed one
    bool asked = false;             ///< the client was asked for one
    std::optional<tls::Peer> peer;  ///< what the server knows
    std::optional<Error> server;
};

/// The backend's own client, which ours is not: it takes tickets and shows them again. Trusts every server.
class TicketClient {
public:
    struct Manner {
        bool tls13 = true;
        bool only_psk_ke = false;
        std::shared_ptr<const tls::Credentials> own = nullptr;
    };

    TicketClient(Random& random, const Clock& clock)
        : random_{std::make_shared<tls::RandomAdapter>(random)}, clock_{clock}, wallet{*this} {}

    [[nodiscard]] Visit visit(tls::Session server) { return visit(std::move(server), Manner{}); }

    [[nodiscard]] Visit visit(tls::Session server, const Manner& manner) {
        Visit visit;
        const auto ear = std::make_shared<Ear>(visit, clock_, manner);
        Botan::TLS::Client client{
            ear,
            wallet.manager,
            std::make_shared<Papers>(visit, manner),
            std::make_shared<Rules>(manner),
            random_,
            Botan::TLS::Server_Information{"print.example"},
            manner.tls13 ? Botan::TLS::Protocol_Version::TLS_V13 : Botan::TLS::Protocol_Version::TLS_V12,
            {"ipp", "h2"}};
        Bytes wire;
        for (bool moved = true; moved;) {
            moved = !ear->out.empty();
            if (auto taken = server.received(std::exchange(ear->out, {})); !taken) visit.server = taken.error();
            server.take_outgoing(wire);
            if (wire.empty()) continue;
            moved = true;
            try {
                client.received_data(crypto::to_botan(wire));
            } catch (const std::exception&) {
                return visit;
            }
        }
        visit.done = server.established() && client.is_active();
        if (server.established()) visit.peer = server.peer();
        return visit;
    }

private:
    struct Ear final : Botan::TLS::Callbacks {
        Ear(Visit& to, const Clock& clock, const Manner& how) : visit{to}, clock_{clock}, manner{how} {}
        Visit& visit;
        const Clock& clock_;
        Manner manner;
        Bytes out;
        void tls_emit_data(std::span<const std::uint8_t> data) override {
            const ByteView bytes = std::as_bytes(data);
            out.insert(out.end(), bytes.begin(), bytes.end());
        }
        void tls_record_received(std::uint64_t, std::span<const std::uint8_t>) override {}
        void tls_alert(Botan::TLS::Alert) override {}
        void tls_session_established(const Botan::TLS::Session_Summary& summary) override {
            visit.resumed = summary.was_resumption();
        }
        bool tls_should_persist_resumption_information(const Botan::TLS::Session&) override { return true; }
        void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>&,
                                   const std::vector<std::optional<Botan::OCSP::Response>>&,
                                   const std::vector<Botan::Certificate_Store*>&, Botan::Usage_Type, std::string_view,
                                   const Botan::TLS::Policy&) override {
            visit.certificate = true;
        }
        void tls_modify_extensions(Botan::TLS::Extensions& extensions, Botan::TLS::Connection_Side side,
                                   Botan::TLS::Handshake_Type type) override {
            if (manner.only_psk_ke && type == Botan::TLS::Handshake_Type::ClientHello) {
                using Botan::TLS::Extension_Code;
                extensions.remove_extension(Extension_Code::PskKeyExchangeModes);
                extensions.add(std::make_unique<Botan::TLS::PSK_Key_Exchange_Modes>(
                    std::vector{Botan::TLS::PSK_Key_Exchange_Mode::PSK_KE}));
                const Extension_Code last[]{Extension_Code::PresharedKey};  // RFC 8446, section 4.2.11
                extensions.reorder(last);
            }
            Callbacks::tls_modify_extensions(extensions, side, type);
        }
        std::chrono::system_clock::time_point tls_current_timestamp() override { return clock_.now(); }
    };

    struct Papers final : Botan::Credentials_Manager {
        Papers(Visit& to, const Manner& how) : visit{to}, own{how.own} {}
        Visit& visit;
        std::shared_ptr<const tls::Credentials> own;
        std::vector<Botan::X509_Certificate> find_cert_chain(const std::vector<std::string>&,
                                                             const std::vector<Botan::AlgorithmIdentifier>&,
                                                             const std::vector<Botan::X509_DN>&, const std::string&,
                                                             const std::string&) override {
            visit.asked = true;
            if (!own) return {};
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
        bool allow_dtls12() const override { return false; }
        bool require_cert_revocation_info() const override { return false; }
    };

    std::shared_ptr<tls::RandomAdapter> random_;
    const Clock& clock_;

public:
    struct Holder {
        explicit Holder(TicketClient& of) : manager{std::make_shared<Wallet>(of.random_)} {}
        std::shared_ptr<Wallet> manager;
        Wallet* operator->() const { return manager.get(); }
    } wallet;
};

}  // namespace safeq::test
