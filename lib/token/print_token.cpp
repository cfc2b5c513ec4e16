// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/print_token.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq::token {
namespace {

constexpr std::string_view path_prefix = "/ipp/t/";

PrintToken print_token_of(const TokenRecord& record) {
    return {.id = record.id,
            .tenant = record.tenant,
            .subject = record.subject,
            .label = record.label,
            .created = record.created,
            .expires = record.expires};
}

struct UriCharacter {
    char value;
    std::size_t length;
};

// The character that a URI has at `at`, percent-encoded (even more than once) or not.
UriCharacter uri_character(std::string_view text, std::size_t at) {
    if (text[at] != '%') return {text[at], 1};
    std::size_t digits = at + 1;
    while (text.substr(digits).starts_with("25")) digits += 2;
    const auto byte = from_hex(text.substr(digits, 2));
    if (!byte || byte->empty()) return {'%', 1};
    return {std::to_integer<char>(byte->front()), digits + 2 - at};
}

// Where the path of a print token that begins at `at` goes on with its secret; nothing when none begins there.
std::optional<std::size_t> secret_after(std::string_view text, std::size_t at) {
    for (std::size_t i = 0; i < path_prefix.size(); ++i) {
        if (at >= text.size()) return std::nullopt;
        const UriCharacter c = uri_character(text, at);
        if (!ascii_iequals({&c.value, 1}, path_prefix.substr(i, 1))) return std::nullopt;
        at += c.length;
        // Servers and proxies may fold slashes, so a doubled one leads to the same place.
        while (path_prefix[i] == '/' && at < text.size() && uri_character(text, at).value == '/')
            at += uri_character(text, at).length;
    }
    return at;
}

bool ends_uri(char c) { return static_cast<unsigned char>(c) <= ' ' || std::string_view{"\"'<>"}.contains(c); }

}  // namespace

Result<IssuedPrintToken> PrintTokens::issue(TenantId tenant, SubjectId subject, std::string_view label,
                                            std::optional<Time> expires) {
    if (tenant.nil() || subject.nil()) return fail(Errc::invalid_argument, "print token", "a nil id");
    SAFEQ_TRY_VOID(check_name(label, max_label_bytes, "print token label"));
    SAFEQ_TRY(const Time now, expiry_.now());
    if (expires && *expires <= now) return fail(Errc::invalid_argument, "print token", "an expiry that isn't ahead");
    const OpaqueToken token = OpaqueToken::generate(random_);
    const TokenRecord record{.hash = token.hash(TokenKind::print, tenant),
                             .id = TokenId::make(clock_, random_),
                             .kind = TokenKind::print,
                             .tenant = tenant,
                             .subject = subject,
                             .device = std::nullopt,
                             .label = std::string{label},
                             .created = now,
                             .idle_deadline = std::nullopt,
                             .expires = expires};
    const auto added = store_.add_within(record, max_print_tokens);
    if (!added && added.error().code == Errc::too_many)
        return fail(Errc::too_many, "print tokens", fmt::format("at most {} of one person", max_print_tokens));
    SAFEQ_TRY_VOID(added);
    return IssuedPrintToken{.text = token.text(), .token = print_token_of(record)};
}

Result<Submitter> PrintTokens::verify(std::string_view text, TenantId tenant) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(const OpaqueToken token, OpaqueToken::parse(text));
    const TokenHash hash = token.hash(TokenKind::print, tenant);
    const auto record = store_.find(tenant, hash);
    if (!record && record.error().code != Errc::not_found) return std::unexpected{record.error()};
    if (!record || record->hash != hash || record->kind != TokenKind::print || record->tenant != tenant)
        return fail(Errc::credential_wrong, "print token", "none of this tenant");
    if (record->expired_at(now)) {
        const auto erased = store_.erase(tenant, record->id);
        if (!erased && erased.error().code != Errc::not_found) return std::unexpected{erased.error()};
        return fail(Errc::expired, "print token");
    }
    return Submitter{.tenant = tenant, .subject = record->subject, .token = record->id};
}

Result<void> PrintTokens::revoke(TenantId tenant, SubjectId subject, TokenId id) {
    // Only among the person's own: an id of someone else's token, or of a session, is not found.
    SAFEQ_TRY(const std::vector<TokenRecord> records, store_.list(tenant, subject, TokenKind::print));
    if (std::ranges::find(records, id, &TokenRecord::id) == records.end()) return fail(Errc::not_found, "print token");
    return store_.erase(tenant, id);
}

Result<std::vector<PrintToken>> PrintTokens::list(TenantId tenant, SubjectId subject) {
    SAFEQ_TRY(const Time now, expiry_.now());
    SAFEQ_TRY(const std::vector<TokenRecord> records, store_.list(tenant, subject, TokenKind::print));
    std::vector<PrintToken> tokens;
    for (const TokenRecord& record : records) {
        if (!record.expired_at(now)) tokens.push_back(print_token_of(record));
    }
    return tokens;
}

crypto::Secret format_print_path(const crypto::Secret& text) {
    crypto::Secret path = crypto::Secret::zeroed(path_prefix.size() + text.size());
    std::ranges::copy(as_bytes(path_prefix), path.fill().begin());
    std::ranges::copy(text.expose(), path.fill().begin() + path_prefix.size());
    return path;
}

Result<std::string_view> parse_print_path(std::string_view path) {
    if (!path.starts_with(path_prefix)) return fail(Errc::not_found, "print path", "not /ipp/t/");
    const std::string_view text = path.substr(path_prefix.size());
    SAFEQ_TRY(const OpaqueToken token, OpaqueToken::parse(text));
    return text;
}

std::string redact_print_paths(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::optional<std::size_t> secret = secret_after(text, at);
        if (!secret) {
            out += text[at++];
            continue;
        }
        out.append(text.substr(at, *secret - at)).append("***");
        at = *secret;
        while (at < text.size() && !ends_uri(text[at])) ++at;
    }
    return out;
}

}  // namespace safeq::token
