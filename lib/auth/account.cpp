// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/account.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

#include "auth/composition.hpp"

namespace safeq::auth {

Result<void> check_user_name(std::string_view name) {
    if (name.empty()) return fail(Errc::malformed, "user name", "empty");
    SAFEQ_TRY_VOID(check_name(name, max_user_name_bytes, "user name"));
    if (name.front() == ' ' || name.back() == ' ') return fail(Errc::malformed, "user name", "a space at an end");
    if (!is_composed(name)) return fail(Errc::not_canonical, "user name", "not in composed form (NFC)");
    return {};
}

Result<void> check(const Account& account) {
    if (account.tenant.nil() || account.subject.nil()) return fail(Errc::invalid_argument, "account", "a nil id");
    SAFEQ_TRY_VOID(check_user_name(account.name));
    if (account.display_name) SAFEQ_TRY_VOID(check_name(*account.display_name, max_display_name_bytes, "display name"));
    if (account.cards.size() > max_cards)
        return fail(Errc::too_many, "cards", fmt::format("{}, at most {}", account.cards.size(), max_cards));
    for (auto card = account.cards.begin(); card != account.cards.end(); ++card) {
        if (std::find(account.cards.begin(), card, *card) != card) return fail(Errc::duplicate, "cards");
    }
    return {};
}

}  // namespace safeq::auth
