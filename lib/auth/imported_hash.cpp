// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/imported_hash.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "auth/phc_text.hpp"

namespace safeq::auth {
namespace {

constexpr std::string_view where = "imported hash";
constexpr std::string_view prefix = "$import-";

std::optional<ForeignFunction> function_named(std::string_view name) {
    const auto found =
        std::ranges::find(all_foreign_functions, name, [](ForeignFunction f) { return rules_of(f).name; });
    return found == all_foreign_functions.end() ? std::nullopt : std::optional{*found};
}

}  // namespace

crypto::MacTag ImportedHash::tag_of(const Pepper& pepper, ByteView hash) const {
    const Bytes before = ByteWriter{}.field(rules_of(function_).name).u32(cost_).field(salt_).take();
    return crypto::hmac_sha256(ByteView{pepper.for_imports().expose()}, {before, hash});
}

ImportedHash ImportedHash::of(const ForeignHash& foreign, const Pepper& pepper) {
    ImportedHash out;
    out.function_ = foreign.function();
    out.cost_ = foreign.cost();
    out.pepper_ = pepper.id();
    out.salt_ = to_bytes(foreign.salt());
    out.tag_ = out.tag_of(pepper, foreign.hash());
    return out;
}

Result<ImportedHash> ImportedHash::parse(std::string_view text) {
    if (text.size() > max_text_bytes)
        return fail(Errc::too_large, std::string{where},
                    fmt::format("{} bytes, at most {}", text.size(), max_text_bytes));
    std::string_view in = text;
    if (!in.starts_with(prefix)) return fail(Errc::unsupported, std::string{where}, "doesn't begin with '$import-'");
    in.remove_prefix(prefix.size());

    ImportedHash out;
    SAFEQ_TRY(const std::string_view name, phc::until(in, '$', "version", where));
    const std::optional<ForeignFunction> function = function_named(name);
    if (!function) return fail(Errc::unsupported, std::string{where}, "a function that isn't known");
    out.function_ = *function;
    SAFEQ_TRY(const std::string_view version, phc::until(in, '$', "parameters", where));
    SAFEQ_TRY(const std::uint32_t version_number, phc::number(version, "v=", where));
    if (version_number != 1) return fail(Errc::unsupported, std::string{where}, "a version other than 1");
    SAFEQ_TRY(std::string_view parameters, phc::until(in, '$', "salt", where));
    SAFEQ_TRY(const std::string_view salt, phc::until(in, '$', "tag", where));
    SAFEQ_TRY(const std::string_view cost, phc::until(parameters, ',', "'keyid'", where));
    SAFEQ_TRY(out.cost_, phc::number(cost, "c=", where));
    SAFEQ_TRY(out.pepper_, phc::key_id(parameters, where));
    SAFEQ_TRY(out.salt_, phc::from_b64(salt, where));
    SAFEQ_TRY(const Bytes tag, phc::from_b64(in, where));

    const ForeignRules& its = rules_of(out.function_);
    if (out.cost_ < its.least_cost || out.cost_ > its.most_cost)
        return fail(Errc::weak_parameters, std::string{where}, fmt::format("a cost of {}", out.cost_));
    if (out.salt_.size() < its.least_salt_bytes || out.salt_.size() > its.most_salt_bytes)
        return fail(Errc::weak_parameters, std::string{where}, fmt::format("a salt of {} bytes", out.salt_.size()));
    if (tag.size() != out.tag_.size())
        return fail(Errc::malformed, std::string{where}, fmt::format("a tag of {} bytes", tag.size()));
    std::ranges::copy(tag, out.tag_.begin());
    return out;
}

std::string ImportedHash::text() const {
    return fmt::format("{}{}$v=1$c={},keyid={}${}${}", prefix, rules_of(function_).name, cost_, phc::b64(pepper_.bytes),
                       phc::b64(salt_), phc::b64(tag_));
}

bool ImportedHash::matches(const Pepper& pepper, ByteView hash) const {
    return hash.size() == rules_of(function_).hash_bytes && crypto::equal(tag_of(pepper, hash), tag_);
}

Result<StoredPassword> StoredPassword::parse(std::string_view text) {
    if (text.starts_with(prefix)) {
        SAFEQ_TRY(ImportedHash imported, ImportedHash::parse(text));
        return StoredPassword{std::move(imported)};
    }
    SAFEQ_TRY(PhcString own, PhcString::parse(text));
    return StoredPassword{std::move(own)};
}

std::string StoredPassword::text() const {
    return std::visit([](const auto& stored) { return stored.text(); }, stored_);
}

}  // namespace safeq::auth
