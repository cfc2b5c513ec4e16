// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/record.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <safeq/audit/schema.hpp>
#include <safeq/core/text.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::audit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view where = "audit record";
constexpr std::string_view head = R"({"v":1,"id":")";
constexpr std::size_t id_text_bytes = 36;
constexpr std::size_t max_name_bytes = 40;
constexpr Time last_time{std::chrono::milliseconds{253'402'300'799'999}};  // 9999-12-31T23:59:59.999Z

std::unexpected<Error> malformed(std::string_view detail) {
    return fail(Errc::malformed, std::string{where}, std::string{detail});
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_name_bytes && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// What a JSON string holds between its quotes, of a text that has no control characters.
std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

template <class Named>
Result<void> check_names(const std::vector<Named>& list) {
    if (list.size() > max_fields) return fail(Errc::too_many, std::string{where}, "fields");
    for (auto at = list.begin(); at != list.end(); ++at) {
        if (!is_name(at->name)) return fail(Errc::invalid_argument, std::string{where}, "a field's name");
        if (std::ranges::find(list.begin(), at, at->name, &Named::name) != at)
            return fail(Errc::duplicate, std::string{where}, at->name);
    }
    return {};
}

Result<void> add_fields(std::string& out, const std::vector<Field>& fields) {
    if (fields.empty()) return {};
    out += R"(,"fields":{)";
    std::string_view comma;
    for (const Field& each : fields) {
        out += fmt::format(R"({}"{}":)", comma, each.name);
        comma = ",";
        if (const auto* number = std::get_if<std::uint64_t>(&each.value)) {
            if (*number > max_number) return fail(Errc::too_large, std::string{where}, each.name);
            out += fmt::format("{}", *number);
        } else {
            const std::string& text = std::get<std::string>(each.value);
            SAFEQ_TRY_VOID(check_name(text, max_field_text_bytes, "audit record, field " + each.name));
            out += fmt::format(R"("{}")", escaped(text));
        }
    }
    out += '}';
    return {};
}

Result<void> add_personal(std::string& out, const std::vector<SealedField>& personal) {
    if (personal.empty()) return {};
    out += R"(,"personal":[)";
    std::string_view comma;
    for (const SealedField& each : personal) {
        if (each.sealed.empty()) return fail(Errc::invalid_argument, std::string{where}, each.name);
        if (each.sealed.size() > max_sealed_bytes) return fail(Errc::too_large, std::string{where}, each.name);
        out += fmt::format(R"({}{{"name":"{}","subject":"{}","sealed":"{}"}})", comma, each.name, each.subject.text(),
                           to_base64(each.sealed));
        comma = ",";
    }
    out += ']';
    return {};
}

const std::string* text_at(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at == object.end() ? nullptr : at->get_ptr<const std::string*>();
}

template <class Tag>
Result<void> take_id(const Json& object, const char* key, std::optional<Id<Tag>>& out) {
    if (!object.contains(key)) return {};
    const std::string* const text = text_at(object, key);
    if (text == nullptr) return malformed(key);
    SAFEQ_TRY(out, Id<Tag>::parse(*text));
    return {};
}

Result<void> take_fields(const Json& object, Record& record) {
    const auto at = object.find("fields");
    if (at == object.end()) return {};
    if (!at->is_object()) return malformed("fields");
    if (at->size() > max_fields) return fail(Errc::too_many, std::string{where}, "fields");
    for (const auto& [key, value] : at->items()) {
        if (value.is_number_unsigned()) {
            record.fields.push_back({key, value.get<std::uint64_t>()});
        } else if (value.is_string()) {
            record.fields.push_back({key, value.get<std::string>()});
        } else {
            return malformed("a field is neither a number nor a text");
        }
    }
    return {};
}

Result<void> take_personal(const Json& object, Record& record) {
    const auto at = object.find("personal");
    if (at == object.end()) return {};
    if (!at->is_array()) return malformed("personal");
    if (at->size() > max_fields) return fail(Errc::too_many, std::string{where}, "personal fields");
    for (const Json& each : *at) {
        if (!each.is_object()) return malformed("a personal field");
        const std::string* const name = text_at(each, "name");
        const std::string* const subject = text_at(each, "subject");
        const std::string* const sealed = text_at(each, "sealed");
        if (name == nullptr || subject == nullptr || sealed == nullptr) return malformed("a personal field");
        SealedField field{.name = *name};
        SAFEQ_TRY(field.subject, SubjectId::parse(*subject));
        SAFEQ_TRY(field.sealed, from_base64(*sealed));
        record.personal.push_back(std::move(field));
    }
    return {};
}

}  // namespace

Result<KindName> KindName::parse(std::string_view text) {
    if (!is_name(text)) return malformed("the kind is no name");
    const auto known = schema();
    const auto at = std::ranges::find(known, text, &KindRule::name);
    if (at != known.end()) return KindName{at->kind};
    return KindName{std::string{text}};
}

Result<Bytes> Record::encode() const {
    if (at < Time{} || at > last_time)
        return fail(Errc::invalid_argument, std::string{where}, "a time outside 1970 to 9999");
    SAFEQ_TRY_VOID(check_names(fields));
    SAFEQ_TRY_VOID(check_names(personal));
    std::string out = fmt::format(R"({}{}","at":"{}","kind":"{}","tenant":"{}")", head, id.text(), to_rfc3339(at),
                                  kind.text(), tenant.text());
    if (job) out += fmt::format(R"(,"job":"{}")", job->text());
    if (subject) out += fmt::format(R"(,"subject":"{}")", subject->text());
    if (device) out += fmt::format(R"(,"device":"{}")", device->text());
    SAFEQ_TRY_VOID(add_fields(out, fields));
    SAFEQ_TRY_VOID(add_personal(out, personal));
    out += '}';
    if (out.size() > max_record_bytes) return fail(Errc::too_large, std::string{where});
    return to_bytes(out);
}

Result<Record> Record::parse(ByteView json) {
    if (json.size() > max_record_bytes) return fail(Errc::too_large, std::string{where});
    const Json object = Json::parse(as_text(json), nullptr, false);
    if (!object.is_object()) return malformed("not a JSON object");
    const auto version = object.find("v");
    if (version == object.end() || !version->is_number_unsigned()) return malformed("no version");
    if (version->get<std::uint64_t>() != 1) return fail(Errc::bad_version, std::string{where});
    const std::string* const id_text = text_at(object, "id");
    const std::string* const at_text = text_at(object, "at");
    const std::string* const kind_text = text_at(object, "kind");
    const std::string* const tenant_text = text_at(object, "tenant");
    if (id_text == nullptr || at_text == nullptr || kind_text == nullptr || tenant_text == nullptr)
        return malformed("id, at, kind or tenant is missing");
    Record record;
    SAFEQ_TRY(record.id, RecordId::parse(*id_text));
    SAFEQ_TRY(record.at, parse_rfc3339(*at_text));
    SAFEQ_TRY(record.kind, KindName::parse(*kind_text));
    SAFEQ_TRY(record.tenant, TenantId::parse(*tenant_text));
    SAFEQ_TRY_VOID(take_id(object, "job", record.job));
    SAFEQ_TRY_VOID(take_id(object, "subject", record.subject));
    SAFEQ_TRY_VOID(take_id(object, "device", record.device));
    SAFEQ_TRY_VOID(take_fields(object, record));
    SAFEQ_TRY_VOID(take_personal(object, record));
    // One form only: also refuses unknown, repeated and misplaced members, spaces and other escapes.
    SAFEQ_TRY(const Bytes canonical, record.encode());
    if (!same_bytes(canonical, json)) return fail(Errc::not_canonical, std::string{where});
    return record;
}

Record& Record::add(std::string_view field_name, std::uint64_t number) {
    fields.push_back({std::string{field_name}, number});
    return *this;
}

Record& Record::add(std::string_view field_name, std::string_view text) {
    fields.push_back({std::string{field_name}, std::string{text}});
    return *this;
}

const std::uint64_t* Record::number(std::string_view field_name) const noexcept {
    const auto found = std::ranges::find(fields, field_name, &Field::name);
    return found == fields.end() ? nullptr : std::get_if<std::uint64_t>(&found->value);
}

const std::string* Record::text(std::string_view field_name) const noexcept {
    const auto found = std::ranges::find(fields, field_name, &Field::name);
    return found == fields.end() ? nullptr : std::get_if<std::string>(&found->value);
}

const SealedField* Record::sealed(std::string_view field_name) const noexcept {
    const auto found = std::ranges::find(personal, field_name, &SealedField::name);
    return found == personal.end() ? nullptr : &*found;
}

Result<RecordId> record_id(ByteView json) {
    const std::string_view text = as_text(json);
    if (!text.starts_with(head) || text.size() < head.size() + id_text_bytes) return malformed("no id at its place");
    return RecordId::parse(text.substr(head.size(), id_text_bytes));
}

Result<RecordHead> record_head(ByteView json) {
    std::string_view rest = as_text(json);
    // The text behind `before` and its opening quote; its closing one stays.
    const auto take = [&](std::string_view before) -> Result<std::string_view> {
        if (!rest.starts_with(before)) return malformed("no head at its place");
        rest.remove_prefix(before.size());
        const std::size_t end = rest.find('"');
        if (end == std::string_view::npos) return malformed("the head has no end");
        const std::string_view value = rest.substr(0, end);
        rest.remove_prefix(end);
        return value;
    };
    RecordHead out;
    SAFEQ_TRY(const std::string_view id, take(head));
    SAFEQ_TRY(out.id, RecordId::parse(id));
    SAFEQ_TRY(const std::string_view at, take(R"(","at":")"));
    SAFEQ_TRY(out.at, parse_rfc3339(at));
    SAFEQ_TRY(const std::string_view kind, take(R"(","kind":")"));
    SAFEQ_TRY(out.kind, KindName::parse(kind));
    SAFEQ_TRY(const std::string_view tenant, take(R"(","tenant":")"));
    SAFEQ_TRY(out.tenant, TenantId::parse(tenant));
    constexpr std::string_view before_job = R"(","job":")";
    if (!rest.starts_with(before_job)) return out;
    SAFEQ_TRY(const std::string_view job, take(before_job));
    SAFEQ_TRY(out.job, JobId::parse(job));
    return out;
}

RecordId derive_record_id(Kind kind, TenantId tenant, ByteView about) {
    const Bytes input =
        ByteWriter{}.text("safeq/audit/v1/record-id\n").field(name(kind)).field(tenant.bytes()).field(about).take();
    const crypto::Sha256Digest digest = crypto::sha256(input);
    IdBytes id;
    std::memcpy(id.data(), digest.data(), id.size());
    id[6] = (id[6] & std::byte{0x0f}) | std::byte{0x80};  // RFC 9562, 5.8: a version of our own
    id[8] = (id[8] & std::byte{0x3f}) | std::byte{0x80};
    return RecordId{id};
}

}  // namespace safeq::audit
