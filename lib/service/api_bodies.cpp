// SPDX-License-Identifier: Apache-2.0
#include "service/api_bodies.hpp"

#include <algorithm>

#include <safeq/audit/record.hpp>
#include <safeq/auth/account.hpp>
#include <safeq/core/text.hpp>
#include <safeq/token/print_token.hpp>

#include "core/json.hpp"

namespace safeq::service {
namespace {

Result<crypto::Sha256Digest> fingerprint(std::string_view text, const char* what) {
    constexpr std::string_view prefix = "sha256:";
    if (!text.starts_with(prefix)) return fail(Errc::malformed, what, "expected sha256: and 64 hexadecimal digits");
    SAFEQ_TRY(const Bytes bytes, from_hex(text.substr(prefix.size())));
    crypto::Sha256Digest out{};
    if (bytes.size() != out.size()) return fail(Errc::malformed, what, "expected sha256: and 64 hexadecimal digits");
    std::memcpy(out.data(), bytes.data(), out.size());
    return out;
}

Result<auth::Factor> parse_factor(const JsonReader& object) {
    SAFEQ_TRY(const std::string type, object.text("type", 16));
    if (type == "card") {
        SAFEQ_TRY(std::string uid, object.text("uid", 2 * auth::Card::max_uid_bytes));
        auth::GivenCard card{.type = std::string{auth::Card::default_type}, .uid = std::move(uid)};
        if (object.has("card_type")) {
            SAFEQ_TRY(card.type, object.text("card_type", auth::Card::max_type_bytes));
        }
        return auth::Factor{std::move(card)};
    }
    if (type == "pin") {
        SAFEQ_TRY(const std::string pin, object.text("pin", auth::Pin::max_digits));
        return auth::Factor{auth::GivenPin{.digits = crypto::Secret::copy_of(pin)}};
    }
    if (type == "password") {
        SAFEQ_TRY(std::string user, object.text("user", auth::max_user_name_bytes));
        SAFEQ_TRY(const std::string password, object.text("password", auth::max_password_bytes));
        return auth::Factor{
            auth::GivenPassword{.name = std::move(user), .password = crypto::Secret::copy_of(password)}};
    }
    return fail(Errc::malformed, "factors.type", "expected card, pin or password");
}

Result<std::optional<crypto::Secret>> secret(const JsonReader& object, const char* name, std::size_t max_bytes) {
    if (!object.has(name)) return std::nullopt;
    SAFEQ_TRY(const std::string text, object.text(name, max_bytes));
    return crypto::Secret::copy_of(text);
}

Result<Errc> parse_reason(const JsonReader& object) {
    SAFEQ_TRY(const std::string text, object.text("reason", 64));
    const auto known = all_error_codes();
    const auto found = std::ranges::find_if(known, [&](Errc one) { return name(one) == text; });
    if (found == known.end()) return fail(Errc::malformed, "event.reason", "no error's name");
    return *found;
}

Result<crypto::Sha256Digest> parse_configuration(const JsonReader& object) {
    crypto::Sha256Digest out{};
    SAFEQ_TRY(const std::string digest, object.text("configuration", 2 * out.size()));
    SAFEQ_TRY(const Bytes bytes, from_hex(digest));
    if (bytes.size() != out.size())
        return fail(Errc::malformed, "event.configuration", "expected 64 hexadecimal digits");
    std::ranges::copy(bytes, out.begin());
    return out;
}

Result<ReportStarted> parse_started(const JsonReader& object) {
    ReportStarted out{};
    SAFEQ_TRY(out.version, object.text("version", ReportEvent::max_version_bytes));
    SAFEQ_TRY_VOID(check_name(out.version, ReportEvent::max_version_bytes, "event.version"));
    SAFEQ_TRY(out.configuration, parse_configuration(object));
    return out;
}

Result<ReportReloaded> parse_reloaded(const JsonReader& object) {
    ReportReloaded out{};
    SAFEQ_TRY(out.serial, object.text("serial", ReportEvent::max_serial_bytes));
    SAFEQ_TRY_VOID(check_name(out.serial, ReportEvent::max_serial_bytes, "event.serial"));
    SAFEQ_TRY(out.expires, object.time("expires"));
    SAFEQ_TRY(out.configuration, parse_configuration(object));
    return out;
}

}  // namespace

Result<std::vector<auth::Factor>> parse_factors(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_terminal_body, "sign-in"));
    SAFEQ_TRY(const std::vector<JsonReader> given, object.objects("factors", 4));
    std::vector<auth::Factor> out;
    for (const JsonReader& one : given) {
        SAFEQ_TRY(auth::Factor factor, parse_factor(one));
        out.push_back(std::move(factor));
    }
    return out;
}

Result<job::Wish> parse_wish(std::string_view body) {
    if (body.empty()) return job::Wish::print;
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_terminal_body, "release"));
    if (!object.has("again")) return job::Wish::print;
    SAFEQ_TRY(const bool again, object.boolean("again"));
    return again ? job::Wish::print_again : job::Wish::print;
}

Result<NewUser> parse_new_user(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_admin_body, "user"));
    NewUser user;
    SAFEQ_TRY(user.name, object.text("name", auth::max_user_name_bytes));
    if (object.has("display_name")) {
        SAFEQ_TRY(user.display_name, object.text("display_name", auth::max_display_name_bytes));
    }
    SAFEQ_TRY(user.password, secret(object, "password", auth::max_password_bytes));
    SAFEQ_TRY(user.pin, secret(object, "pin", auth::Pin::max_digits));
    if (object.has("cards")) {
        SAFEQ_TRY(user.cards, object.texts("cards", auth::max_cards, auth::Card::max_text_bytes));
    }
    return user;
}

Result<UserChange> parse_user_change(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_admin_body, "user"));
    UserChange change;
    if (object.is_null("display_name")) change.display_name.emplace();
    if (object.has("display_name")) {
        SAFEQ_TRY(change.display_name, object.text("display_name", auth::max_display_name_bytes));
    }
    SAFEQ_TRY(change.password, secret(object, "password", auth::max_password_bytes));
    SAFEQ_TRY(change.pin, secret(object, "pin", auth::Pin::max_digits));
    change.without_password = object.is_null("password");
    change.without_pin = object.is_null("pin");
    if (object.is_null("cards")) change.cards.emplace();
    if (object.has("cards")) {
        SAFEQ_TRY(change.cards, object.texts("cards", auth::max_cards, auth::Card::max_text_bytes));
    }
    if (object.has("disabled")) {
        SAFEQ_TRY(change.disabled, object.boolean("disabled"));
    }
    return change;
}

Result<NewDevice> parse_new_device(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_device_body, "device"));
    NewDevice device;
    SAFEQ_TRY(device.id, object.id<DeviceId>("id"));
    SAFEQ_TRY(device.name, object.text("name", 255));
    SAFEQ_TRY(device.uri, object.text("uri", 1023));
    SAFEQ_TRY(const std::string terminal, object.text("terminal", 128));
    SAFEQ_TRY(device.terminal, fingerprint(terminal, "device.terminal"));
    SAFEQ_TRY(device.factor_rule, object.text("rule", 128));
    if (object.has("key_pin")) {
        SAFEQ_TRY(const std::string pin, object.text("key_pin", 128));
        SAFEQ_TRY(const crypto::Sha256Digest digest, fingerprint(pin, "device.key_pin"));
        device.trust = job::CertificatePin{digest};
    } else {
        SAFEQ_TRY(std::string authority, object.text("authority", 32 * 1024));
        std::string crl;
        if (object.has("crl")) {
            SAFEQ_TRY(crl, object.text("crl", job::max_crl_bytes));
        }
        device.trust = job::CertificateAuthority{std::move(authority), std::move(crl)};
    }
    return device;
}

Result<DeviceChange> parse_device_change(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_device_body, "device"));
    DeviceChange change;
    const auto text = [&](std::optional<std::string>& into, const char* name, std::size_t max_bytes) -> Result<void> {
        if (!object.has(name)) return {};
        SAFEQ_TRY(into, object.text(name, max_bytes));
        return {};
    };
    const auto key = [&](std::optional<job::CertificateFingerprint>& into, const char* name) -> Result<void> {
        std::optional<std::string> written;
        SAFEQ_TRY_VOID(text(written, name, 128));
        if (!written) return {};
        SAFEQ_TRY(into, fingerprint(*written, name));
        return {};
    };
    SAFEQ_TRY_VOID(text(change.uri, "uri", 1023));
    SAFEQ_TRY_VOID(key(change.key_pin, "key_pin"));
    SAFEQ_TRY_VOID(text(change.authority, "authority", 32 * 1024));
    if (object.is_null("crl")) change.crl.emplace();
    SAFEQ_TRY_VOID(text(change.crl, "crl", job::max_crl_bytes));
    SAFEQ_TRY_VOID(key(change.terminal, "terminal"));
    SAFEQ_TRY_VOID(text(change.factor_rule, "rule", 128));
    return change;
}

Result<std::string> parse_device_crl(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_device_body, "device"));
    return object.text("crl", job::max_crl_bytes);
}

Result<std::string> parse_import(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_import_body, "import"));
    return object.text("file", auth::max_import_bytes);
}

Result<NewToken> parse_new_token(std::string_view body) {
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, max_admin_body, "token"));
    NewToken out;
    SAFEQ_TRY(out.label, object.text("label", token::max_label_bytes));
    if (object.has("days")) {
        SAFEQ_TRY(const std::int64_t days, object.integer("days", 1, 3650));
        out.lifetime = std::chrono::days{days};
    }
    return out;
}

Result<ReportEvent> parse_report_event(std::string_view body) {
    using audit::Kind;
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(body, ReportEvent::max_bytes, "event"));
    ReportEvent out;
    SAFEQ_TRY(out.id, object.id<RecordId>("id"));
    SAFEQ_TRY(const std::string event, object.text("event", 40));
    if (event == audit::name(Kind::sign_in)) {
        out.what = AuditorSignedIn{};
    } else if (event == audit::name(Kind::sign_in_refused)) {
        SAFEQ_TRY(const Errc reason, parse_reason(object));
        out.what = AuditorRefused{reason};
    } else if (event == audit::name(Kind::daemon_started)) {
        SAFEQ_TRY(out.what, parse_started(object));
    } else if (event == audit::name(Kind::daemon_stopped)) {
        out.what = ReportStopped{};
    } else if (event == audit::name(Kind::credentials_reloaded)) {
        SAFEQ_TRY(out.what, parse_reloaded(object));
    } else if (event == audit::name(Kind::time_changed)) {
        constexpr auto most = static_cast<std::int64_t>(audit::max_number);
        SAFEQ_TRY(const std::int64_t by, object.integer("by_ms", -most, most));
        out.what = ReportTimeChanged{std::chrono::milliseconds{by}};
    } else {
        return fail(Errc::malformed, "event.event", "nothing that a report server tells");
    }
    if (out.encode() != body) return fail(Errc::not_canonical, "event", "not in its one form");
    return out;
}

}  // namespace safeq::service
