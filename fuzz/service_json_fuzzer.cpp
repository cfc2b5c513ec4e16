// SPDX-License-Identifier: Apache-2.0
// Under test: service::SealedCredential::parse, service::Ticket::parse, service::parse_factors, service::parse_wish,
// service::parse_new_user, service::parse_user_change, service::parse_new_device,
// service::parse_device_change, service::parse_device_crl, service::parse_import, service::parse_new_token,
// service::parse_report_event, service::read_identity, service::read_remote_jobs, service::read_subject_key,
// service::read_refusal, job::parse_state. Property: what is taken keeps to the bounds of its members and holds no name
// that deceives a reader; written again it is read as the same; a credential, a ticket and an event of the report
// server have one form that their own writer gives; what can't be read of an answer is `unavailable`, and a refusal
// always has a code.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <safeq/auth/account.hpp>
#include <safeq/core/text.hpp>
#include <safeq/service/sealed_credential.hpp>
#include <safeq/service/ticket.hpp>
#include <safeq/service/upstream_answer.hpp>

#include "core/json.hpp"
#include "service/api_bodies.hpp"

using namespace safeq;
using namespace safeq::service;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void require_name(std::string_view text, std::size_t most) { require(check_name(text, most, "").has_value()); }

std::string text_of(const crypto::Secret& secret) { return std::string{as_text(secret.expose())}; }

void check_credential(std::string_view text) {
    const auto credential = SealedCredential::parse(text);
    if (!credential) return;
    require(credential->user.size() <= 255 && credential->address.size() <= 64);
    require(credential->ciphertext.size() >= crypto::aead_tag_bytes);
    const std::string written = credential->encode();
    const auto again = SealedCredential::parse(written);
    require(again && again->encode() == written && again->user == credential->user);
    require(again->nonce == credential->nonce && again->enc == credential->enc);
}

void check_ticket(std::string_view text) {
    const auto ticket = Ticket::parse(text);
    if (!ticket) return;
    require(ticket->ipp_id >= 1 && ticket->copies >= 1 && ticket->documents >= 1);
    require_name(ticket->title, 1023);
    require_name(ticket->user_name, 255);
    require_name(ticket->format, 255);
    require(Ticket::parse(ticket->encode()) == *ticket);
}

Json to_json(const auth::Factor& factor) {
    if (const auto* card = std::get_if<auth::GivenCard>(&factor)) {
        require(card->type == "uid" && card->uid.size() <= 2 * auth::Card::max_uid_bytes);
        return {{"type", "card"}, {"uid", card->uid}};
    }
    if (const auto* pin = std::get_if<auth::GivenPin>(&factor)) {
        require(pin->digits.size() <= auth::Pin::max_digits);
        return {{"type", "pin"}, {"pin", text_of(pin->digits)}};
    }
    const auto& password = std::get<auth::GivenPassword>(factor);  // nobody sends a token that is verified already
    require(password.name.size() <= auth::max_user_name_bytes && password.password.size() <= auth::max_password_bytes);
    return {{"type", "password"}, {"user", password.name}, {"password", text_of(password.password)}};
}

Json to_json(const std::vector<auth::Factor>& factors) {
    Json list = Json::array();
    for (const auth::Factor& factor : factors) list.push_back(to_json(factor));
    return {{"factors", std::move(list)}};
}

Json to_json(const NewUser& user) {
    Json out{{"name", user.name}};
    if (user.display_name) out["display_name"] = *user.display_name;
    if (user.password) out["password"] = text_of(*user.password);
    if (user.pin) out["pin"] = text_of(*user.pin);
    out["cards"] = user.cards;
    require(user.name.size() <= auth::max_user_name_bytes && user.cards.size() <= auth::max_cards);
    require(!user.pin || user.pin->size() <= auth::Pin::max_digits);
    return out;
}

Json to_json(const UserChange& change) {
    Json out = Json::object();
    if (change.display_name) out["display_name"] = *change.display_name;
    if (change.password) out["password"] = text_of(*change.password);
    if (change.pin) out["pin"] = text_of(*change.pin);
    if (change.without_password) out["password"] = nullptr;
    if (change.without_pin) out["pin"] = nullptr;
    if (change.cards) out["cards"] = *change.cards;
    if (change.disabled) out["disabled"] = *change.disabled;
    require(!(change.password && change.without_password) && !(change.pin && change.without_pin));
    require(!change.cards || change.cards->size() <= auth::max_cards);
    require(!change.pin || change.pin->size() <= auth::Pin::max_digits);
    return out;
}

Json to_json(const NewDevice& device) {
    Json out{{"id", device.id.text()},
             {"name", device.name},
             {"uri", device.uri},
             {"terminal", "sha256:" + to_hex(device.terminal)},
             {"rule", device.factor_rule}};
    if (const auto* pin = std::get_if<job::CertificatePin>(&device.trust))
        out["key_pin"] = "sha256:" + to_hex(pin->fingerprint);
    else out["authority"] = std::get<job::CertificateAuthority>(device.trust).pem;
    require(device.name.size() <= 255 && device.uri.size() <= 1023 && device.factor_rule.size() <= 128);
    return out;
}

Json to_json(const DeviceChange& change) {
    Json out = Json::object();
    if (change.uri) out["uri"] = *change.uri;
    if (change.key_pin) out["key_pin"] = "sha256:" + to_hex(*change.key_pin);
    if (change.authority) out["authority"] = *change.authority;
    if (change.crl) out["crl"] = *change.crl;
    if (change.terminal) out["terminal"] = "sha256:" + to_hex(*change.terminal);
    if (change.factor_rule) out["rule"] = *change.factor_rule;
    require(!change.uri || change.uri->size() <= 1023);
    require(!change.crl || change.crl->size() <= job::max_crl_bytes);
    require(!change.factor_rule || change.factor_rule->size() <= 128);
    return out;
}

Json to_json(const NewToken& token) {
    Json out{{"label", token.label}};
    if (token.lifetime) out["days"] = token.lifetime->count();
    require(token.label.size() <= token::max_label_bytes);
    require(!token.lifetime || (token.lifetime->count() >= 1 && token.lifetime->count() <= 3650));
    return out;
}

Json to_json(const Identity& identity) {
    require_name(identity.user_name, auth::max_user_name_bytes);
    return {{"subject", identity.subject.text()}, {"user", identity.user_name}};
}

Json to_json(const RemoteJobs& read) {
    Json rows = Json::array();
    for (const RemoteJob& job : read.jobs) {
        require(job.ipp_id >= 1 && (!job.pages || *job.pages <= 0x7fffffff));
        require_name(job.title, 1023);
        require_name(job.format, 255);
        rows.push_back(Json{{"id", job.id.text()},
                            {"ipp_id", job.ipp_id},
                            {"state", job::name(job.state)},
                            {"title", job.title},
                            {"format", job.format},
                            {"bytes", job.bytes},
                            {"pages", job.pages ? Json(*job.pages) : Json(nullptr)},
                            {"created", to_rfc3339(job.created)},
                            {"changed", to_rfc3339(job.changed)}});
    }
    return {{"jobs", std::move(rows)}, {"waiting_jobs", read.waiting.jobs}, {"waiting_bytes", read.waiting.bytes}};
}

Json to_json(const audit::SubjectKey& key) { return {{"key", to_base64(key.expose())}}; }

/// What is read, written in one way, is read and written as the same.
template <class Parse>
auto check_body(Parse parse, std::string_view text) {
    auto read = parse(text);
    if (read) {
        const std::string written = to_json(*read).dump();
        const auto again = parse(written);
        require(again && to_json(*again).dump() == written);
    }
    return read;
}

template <class Parse>
void check_answer(Parse parse, std::string_view text) {
    const auto read = check_body(parse, text);
    require(read || read.error().code == Errc::unavailable);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_credential(text);
    check_ticket(text);
    if (const auto factors = check_body(parse_factors, text)) require(factors->size() <= 4);
    (void)check_body(parse_new_user, text);
    (void)check_body(parse_user_change, text);
    (void)check_body(parse_new_device, text);
    (void)check_body(parse_device_change, text);
    (void)check_body(parse_new_token, text);
    if (const auto crl = parse_device_crl(text)) require(is_utf8(*crl) && crl->size() <= job::max_crl_bytes);
    if (const auto file = parse_import(text)) require(is_utf8(*file) && file->size() <= auth::max_import_bytes);
    if (const auto event = parse_report_event(text)) {
        require(event->encode() == text);
        if (const auto* const started = std::get_if<ReportStarted>(&event->what))
            require_name(started->version, ReportEvent::max_version_bytes);
        if (const auto* const reloaded = std::get_if<ReportReloaded>(&event->what))
            require_name(reloaded->serial, ReportEvent::max_serial_bytes);
    }
    const auto wish = parse_wish(text);
    require(!text.empty() || wish == job::Wish::print);
    require(wish != job::Wish::print_again || text.contains("true"));
    check_answer(read_identity, text);
    check_answer(read_remote_jobs, text);
    check_answer(read_subject_key, text);
    const Error refusal = read_refusal(403, text, "a wish");
    require(refusal.code == Errc::denied || text.contains("error"));
    if (const auto state = job::parse_state(text)) require(job::name(*state) == text);
    return 0;
}
