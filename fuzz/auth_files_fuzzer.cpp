// SPDX-License-Identifier: Apache-2.0
// Under test: auth::parse_import_file, auth::Blocklist::parse, auth::Card::parse, auth::Pin::parse,
// auth::PepperId::parse.
// Property: a file to import is taken exactly when each of its lines is by itself and no name comes twice, and says the
// same of each person as the line alone; a blocklist is taken exactly when a second reader finds its lines sorted,
// whole and in lower case, and holds exactly those lines; a card, a PIN and a pepper's name are written back as they
// were.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/auth/account.hpp>
#include <safeq/auth/card.hpp>
#include <safeq/auth/import_file.hpp>
#include <safeq/auth/password_rules.hpp>
#include <safeq/auth/pin.hpp>
#include <safeq/core/text.hpp>

using namespace safeq;
using namespace safeq::auth;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// What stands between two ends of a line; behind the last one, too, if anything does.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

void check_import(std::string_view text) {
    const auto users = parse_import_file(text);
    const auto lines = lines_of(text);
    if (!users) {
        // The line that the error names is refused by itself, or its name was there before.
        const auto& error = users.error();
        if (!error.where.starts_with("line ")) return require(!is_utf8(text) || text.size() > max_import_bytes);
        const std::size_t number = std::stoul(error.where.substr(5));
        require(number >= 1 && number <= lines.size());
        if (error.code == Errc::duplicate || error.code == Errc::too_many) return;
        require(!parse_import_file(lines[number - 1]));
        return;
    }
    std::set<std::string> names;
    std::size_t people = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto alone = parse_import_file(lines[i]);
        require(alone && alone->size() <= 1);
        if (alone->empty()) continue;
        require(people < users->size());
        const ImportedUser& user = (*users)[people++];
        const ImportedUser& same = alone->front();
        require(user.line == i + 1 && user.name == same.name && check_user_name(user.name).has_value());
        require(names.insert(user.name).second);
        require(user.password.function() == same.password.function() && user.password.cost() == same.password.cost());
        require(same_bytes(user.password.salt(), same.password.salt()));
        require(same_bytes(user.password.hash(), same.password.hash()));
    }
    require(people == users->size());
}

constexpr std::string_view latin_extended_capitals = "ĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽ";

bool has_capitals(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] >= 'A' && line[i] <= 'Z') return true;
        if (i + 1 == line.size()) continue;
        const auto lead = static_cast<unsigned char>(line[i]);
        if ((lead == 0xc4 || lead == 0xc5) && latin_extended_capitals.contains(line.substr(i, 2))) return true;
        // Latin-1, Greek and Cyrillic capitals, as their two bytes.
        const auto two =
            static_cast<unsigned>(static_cast<unsigned char>(line[i]) << 8 | static_cast<unsigned char>(line[i + 1]));
        if (two >= 0xc380 && two <= 0xc39e && two != 0xc397) return true;
        if (two >= 0xce91 && two <= 0xcea9 && two != 0xcea2) return true;
        if (two >= 0xd080 && two <= 0xd0af) return true;
    }
    return false;
}

void check_blocklist(std::string_view text) {
    const auto list = Blocklist::parse(std::string{text});
    const auto lines = lines_of(text);
    bool good = is_utf8(text);
    for (std::size_t i = 0; i < lines.size() && good; ++i)
        good = !lines[i].empty() && !lines[i].ends_with('\r') && !has_capitals(lines[i]) &&
               (i == 0 || lines[i - 1] < lines[i]);
    require(list.has_value() == good);
    if (!list) return;
    const auto contains = [&](std::string_view word) { return list->contains(crypto::Secret::copy_of(word)); };
    for (const std::string_view line : lines) {
        require(contains(line));
        const std::string_view shorter = line.substr(0, line.size() - 1);
        require(contains(shorter) == std::ranges::binary_search(lines, shorter));
    }
    if (!text.empty()) require(contains(text) == (lines.size() == 1 && lines[0] == text));
}

void check_words(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view type = text.substr(0, colon), uid = text.substr(std::min(colon + 1, text.size()));
    if (const auto card = Card::parse(type, uid)) {
        require(card->type() == type && to_hex(card->uid()) == ascii_lower(uid));
        require(card->uid().size() >= Card::min_uid_bytes && card->uid().size() <= Card::max_uid_bytes);
        if (colon < text.size()) require(Card::parse(text).has_value());
    }
    if (const auto card = Card::parse(text))
        require(colon < text.size() ? card->type() == type : card->type() == Card::default_type);
    const auto pin = Pin::parse(crypto::Secret::copy_of(text));
    require(pin.has_value() ==
            (text.size() >= 4 && text.size() <= 16 && text.find_first_not_of("0123456789") == text.npos));
    if (pin) require(as_text(pin->digits().expose()) == text);
    if (const auto id = PepperId::parse(text)) require(id->text() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_import(text);
    check_blocklist(text);
    check_words(text);
    return 0;
}
