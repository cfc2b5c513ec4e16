// SPDX-License-Identifier: Apache-2.0
// Under test: audit::to_json_line, audit::to_csv_line, audit::to_syslog, audit::decode, audit::check_schema.
// Property: whatever is a record is exported in all three forms and nothing else is; a line is one line; no CSV cell is
// a formula; structured data ends where it should, and the message is the entry byte for byte; what decodes strictly is
// a record.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <safeq/audit/export.hpp>
#include <safeq/audit/schema.hpp>

using namespace safeq;
using namespace safeq::audit;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// One line of RFC 4180: as many cells as the header has, none of them a formula.
void check_csv(std::string_view line) {
    require(line.ends_with("\r\n"));
    line.remove_suffix(2);
    std::size_t cells = 1;
    bool quoted = false;
    bool first = true;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (first && !quoted && c == '"') {
            quoted = true;
            continue;
        }
        require(!first || std::string_view{"=+-@\t\r"}.find(c) == std::string_view::npos);
        first = false;
        if (quoted && c == '"') {
            if (i + 1 < line.size() && line[i + 1] == '"') ++i;
            else quoted = false;
        } else if (!quoted && c == ',') {
            ++cells;
            first = true;
        } else {
            require(quoted || (c != '"' && c != '\r' && c != '\n'));
        }
    }
    require(!quoted);
    const std::string header = csv_header();
    require(cells == 1 + static_cast<std::size_t>(std::count(header.begin(), header.end(), ',')));
}

// [id name="value" …] and what follows it.
std::string_view behind_structured_data(std::string_view text) {
    require(text.starts_with("[safeq@32473 "));
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quoted && text[i] == '\\') ++i;
        else if (text[i] == '"') quoted = !quoted;
        else if (!quoted && text[i] == ']') return text.substr(i + 1);
        else require(quoted || text[i] != '[' || i == 0);
    }
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = std::as_bytes(std::span{data, size});
    const ExportedEntry entry{"log.example/fuzz", 7, input};
    const auto record = Record::parse(input);
    const auto json = to_json_line(entry);
    const auto csv = to_csv_line(entry);
    const auto syslog = to_syslog(entry, {});
    require(json.has_value() == record.has_value());
    require(csv.has_value() == record.has_value());
    require(syslog.has_value() == record.has_value());
    const auto decoded = decode(input);
    require(!decoded || (record && *record == *decoded));
    if (!record) return 0;
    require(json->find('\n') == json->size() - 1 && json->find(as_text(input)) != std::string::npos);
    check_csv(*csv);
    const std::string_view message = *syslog;
    const std::size_t data_at = message.find('[');
    require(data_at != std::string_view::npos);
    require(behind_structured_data(message.substr(data_at)) == " \xEF\xBB\xBF" + std::string{as_text(input)});
    return 0;
}
