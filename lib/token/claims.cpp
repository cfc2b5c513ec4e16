// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/claims.hpp>

#include <string_view>

#include <fmt/format.h>

#include <safeq/token/purpose.hpp>

namespace safeq::token {
namespace {

constexpr const char* where = "claims";
constexpr std::string_view head = R"({"v":)";
constexpr Time last_time{std::chrono::milliseconds{253'402'300'799'999}};  // 9999-12-31T23:59:59.999Z

bool is_writable(Time time) noexcept { return time >= Time{} && time <= last_time; }

// Reads members one after the other. Every value is a text that needs no escape, so a quote ends it.
class Cursor {
public:
    explicit Cursor(std::string_view text) noexcept : rest_{text} {}

    [[nodiscard]] bool skip(std::string_view expected) noexcept {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    // The value of the member that begins with `opening`, up to its quote.
    [[nodiscard]] Result<std::string_view> member(std::string_view opening) {
        if (!skip(opening)) return fail(Errc::malformed, where, "expected " + std::string{opening});
        const std::size_t quote = rest_.find('"');
        if (quote == std::string_view::npos) return fail(Errc::malformed, where, "unended text");
        const std::string_view value = rest_.substr(0, quote);
        rest_.remove_prefix(quote + 1);
        return value;
    }

    [[nodiscard]] bool at(std::string_view expected) const noexcept { return rest_.starts_with(expected); }
    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
};

}  // namespace

Result<std::string> Claims::encode() const {
    if (!is_purpose_name(purpose)) return fail(Errc::invalid_argument, where, "purpose");
    if (!is_writable(issued) || !is_writable(not_before) || !is_writable(expires))
        return fail(Errc::invalid_argument, where, "a time outside 1970 to 9999");
    std::string out = fmt::format(R"({}1,"jti":"{}","sub":"{}","tenant":"{}","aud":"{}","purpose":"{}")", head,
                                  id.text(), subject.text(), tenant.text(), audience.text(), purpose);
    if (session) out += fmt::format(R"(,"session":"{}")", session->text());
    out += fmt::format(R"(,"iat":"{}","nbf":"{}","exp":"{}"}})", to_rfc3339(issued), to_rfc3339(not_before),
                       to_rfc3339(expires));
    return out;
}

Result<Claims> Claims::parse(ByteView json) {
    if (json.size() > max_claims_bytes) return fail(Errc::too_large, where);
    Cursor cursor{as_text(json)};
    if (!cursor.skip(head)) return fail(Errc::malformed, where, "no version");
    if (!cursor.skip("1,")) return fail(Errc::bad_version, where);
    SAFEQ_TRY(const auto id_text, cursor.member(R"("jti":")"));
    SAFEQ_TRY(const auto subject_text, cursor.member(R"(,"sub":")"));
    SAFEQ_TRY(const auto tenant_text, cursor.member(R"(,"tenant":")"));
    SAFEQ_TRY(const auto audience_text, cursor.member(R"(,"aud":")"));
    SAFEQ_TRY(const auto purpose_text, cursor.member(R"(,"purpose":")"));
    std::optional<SessionId> session;
    if (cursor.at(R"(,"session")")) {
        SAFEQ_TRY(const auto session_text, cursor.member(R"(,"session":")"));
        SAFEQ_TRY(session, SessionId::parse(session_text));
    }
    SAFEQ_TRY(const auto issued_text, cursor.member(R"(,"iat":")"));
    SAFEQ_TRY(const auto not_before_text, cursor.member(R"(,"nbf":")"));
    SAFEQ_TRY(const auto expires_text, cursor.member(R"(,"exp":")"));
    if (!cursor.skip("}") || !cursor.done()) return fail(Errc::malformed, where, "more than its members");
    if (!is_purpose_name(purpose_text)) return fail(Errc::malformed, where, "purpose");
    SAFEQ_TRY(Audience audience, Audience::parse(audience_text));
    Claims claims{.id = {},
                  .tenant = {},
                  .subject = {},
                  .audience = std::move(audience),
                  .purpose = std::string{purpose_text},
                  .session = session};
    SAFEQ_TRY(claims.id, TokenId::parse(id_text));
    SAFEQ_TRY(claims.subject, SubjectId::parse(subject_text));
    SAFEQ_TRY(claims.tenant, TenantId::parse(tenant_text));
    SAFEQ_TRY(claims.issued, parse_rfc3339(issued_text));
    SAFEQ_TRY(claims.not_before, parse_rfc3339(not_before_text));
    SAFEQ_TRY(claims.expires, parse_rfc3339(expires_text));
    return claims;
}

}  // namespace safeq::token
