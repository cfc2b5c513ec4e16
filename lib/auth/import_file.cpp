// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/import_file.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <safeq/auth/account.hpp>
#include <safeq/core/text.hpp>

namespace safeq::auth {
namespace {

std::unexpected<Error> at_line(std::size_t line, Errc code, std::string why) {
    return fail(code, fmt::format("line {}", line), std::move(why));
}

}  // namespace

Result<std::vector<ImportedUser>> parse_import_file(std::string_view text) {
    if (text.size() > max_import_bytes) return fail(Errc::too_large, "import", "over 1 MiB");
    if (!is_utf8(text)) return fail(Errc::invalid_utf8, "import");
    std::vector<ImportedUser> users;
    std::map<std::string_view, std::size_t> seen;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return at_line(number, Errc::malformed, "expected name:hash");
        const std::string_view name = line.substr(0, colon);
        if (const auto good = check_user_name(name); !good)
            return at_line(number, good.error().code, good.error().where + ": " + good.error().detail);
        auto hash = ForeignHash::parse(line.substr(colon + 1));
        if (!hash) return at_line(number, hash.error().code, hash.error().where + ": " + hash.error().detail);
        const auto [before, fresh] = seen.emplace(name, number);
        if (!fresh)
            return at_line(number, Errc::duplicate, fmt::format("the name is on line {} already", before->second));
        if (users.size() >= max_import_users)
            return at_line(number, Errc::too_many, fmt::format("more than {} people at once", max_import_users));
        users.push_back({.line = number, .name = std::string{name}, .password = *std::move(hash)});
    }
    return users;
}

}  // namespace safeq::auth
