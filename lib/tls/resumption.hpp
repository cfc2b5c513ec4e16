// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include <botan/tls_session.h>
#include <botan/tls_session_manager.h>

#include <safeq/tls/session.hpp>
#include <safeq/tls/tickets.hpp>

namespace safeq::tls {

/// What the backend asks for sessions to resume, at one connection to a listener with tickets; keeps nothing but when
/// the session that it resumes began. TLS 1.2 gets nothing here: see `Session`.
class Resumption final : public Botan::TLS::Session_Manager {
public:
    /// `clock` outlives it.
    Resumption(std::shared_ptr<const ServerContext> context, const Clock& clock,
               const std::shared_ptr<Botan::RandomNumberGenerator>& random)
        : Session_Manager{random}, context_{std::move(context)}, clock_{clock} {}

    std::optional<Botan::TLS::Session_Handle> establish(const Botan::TLS::Session& session,
                                                        const std::optional<Botan::TLS::Session_ID>& id,
                                                        bool tls12_no_ticket) override;
    std::optional<std::pair<Botan::TLS::Session, std::uint16_t>> choose_from_offered_tickets(
        const std::vector<Botan::TLS::PskIdentity>& tickets, std::string_view hash, Botan::TLS::Callbacks& callbacks,
        const Botan::TLS::Policy& policy) override;
    std::optional<Botan::TLS::Session> retrieve(const Botan::TLS::Session_Handle&, Botan::TLS::Callbacks&,
                                                const Botan::TLS::Policy&) override {
        return std::nullopt;
    }
    void store(const Botan::TLS::Session&, const Botan::TLS::Session_Handle&) override {}
    std::size_t remove(const Botan::TLS::Session_Handle&) override { return 0; }
    std::size_t remove_all() override { return 0; }
    bool emits_session_tickets() override { return false; }  // asked by TLS 1.2 alone

protected:
    std::optional<Botan::TLS::Session> retrieve_one(const Botan::TLS::Session_Handle&) override { return std::nullopt; }
    std::vector<Botan::TLS::Session_with_Handle> find_some(const Botan::TLS::Server_Information&,
                                                           std::size_t) override {
        return {};
    }

private:
    [[nodiscard]] std::optional<Botan::TLS::Session> take(ByteView ticket, std::string_view hash);

    std::shared_ptr<const ServerContext> context_;
    const Clock& clock_;
    std::optional<Time> since_;
};

}  // namespace safeq::tls
