// SPDX-License-Identifier: Apache-2.0
// Under test: auth::FactorRule::parse, auth::FactorRule::text, auth::FactorRule::of, auth::FactorRule::satisfied_by.
// Property: what is taken is canonical, is never met by nothing or by a PIN alone, is met by everything together, and
// where it is refused for its order, the spelling that the error gives is taken.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <safeq/auth/factor.hpp>

using namespace safeq;
using auth::FactorKind;
using auth::FactorRule;
using auth::FactorSet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto rule = FactorRule::parse(text);
    if (!rule) {
        if (rule.error().code != Errc::not_canonical) return 0;
        const std::string_view detail = rule.error().detail;
        const std::size_t open = detail.find('\'');
        if (open == std::string_view::npos || !detail.ends_with('\'')) std::abort();
        if (!FactorRule::parse(detail.substr(open + 1, detail.size() - open - 2))) std::abort();
        return 0;
    }
    if (rule->text() != text) std::abort();
    if (rule->satisfied_by({}) || rule->satisfied_by({FactorKind::pin})) std::abort();
    if (!rule->satisfied_by({FactorKind::card, FactorKind::password, FactorKind::pin, FactorKind::token})) std::abort();
    for (const FactorSet& set : rule->sets()) {
        if (!rule->satisfied_by(set)) std::abort();
    }
    const auto again = FactorRule::of(rule->sets());
    if (!again || !(*again == *rule)) std::abort();
    return 0;
}
