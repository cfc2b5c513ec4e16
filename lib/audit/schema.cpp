// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/schema.hpp>

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace safeq::audit {
namespace {

using enum Gravity;

constexpr std::array fields{
    FieldRule{"format", FieldType::text, "media type of the documents"},
    FieldRule{"bytes", FieldType::number, "of all documents, before sealing"},
    FieldRule{"copies", FieldType::number, "as they were asked for"},
    FieldRule{"documents", FieldType::number, "how many files"},
    FieldRule{"pages", FieldType::number, "of one copy; when printed, as the device counted over all copies"},
    FieldRule{"attempt", FieldType::number, "fencing number of the release"},
    FieldRule{"reason", FieldType::text, "why: a token, such as an error code or the event of the job's life"},
    FieldRule{
        "message", FieldType::text,
        "the device's last answer, at most 1024 bytes, where the program that talks to devices tells it; ours doesn't"},
    FieldRule{"method", FieldType::text, "where a person showed who they are: terminal, password, print_token, report"},
    FieldRule{"factors", FieldType::text, "what they showed, such as card+pin"},
    FieldRule{"name", FieldType::text, "of a device or daemon"},
    FieldRule{"version", FieldType::text, "of the program"},
    FieldRule{"configuration", FieldType::text,
              "SHA-256 of the options in effect and of the files that they name, so that a change of them shows"},
    FieldRule{"token", FieldType::text, "id of a print token, never the token"},
    FieldRule{"key", FieldType::text, "id of a key"},
    FieldRule{"assurance", FieldType::text, "of a destruction: hardware or best-effort"},
    FieldRule{"moved", FieldType::number, "files that were re-sealed to another key before"},
    FieldRule{"lost", FieldType::number, "jobs that still waited and can't be read any more"},
    FieldRule{"jobs", FieldType::text, "ids of those jobs, the first 100"},
    FieldRule{"policy", FieldType::text, "name of a TLS policy"},
    FieldRule{"expires", FieldType::text, "RFC 3339: when an exception ends"},
    FieldRule{"direction", FieldType::text, "of the clock: forward or back"},
    FieldRule{"by_ms", FieldType::number, "by how much the clock was changed, in milliseconds"},
    FieldRule{"other_device", FieldType::text, "id of the device where the person was signed in already"},
    FieldRule{"actor", FieldType::text, "who did it: owner, operator, or system: what a device told, or the time"},
    FieldRule{"changed", FieldType::text, "what of an account or device, such as pin+cards, disabled or uri+rule"},
};

constexpr std::array kinds{
    KindRule{Kind::job_accepted, "job_accepted", Family::jobs, normal, "job subject",
             "format bytes copies documents pages?", "", "an intake took it and answered so"},
    KindRule{Kind::job_held, "job_held", Family::jobs, normal, "job subject", "format bytes copies documents pages?",
             "title user_name", "the release server has it, waiting for its owner"},
    KindRule{Kind::job_releasing, "job_releasing", Family::jobs, normal, "job subject device", "attempt reason actor?",
             "", "durable before the first byte goes to the device"},
    KindRule{Kind::job_printed, "job_printed", Family::jobs, normal, "job subject device",
             "attempt reason actor? pages? copies? message?", "", "the device told so, or the owner found the pages"},
    KindRule{Kind::job_failed, "job_failed", Family::jobs, notable, "job subject device?",
             "attempt? reason actor? pages? copies? message?", "", "nothing was printed"},
    KindRule{Kind::job_uncertain, "job_uncertain", Family::jobs, notable, "job subject device?",
             "attempt? reason actor? pages? copies? message?", "", "bytes left and no end is known: the owner decides"},
    KindRule{Kind::job_deleted, "job_deleted", Family::jobs, normal, "job subject device?", "attempt? reason actor?",
             "", "by its owner, or for them when they are erased"},
    KindRule{Kind::job_cancelled, "job_cancelled", Family::jobs, normal, "job subject device?",
             "attempt? reason actor?", "", "by its owner or an operator"},
    KindRule{Kind::job_expired, "job_expired", Family::jobs, normal, "job subject device?", "attempt? reason actor?",
             "", "its time was over"},
    KindRule{Kind::sign_in, "sign_in", Family::authentication, normal, "subject? device?", "method factors", "",
             "somebody showed who they are; the auditor of the report server is nobody's subject"},
    KindRule{Kind::sign_in_refused, "sign_in_refused", Family::authentication, notable, "device?", "method reason", "",
             "somebody did not"},
    KindRule{Kind::user_added, "user_added", Family::administration, normal, "subject", "", "user_name",
             "by an operator"},
    KindRule{Kind::user_changed, "user_changed", Family::administration, normal, "subject", "changed", "user_name",
             "by an operator: what a person signs in with, or whether they may"},
    KindRule{Kind::user_erased, "user_erased", Family::privacy, notable, "subject", "", "",
             "the person's key is destroyed, and with it every personal field about them"},
    KindRule{Kind::device_added, "device_added", Family::administration, normal, "device", "name", "",
             "by an operator"},
    KindRule{Kind::device_changed, "device_changed", Family::administration, normal, "device", "name changed?", "",
             "by an operator: where it prints, by what it or its terminal is known, or what it asks of people"},
    KindRule{Kind::token_issued, "token_issued", Family::administration, normal, "subject", "token", "",
             "a personal printer address"},
    KindRule{Kind::token_revoked, "token_revoked", Family::administration, normal, "subject", "token", "",
             "a personal printer address"},
    KindRule{Kind::key_created, "key_created", Family::keys, normal, "", "key", "", "an epoch's key"},
    KindRule{Kind::key_destroyed, "key_destroyed", Family::keys, notable, "", "key assurance moved lost jobs?", "",
             "with it every document sealed to it; one for each 100 jobs that are lost"},
    KindRule{Kind::daemon_started, "daemon_started", Family::operation, normal, "", "name version configuration?", "",
             ""},
    KindRule{Kind::daemon_stopped, "daemon_stopped", Family::operation, normal, "", "name", "",
             "in order; a start without it before followed a crash, or a start that failed"},
    KindRule{Kind::orphan_removed, "orphan_removed", Family::jobs, normal, "job", "reason", "",
             "files of a job that was never acknowledged"},
    KindRule{Kind::policy_exception_used, "policy_exception_used", Family::policy, notable, "device",
             "policy reason expires?", "", "a weaker TLS policy than the rule, for one device"},
    KindRule{Kind::time_changed, "time_changed", Family::operation, alarming, "", "direction by_ms name?", "",
             "a machine's clock jumped against the time that has passed: of this daemon's, or of the named one's"},
    KindRule{Kind::job_restricted, "job_restricted", Family::privacy, notable, "job subject", "", "",
             "processing is restricted (GDPR, article 18): neither shown nor released"},
    KindRule{Kind::job_unrestricted, "job_unrestricted", Family::privacy, notable, "job subject", "", "",
             "the restriction is lifted"},
    KindRule{Kind::quota_refused, "quota_refused", Family::jobs, notable, "subject", "reason", "",
             "a document for which its owner had no room left: jobs or bytes"},
    KindRule{
        Kind::credentials_reloaded, "credentials_reloaded", Family::keys, normal, "", "name key expires configuration?",
        "",
        "by an operator, while the daemon runs, with policies and revocation lists; its certificate's serial and end"},
    KindRule{Kind::key_retired, "key_retired", Family::keys, normal, "", "key expires", "",
             "by an operator: nothing new is sealed to it, and when it is to be destroyed"},
    KindRule{Kind::job_kept, "job_kept", Family::jobs, normal, "job subject", "expires", "",
             "made a favourite by its owner: it stays when it has been printed"},
    KindRule{Kind::job_unkept, "job_unkept", Family::jobs, normal, "job subject", "expires", "",
             "an ordinary job again"},
    KindRule{Kind::job_restored, "job_restored", Family::jobs, notable, "job subject", "", "",
             "held anew from its sealed files and this log, for the database didn't have it"},
    KindRule{Kind::user_unlocked, "user_unlocked", Family::administration, notable, "subject", "", "",
             "by an operator: failed sign-ins of this person are forgotten, but for those at single places"},
    KindRule{Kind::concurrent_use, "concurrent_use", Family::authentication, alarming, "subject device", "other_device",
             "", "a card signs in while its owner is signed in at another device: it may have been copied"},
    KindRule{Kind::pepper_changed, "pepper_changed", Family::keys, notable, "", "key", "",
             "from this start of the server on, what people sign in with is stored under this pepper"},
    KindRule{Kind::device_removed, "device_removed", Family::administration, normal, "device", "name", "",
             "by an operator: its terminal is known no more, and nothing goes to it"},
};

// The first name of a list, which is taken from it.
constexpr Use take_use(std::string_view& list) {
    const std::size_t end = list.find(' ');
    Use use{list.substr(0, end)};
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
    if (use.name.ends_with('?')) use = {use.name.substr(0, use.name.size() - 1), true};
    return use;
}

constexpr std::optional<Use> find_use(std::string_view list, std::string_view wanted) {
    while (!list.empty())
        if (const Use use = take_use(list); use.name == wanted) return use;
    return std::nullopt;
}

constexpr const FieldRule* find_field(std::string_view wanted) {
    for (const FieldRule& field : fields)
        if (field.name == wanted) return &field;
    return nullptr;
}

constexpr bool kinds_in_order() {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (static_cast<std::size_t>(kinds[i].kind) != i) return false;
    return true;
}

constexpr bool only_known_names() {
    for (const KindRule& rule : kinds) {
        for (std::string_view list = rule.ids; !list.empty();)
            if (!find_use("job subject device", take_use(list).name)) return false;
        for (std::string_view list = rule.fields; !list.empty();)
            if (find_field(take_use(list).name) == nullptr) return false;
        for (std::string_view list = rule.personal; !list.empty();)
            if (!find_use("title user_name", take_use(list).name)) return false;
    }
    return true;
}

// A personal field needs somebody under whose key it is sealed.
constexpr bool personal_has_a_subject() {
    for (const KindRule& rule : kinds)
        if (!rule.personal.empty() && find_use(rule.ids, "subject") != Use{"subject"}) return false;
    return true;
}

static_assert(kinds_in_order());
static_assert(kinds.size() == static_cast<std::size_t>(Kind::device_removed) + 1);
static_assert(only_known_names());
static_assert(personal_has_a_subject());

constexpr auto kind_values = [] {
    std::array<Kind, kinds.size()> values{};
    for (std::size_t i = 0; i < kinds.size(); ++i) values[i] = kinds[i].kind;
    return values;
}();

std::unexpected<Error> malformed(const KindRule& rule, std::string_view what, std::string_view name) {
    return fail(Errc::malformed, "audit record", fmt::format("{}: {} {}", rule.name, what, name));
}

template <class Tag>
Result<void> check_id(const KindRule& rule, std::string_view name, const std::optional<Id<Tag>>& id) {
    const auto use = find_use(rule.ids, name);
    if (id && (!use || id->nil())) return malformed(rule, use ? "nil" : "no place for", name);
    if (!id && use && !use->optional) return malformed(rule, "without", name);
    return {};
}

// That every name in `given` has its place in `list`, and whatever must be there is.
template <class Given>
Result<void> check_list(const KindRule& rule, std::string_view list, const std::vector<Given>& given) {
    for (const Given& each : given)
        if (!find_use(list, each.name)) return malformed(rule, "no place for", each.name);
    while (!list.empty()) {
        const Use use = take_use(list);
        if (!use.optional && std::ranges::find(given, use.name, &Given::name) == given.end())
            return malformed(rule, "without", use.name);
    }
    return {};
}

std::string listed(std::string_view list, std::string_view around) {
    std::string out;
    while (!list.empty()) {
        const Use use = take_use(list);
        out += fmt::format("{}{}{}{}{}", out.empty() ? "" : " ", around, use.name, around, use.optional ? "?" : "");
    }
    return out;
}

}  // namespace

std::span<const KindRule> schema() noexcept { return kinds; }

const KindRule& rule(Kind kind) noexcept { return kinds[static_cast<std::size_t>(kind)]; }

std::span<const FieldRule> field_rules() noexcept { return fields; }

const FieldRule* find_field_rule(std::string_view wanted) noexcept { return find_field(wanted); }

std::span<const Kind> all_kinds() noexcept { return kind_values; }

std::string_view name(Kind kind) noexcept { return rule(kind).name; }

std::string_view name(Family family) noexcept {
    switch (family) {
        case Family::jobs: return "jobs";
        case Family::authentication: return "authentication";
        case Family::administration: return "administration";
        case Family::keys: return "keys";
        case Family::policy: return "policy";
        case Family::privacy: return "privacy";
        case Family::operation: return "operation";
    }
    return {};
}

std::string_view name(Gravity gravity) noexcept {
    switch (gravity) {
        case normal: return "normal";
        case notable: return "notable";
        case alarming: return "alarming";
    }
    return {};
}

std::vector<Use> uses(std::string_view list) {
    std::vector<Use> out;
    while (!list.empty()) out.push_back(take_use(list));
    return out;
}

Result<void> check_schema(const Record& record) {
    const auto kind = record.kind.known();
    if (!kind) return fail(Errc::unsupported, "audit record", "kind " + record.kind.text());
    const KindRule& own = rule(*kind);
    if (record.id.nil()) return malformed(own, "nil", "id");
    if (record.tenant.nil()) return malformed(own, "nil", "tenant");
    SAFEQ_TRY_VOID(check_id(own, "job", record.job));
    SAFEQ_TRY_VOID(check_id(own, "subject", record.subject));
    SAFEQ_TRY_VOID(check_id(own, "device", record.device));
    SAFEQ_TRY_VOID(check_list(own, own.fields, record.fields));
    SAFEQ_TRY_VOID(check_list(own, own.personal, record.personal));
    for (const Field& field : record.fields) {
        const bool is_number = std::holds_alternative<std::uint64_t>(field.value);
        if (is_number != (find_field(field.name)->type == FieldType::number))
            return malformed(own, is_number ? "a number for" : "a text for", field.name);
    }
    for (const SealedField& field : record.personal)
        if (field.subject != record.subject) return malformed(own, "another person's", field.name);
    return {};
}

Result<Record> decode(ByteView json) {
    SAFEQ_TRY(Record record, Record::parse(json));
    SAFEQ_TRY_VOID(check_schema(record));
    return record;
}

std::string schema_markdown() {
    std::string out =
        "| kind | family | gravity | ids | fields | personal | what happened |\n|---|---|---|---|---|---|---|\n";
    for (const KindRule& each : kinds)
        out += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", each.name, name(each.family), name(each.gravity),
                           listed(each.ids, ""), listed(each.fields, "`"), listed(each.personal, "`"), each.meaning);
    out += "\n| field | type | meaning |\n|---|---|---|\n";
    for (const FieldRule& field : fields)
        out += fmt::format("| `{}` | {} | {} |\n", field.name, field.type == FieldType::number ? "number" : "text",
                           field.meaning);
    return out;
}

}  // namespace safeq::audit
