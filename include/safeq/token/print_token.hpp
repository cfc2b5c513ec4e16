// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/core/random.hpp>
#include <safeq/token/expiry.hpp>
#include <safeq/token/store.hpp>

namespace safeq::token {

inline constexpr std::size_t max_label_bytes = 64;
inline constexpr std::size_t max_print_tokens = 32;  ///< for one person

/// What its owner sees of a print token.
struct PrintToken {
    TokenId id;
    TenantId tenant;
    SubjectId subject;
    std::string label;
    Time created{};
    std::optional<Time> expires;

    friend bool operator==(const PrintToken&, const PrintToken&) = default;
};

/// A print token and its text, which is given out this once.
struct IssuedPrintToken {
    crypto::Secret text;
    PrintToken token;
};

/// The bearer of a print token: may submit jobs in the owner's name, and see and cancel those that came by this token
/// while the intake that took them remembers them; nothing else.
struct Submitter {
    TenantId tenant;
    SubjectId subject;
    TokenId token;

    friend bool operator==(const Submitter&, const Submitter&) = default;
};

/// Issues, verifies and revokes print tokens. *Threads*: safe from several threads. Borrows store, clock, randomness.
class PrintTokens final {
public:
    PrintTokens(TokenStore& store, const Clock& clock, Random& random) noexcept
        : store_{store}, clock_{clock}, random_{random}, expiry_{clock, store} {}

    /// *Errors*: `invalid_argument` for a nil id or an expiry that isn't ahead; `too_many` beyond 32 of one person;
    /// `too_large`, `invalid_utf8`, `control_character` for the label; the store's.
    [[nodiscard]] Result<IssuedPrintToken> issue(TenantId tenant, SubjectId subject, std::string_view label,
                                                 std::optional<Time> expires = std::nullopt);

    /// *Errors*: `malformed`, `not_canonical`; `credential_wrong` for a text that is no print token of this tenant
    /// (revoked ones too); `expired`, once, because then it is gone; the store's. Peers are told `denied`.
    [[nodiscard]] Result<Submitter> verify(std::string_view text, TenantId tenant);

    /// Ends a token of this person. *Errors*: `not_found`.
    [[nodiscard]] Result<void> revoke(TenantId tenant, SubjectId subject, TokenId id);

    /// Those that are still good.
    [[nodiscard]] Result<std::vector<PrintToken>> list(TenantId tenant, SubjectId subject);

private:
    TokenStore& store_;
    const Clock& clock_;
    Random& random_;
    ExpiryClock expiry_;
};

/// The path of a printer's URI that carries a print token: `/ipp/t/<text>`.
/// *Requires*: `text` is a token's.
[[nodiscard]] crypto::Secret format_print_path(const crypto::Secret& text);

/// The token's text in a path. *Errors*: `not_found` for a path of another kind; `malformed`, `not_canonical` for one
/// that begins so and holds no token. The view is into `path`.
[[nodiscard]] Result<std::string_view> parse_print_path(std::string_view path);

/// The same text with every print token in it replaced by `***`, also where it is percent-encoded, in capitals or
/// malformed; for anything that is logged.
[[nodiscard]] std::string redact_print_paths(std::string_view text);

}  // namespace safeq::token
