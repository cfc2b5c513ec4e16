// SPDX-License-Identifier: Apache-2.0
#include "bench/botan_channel.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <botan/credentials_manager.h>
#include <botan/data_src.h>
#include <botan/pkcs8.h>
#include <botan/system_rng.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_policy.h>
#include <botan/tls_server.h>
#include <botan/tls_session_manager_noop.h>
#include <botan/x509cert.h>

#include "bench/figure.hpp"

namespace safeq::bench {
namespace {

using Bytes = std::vector<std::uint8_t>;

class Ends final : public Botan::TLS::Callbacks {
public:
    Bytes out;
    std::uint64_t received = 0;

    void tls_emit_data(std::span<const std::uint8_t> data) override { out.insert(out.end(), data.begin(), data.end()); }
    void tls_record_received(std::uint64_t, std::span<const std::uint8_t> data) override { received += data.size(); }
    void tls_alert(Botan::TLS::Alert alert) override {
        if (alert.is_fatal()) std::exit(1);
    }
    void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>&,
                               const std::vector<std::optional<Botan::OCSP::Response>>&,
                               const std::vector<Botan::Certificate_Store*>&, Botan::Usage_Type, std::string_view,
                               const Botan::TLS::Policy&) override {}
};

class Shown final : public Botan::Credentials_Manager {
public:
    Shown(std::string_view key_pem, std::string_view certificate_pem) {
        Botan::DataSource_Memory certificate{certificate_pem};
        chain_.emplace_back(certificate);
        Botan::DataSource_Memory key{key_pem};
        key_ = Botan::PKCS8::load_key(key);
    }
    std::vector<Botan::X509_Certificate> find_cert_chain(const std::vector<std::string>&,
                                                         const std::vector<Botan::AlgorithmIdentifier>&,
                                                         const std::vector<Botan::X509_DN>&, const std::string& type,
                                                         const std::string&) override {
        return type == "tls-server" ? chain_ : std::vector<Botan::X509_Certificate>{};
    }
    std::shared_ptr<Botan::Private_Key> private_key_for(const Botan::X509_Certificate&, const std::string&,
                                                        const std::string&) override {
        return key_;
    }

private:
    std::vector<Botan::X509_Certificate> chain_;
    std::shared_ptr<Botan::Private_Key> key_;
};

class OneSuite final : public Botan::TLS::Policy {
public:
    std::vector<std::string> allowed_ciphers() const override { return {"AES-256/GCM"}; }
    bool allow_tls12() const override { return false; }
};

}  // namespace

struct BotanChannel::Impl {
    std::shared_ptr<Ends> near = std::make_shared<Ends>(), far = std::make_shared<Ends>();
    std::shared_ptr<Shown> shown;
    std::shared_ptr<OneSuite> policy = std::make_shared<OneSuite>();
    std::shared_ptr<Botan::TLS::Session_Manager_Noop> sessions = std::make_shared<Botan::TLS::Session_Manager_Noop>();
    std::shared_ptr<Botan::System_RNG> random = std::make_shared<Botan::System_RNG>();
    std::unique_ptr<Botan::TLS::Server> server;
    std::unique_ptr<Botan::TLS::Client> client;
    Bytes piece = Bytes(64 * 1024, 0x33);

    void give(Botan::TLS::Channel& to, Bytes& bytes) {
        Bytes now;
        now.swap(bytes);
        if (!now.empty()) to.received_data(now);
    }
};

BotanChannel::BotanChannel(std::string_view key_pem, std::string_view certificate_pem)
    : impl_{std::make_unique<Impl>()} {
    Impl& my = *impl_;
    my.shown = std::make_shared<Shown>(key_pem, certificate_pem);
    my.server = std::make_unique<Botan::TLS::Server>(my.near, my.sessions, my.shown, my.policy, my.random);
    my.client = std::make_unique<Botan::TLS::Client>(my.far, my.sessions, my.shown, my.policy, my.random,
                                                     Botan::TLS::Server_Information{"localhost"},
                                                     Botan::TLS::Protocol_Version::TLS_V13);
    while (!my.near->out.empty() || !my.far->out.empty()) {
        my.give(*my.server, my.far->out);
        my.give(*my.client, my.near->out);
    }
    if (!my.server->is_active() || !my.client->is_active()) std::exit(1);
}

BotanChannel::~BotanChannel() = default;

double BotanChannel::receive(std::uint64_t bytes) {
    Impl& my = *impl_;
    constexpr std::uint64_t batch = 16 << 20;
    constexpr std::size_t reads = 64 * 1024;
    double took = 0;
    my.near->received = 0;
    for (std::uint64_t done = 0; done < bytes; done += batch) {
        my.far->out.clear();
        for (std::uint64_t at = 0; at < batch; at += my.piece.size()) my.client->send(my.piece);
        took += cpu_seconds([&] {
            const std::span<const std::uint8_t> all{my.far->out};
            for (std::size_t at = 0; at < all.size(); at += reads)
                my.server->received_data(all.subspan(at, std::min(reads, all.size() - at)));
        });
    }
    my.far->out.clear();
    if (my.near->received < bytes) std::exit(1);
    return static_cast<double>(bytes) / took;
}

double BotanChannel::send(std::uint64_t bytes) {
    Impl& my = *impl_;
    return static_cast<double>(bytes) / cpu_seconds([&] {
               for (std::uint64_t done = 0; done < bytes; done += my.piece.size()) {
                   my.near->out.clear();
                   my.server->send(my.piece);
               }
           });
}

}  // namespace safeq::bench
