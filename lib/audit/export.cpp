// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/export.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <safeq/audit/schema.hpp>
#include <safeq/core/text.hpp>

namespace safeq::audit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

std::string shown(const Field& field) {
    if (const auto* number = std::get_if<std::uint64_t>(&field.value)) return fmt::format("{}", *number);
    return std::get<std::string>(field.value);
}

template <class Tag>
std::string shown(const std::optional<Id<Tag>>& id) {
    return id ? id->text() : std::string{};
}

// PARAM-VALUE of RFC 5424, 6.3.3.
std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '"' || c == '\\' || c == ']') out += '\\';
        out += c;
    }
    return out;
}

unsigned severity(const Record& record) {
    constexpr unsigned alert = 1;
    constexpr unsigned notice = 5;
    constexpr unsigned informational = 6;
    const auto kind = record.kind.known();
    if (!kind) return notice;
    switch (rule(*kind).gravity) {
        case Gravity::normal: return informational;
        case Gravity::notable: return notice;
        case Gravity::alarming: return alert;
    }
    return notice;
}

}  // namespace

Result<std::string> to_json_line(const ExportedEntry& entry) {
    SAFEQ_TRY_VOID(Record::parse(entry.entry));
    return fmt::format("{{\"log\":{},\"index\":{},\"leaf\":\"{}\",\"entry\":{}}}\n", Json(entry.origin).dump(),
                       entry.index, to_base64(leaf_hash(entry.entry)), as_text(entry.entry));
}

std::string csv_header() {
    std::string out = "log,index,id,at,kind,family,tenant,job,subject,device";
    for (const FieldRule& field : field_rules()) out += fmt::format(",{}", field.name);
    out += ",personal,other";
    return out += line_end;
}

Result<std::string> to_csv_line(const ExportedEntry& entry) {
    SAFEQ_TRY(const Record record, Record::parse(entry.entry));
    const auto kind = record.kind.known();
    std::string out =
        fmt::format("{},{},{},{},{},{},{},{},{},{}", escape_csv(entry.origin), entry.index, record.id.text(),
                    to_rfc3339(record.at), record.kind.text(), kind ? name(rule(*kind).family) : std::string_view{},
                    record.tenant.text(), shown(record.job), shown(record.subject), shown(record.device));
    for (const FieldRule& field : field_rules()) {
        const auto at = std::ranges::find(record.fields, field.name, &Field::name);
        out += ',';
        if (at != record.fields.end()) out += escape_csv(shown(*at));
    }
    std::string personal;
    for (const SealedField& field : record.personal) personal += (personal.empty() ? "" : " ") + field.name;
    Json other = Json::object();
    for (const Field& field : record.fields)
        if (find_field_rule(field.name) == nullptr)
            std::visit([&](const auto& value) { other[field.name] = value; }, field.value);
    out += fmt::format(",{},{}", personal, other.empty() ? std::string{} : escape_csv(other.dump()));
    return out += line_end;
}

Result<std::string> to_syslog(const ExportedEntry& entry, const SyslogSource& source) {
    constexpr std::size_t max_host_bytes = 255;
    constexpr std::size_t max_message_id = 32;
    constexpr unsigned log_audit = 13;
    const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
    if (source.host_name.empty() || source.host_name.size() > max_host_bytes ||
        !std::ranges::all_of(source.host_name, printable))
        return fail(Errc::invalid_argument, "syslog host name");
    SAFEQ_TRY(const Record record, Record::parse(entry.entry));
    std::string data = fmt::format("[safeq@{} log=\"{}\" index=\"{}\" record=\"{}\" tenant=\"{}\"", source.enterprise,
                                   escaped(entry.origin), entry.index, record.id.text(), record.tenant.text());
    if (record.job) data += fmt::format(" job=\"{}\"", record.job->text());
    if (record.subject) data += fmt::format(" subject=\"{}\"", record.subject->text());
    if (record.device) data += fmt::format(" device=\"{}\"", record.device->text());
    // Names of fields that a later version brings may be longer than a parameter's: they are in the message.
    for (const Field& field : record.fields)
        if (find_field_rule(field.name) != nullptr)
            data += fmt::format(" {}=\"{}\"", field.name, escaped(shown(field)));
    return fmt::format("<{}>1 {} {} safeq - {} {}] {}{}", log_audit * 8 + severity(record), to_rfc3339(record.at),
                       source.host_name, std::string_view{record.kind.text()}.substr(0, max_message_id), data,
                       utf8_mark, as_text(entry.entry));
}

std::string frame_syslog(std::string_view message) { return fmt::format("{} {}", message.size(), message); }

}  // namespace safeq::audit
