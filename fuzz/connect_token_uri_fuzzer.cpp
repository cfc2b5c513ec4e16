// SPDX-License-Identifier: Apache-2.0
// Under test: connect::TokenUri::parse (and what p11-kit makes of it).
// Property: an URI is refused, or read to its last byte: one more part that nobody knows, a second value for a name, or
// a PIN in it gets it refused, wherever it is put; its parts in another order mean the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "connect/pkcs11_module.hpp"

using namespace safeq;
using connect::TokenUri;

namespace {

constexpr std::string_view usual = "safeq root";

void require(bool holds) {
    if (!holds) std::abort();
}

bool refused(const std::string& uri) { return !TokenUri::parse(uri, usual).has_value(); }

std::string join(const std::vector<std::string>& parts, char separator) {
    std::string out;
    for (const std::string& part : parts) out += part + separator;
    if (!out.empty()) out.pop_back();
    return out;
}

std::vector<std::string> split(std::string_view list, char separator) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(separator), list.size());
        parts.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return parts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto uri = TokenUri::parse(text, usual);
    if (!uri) {
        require(!uri.error().detail.contains('\n'));
        return 0;
    }
    require(!uri->object().contains('\0'));

    const std::size_t query = std::min(text.find('?'), text.size());
    const std::size_t begin = text.find(':') + 1;
    const std::string scheme{text.substr(0, begin)};
    std::vector<std::string> path = split(text.substr(begin, query - begin), ';');
    std::vector<std::string> asked = split(text.substr(std::min(query + 1, text.size())), '&');
    const auto with = [&](std::vector<std::string> a, std::vector<std::string> b) {
        return scheme + join(a, ';') + (b.empty() ? "" : "?" + join(b, '&'));
    };
    for (std::size_t at = 0; at <= path.size(); ++at) {
        for (const char* more : {"nobody-knows=1", "", "token=1;token=2"}) {
            if (*more == '\0' && path.empty()) continue;  // nothing at all is no empty part
            std::vector<std::string> worse = path;
            worse.insert(worse.begin() + static_cast<std::ptrdiff_t>(at), more);
            require(refused(with(worse, asked)));
        }
    }
    for (std::size_t at = 0; at <= asked.size(); ++at) {
        for (const char* more : {"nobody-knows=1", "pin-value=1234"}) {
            std::vector<std::string> worse = asked;
            worse.insert(worse.begin() + static_cast<std::ptrdiff_t>(at), more);
            require(refused(with(path, worse)));
        }
    }

    std::ranges::reverse(path);
    std::ranges::reverse(asked);
    const auto again = TokenUri::parse(with(path, asked), usual);
    require(again.has_value() && again->object() == uri->object() && again->module_path() == uri->module_path());
    return 0;
}
