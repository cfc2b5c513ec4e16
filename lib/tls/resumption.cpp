// SPDX-License-Identifier: Apache-2.0
#include <tls/resumption.hpp>

#include <algorithm>

#include <botan/tls_psk_13.h>
#include <botan/tls_session.h>

#include <crypto/botan_bytes.hpp>

namespace safeq::tls {

namespace {

// A client that offers many tickets has us open no more of them than this.
constexpr std::size_t max_offers = 4;

}  // namespace

std::optional<Botan::TLS::Session_Handle> Resumption::establish(const Botan::TLS::Session& session,
                                                                const std::optional<Botan::TLS::Session_ID>&, bool) {
    if (session.version() != Botan::TLS::Protocol_Version::TLS_V13) return std::nullopt;
    const ServerConfig& config = context_->config();
    const auto der = session.DER_encode();
    // A resumed session's new ticket ends when the first one would have: proof by the certificate is due again then.
    const Bytes ticket = config.tickets->seal({crypto::from_botan(der)}, since_.value_or(clock_.now()),
                                              config.credentials->certificate().fingerprint());
    if (ticket.size() > TicketKeys::max_ticket_bytes) return std::nullopt;
    const auto bytes = crypto::to_botan(ticket);
    return Botan::TLS::Session_Handle{Botan::TLS::Session_Ticket{std::vector(bytes.begin(), bytes.end())}};
}

std::optional<Botan::TLS::Session> Resumption::take(ByteView ticket, std::string_view hash) {
    const ServerConfig& config = context_->config();
    const Certificate& shown = config.credentials->certificate();
    const Time now = clock_.now();
    if (now < shown.not_before() || now > shown.not_after()) return std::nullopt;
    // That it isn't revoked was seen when the context was made, by lists that don't change; they may have ended since.
    if (config.own_anchors && config.own_anchors->revocation_end().value_or(Time::max()) <= now) return std::nullopt;
    auto opened = config.tickets->open(ticket, shown.fingerprint());
    if (!opened) return std::nullopt;
    Botan::TLS::Session session{crypto::to_botan(opened->session.expose())};
    const Suite* const suite = config.policy->find_suite(session.ciphersuite_code());
    if (session.version() != Botan::TLS::Protocol_Version::TLS_V13 || suite == nullptr ||
        suite->version != Version::v1_3 || session.ciphersuite().prf_algo() != hash || !session.peer_certs().empty())
        return std::nullopt;
    since_ = opened->since;
    return session;
}

std::optional<std::pair<Botan::TLS::Session, std::uint16_t>> Resumption::choose_from_offered_tickets(
    const std::vector<Botan::TLS::PskIdentity>& tickets, std::string_view hash, Botan::TLS::Callbacks&,
    const Botan::TLS::Policy&) {
    for (std::size_t i = 0; i < std::min(tickets.size(), max_offers); ++i)
        if (auto session = take(crypto::from_botan(tickets[i].identity()), hash))
            return std::pair{std::move(*session), static_cast<std::uint16_t>(i)};
    return std::nullopt;
}

}  // namespace safeq::tls
