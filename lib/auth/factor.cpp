// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/factor.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace safeq::auth {
namespace {

constexpr std::size_t most_text_bytes = 128;

std::optional<FactorKind> kind_of(std::string_view text) {
    const auto found = std::ranges::find(all_factor_kinds, text, [](FactorKind kind) { return name(kind); });
    return found == all_factor_kinds.end() ? std::nullopt : std::optional{*found};
}

// The part of `in` before the next `stop`, or all of it; `in` becomes nothing after the last part.
std::string_view part(std::optional<std::string_view>& in, char stop) {
    const std::size_t end = in->find(stop);
    const std::string_view found = in->substr(0, end);
    if (end == std::string_view::npos) in.reset();
    else in->remove_prefix(end + 1);
    return found;
}

}  // namespace

std::string_view name(FactorKind kind) noexcept {
    switch (kind) {
        case FactorKind::card: return "card";
        case FactorKind::password: return "password";
        case FactorKind::pin: return "pin";
        case FactorKind::token: return "token";
    }
    return "unknown";
}

std::string FactorSet::text() const {
    std::string out;
    for (const FactorKind kind : all_factor_kinds) {
        if (!contains(kind)) continue;
        if (!out.empty()) out += '+';
        out += name(kind);
    }
    return out;
}

Result<FactorRule> FactorRule::parse(std::string_view text) {
    if (text.size() > most_text_bytes)
        return fail(Errc::too_large, "factor rule", fmt::format("{} bytes, at most {}", text.size(), most_text_bytes));
    std::vector<FactorSet> sets;
    for (std::optional<std::string_view> rest{text}; rest;) {
        std::optional<std::string_view> of_set{part(rest, '|')};
        FactorSet set;
        while (of_set) {
            const std::optional<FactorKind> kind = kind_of(part(of_set, '+'));
            if (!kind) return fail(Errc::malformed, "factor rule", "a factor is none of card, password, pin, token");
            if (set.contains(*kind)) return fail(Errc::duplicate, "factor rule", std::string{name(*kind)});
            set.add(*kind);
        }
        sets.push_back(set);
    }
    SAFEQ_TRY(FactorRule rule, of(std::move(sets)));
    if (rule.text() != text)
        return fail(Errc::not_canonical, "factor rule", fmt::format("write it as '{}'", rule.text()));
    return rule;
}

Result<FactorRule> FactorRule::of(std::vector<FactorSet> sets) {
    if (sets.empty()) return fail(Errc::invalid_argument, "factor rule", "no set of factors");
    for (auto set = sets.begin(); set != sets.end(); ++set) {
        if (set->empty()) return fail(Errc::invalid_argument, "factor rule", "an empty set of factors");
        if (*set == FactorSet{FactorKind::pin})
            return fail(Errc::weak_parameters, "factor rule", "a PIN alone doesn't say who it is");
        for (auto other = sets.begin(); other != set; ++other) {
            if (set->contains(*other) || other->contains(*set))
                return fail(Errc::duplicate, "factor rule",
                            fmt::format("'{}' beside '{}'", other->text(), set->text()));
        }
    }
    std::ranges::sort(sets, {}, &FactorSet::text);
    return FactorRule{std::move(sets)};
}

std::string FactorRule::text() const {
    std::string out;
    for (const FactorSet& set : sets_) {
        if (!out.empty()) out += '|';
        out += set.text();
    }
    return out;
}

bool FactorRule::satisfied_by(const FactorSet& given) const noexcept {
    return std::ranges::any_of(sets_, [&](const FactorSet& set) { return given.contains(set); });
}

}  // namespace safeq::auth
