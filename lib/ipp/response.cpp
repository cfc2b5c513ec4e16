// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/request.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/core/text.hpp>

namespace safeq::ipp {
namespace {

// Reads attributes of a peer: a missing one is empty, one of another syntax is an error, kept until the end.
class Reader final {
public:
    explicit Reader(const Group& group) noexcept : group_{group} {}

    template <class T>
    std::optional<T> one(const char* name, std::optional<T> (Value::*as)() const noexcept) {
        const Attribute* attribute = group_.find(name);
        if (!attribute) return std::nullopt;
        const Value* value = attribute->only();
        if (!value) return wrong<T>(name);
        if (value->out_of_band()) return std::nullopt;
        const std::optional<T> read = (value->*as)();
        return read ? read : wrong<T>(name);
    }

    std::string text(const char* name, std::optional<std::string_view> (Value::*as)() const noexcept) {
        return std::string{one(name, as).value_or("")};
    }

    template <class T>
    std::vector<T> many(const char* name, std::optional<T> (Value::*as)() const noexcept) {
        std::vector<T> out;
        const Attribute* attribute = group_.find(name);
        if (!attribute) return out;
        for (const Value& value : attribute->values) {
            if (value.out_of_band()) continue;
            if (const auto read = (value.*as)()) out.push_back(*read);
            else (void)wrong<T>(name);
        }
        return out;
    }

    std::vector<std::string> texts(const char* name, std::optional<std::string_view> (Value::*as)() const noexcept) {
        const auto views = many(name, as);
        return {views.begin(), views.end()};
    }

    /// A number that can't be below zero.
    std::optional<std::int32_t> amount(const char* name) {
        const auto value = one(name, &Value::as_integer);
        return value && *value < 0 ? wrong<std::int32_t>(name) : value;
    }

    [[nodiscard]] Result<void> finish() const {
        if (wrong_)
            return fail(Errc::ipp_malformed, fmt::format("ipp attribute '{}'", wrong_), "a value that it can't have");
        return {};
    }

private:
    template <class T>
    std::optional<T> wrong(const char* name) noexcept {
        if (!wrong_) wrong_ = name;
        return std::nullopt;
    }

    const Group& group_;
    const char* wrong_ = nullptr;
};

Result<RemoteJob> read(const Group& group) {
    Reader reader{group};
    RemoteJob job;
    const auto id = reader.one("job-id", &Value::as_integer);
    job.id = id.value_or(0);
    job.uri = reader.text("job-uri", &Value::as_uri);
    job.reasons = reader.texts("job-state-reasons", &Value::as_keyword);
    job.state_message = reader.text("job-state-message", &Value::as_text);
    job.impressions_completed = reader.amount("job-impressions-completed");
    job.media_sheets_completed = reader.amount("job-media-sheets-completed");
    job.name = reader.text("job-name", &Value::as_name);
    job.uuid = reader.text("job-uuid", &Value::as_uri);
    const auto state = reader.one("job-state", &Value::as_enumeration);
    SAFEQ_TRY_VOID(reader.finish());
    if (id && *id < 1) return fail(Errc::ipp_malformed, "ipp attribute 'job-id'", fmt::format("{}", *id));
    if (state) {
        job.state = job_state(*state);
        if (!job.state) return fail(Errc::ipp_malformed, "ipp attribute 'job-state'", fmt::format("{}", *state));
    }
    return job;
}

bool leads(const Group& operation, std::size_t at, std::string_view name, ValueTag tag) {
    return operation.attributes.size() > at && operation.attributes[at].name == name &&
           operation.attributes[at].only() && operation.attributes[at].only()->tag() == tag;
}

}  // namespace

Result<void> check_response(const Message& request, const Message& response) {
    if (response.version.major < 1 || response.version.major > 2)
        return fail(Errc::ipp_malformed, "ipp response",
                    fmt::format("version {}.{}", response.version.major, response.version.minor));
    if (response.request_id != request.request_id)
        return fail(Errc::ipp_malformed, "ipp response",
                    fmt::format("request-id {}, asked with {}", response.request_id, request.request_id));
    const Group* operation = response.groups.empty() ? nullptr : &response.groups.front();
    if (!operation || operation->tag != GroupTag::operation ||
        !leads(*operation, 0, "attributes-charset", ValueTag::charset) ||
        !leads(*operation, 1, "attributes-natural-language", ValueTag::natural_language))
        return fail(Errc::ipp_malformed, "ipp response", "charset and language don't come first");
    if (successful(response.status())) return {};
    const Value* message = operation->value("status-message");
    const std::string_view text = message ? message->as_text().value_or("") : "";
    const std::string_view status = name(response.status());
    return fail(Errc::ipp_status, status.empty() ? fmt::format("0x{:04x}", response.code) : std::string{status},
                escape_for_log(text));
}

Result<RemoteJob> read_job(const Message& response) {
    const Group* group = response.find(GroupTag::job);
    if (!group) return fail(Errc::ipp_malformed, "ipp response", "tells of no job");
    return read(*group);
}

Result<std::vector<RemoteJob>> read_jobs(const Message& response) {
    std::vector<RemoteJob> jobs;
    for (const Group& group : response.groups) {
        if (group.tag != GroupTag::job) continue;
        SAFEQ_TRY(RemoteJob job, read(group));
        jobs.push_back(std::move(job));
    }
    return jobs;
}

bool RemotePrinter::supports(Operation operation) const noexcept {
    return std::ranges::find(operations, operation) != operations.end();
}

bool RemotePrinter::takes_format(std::string_view mime) const noexcept {
    return std::ranges::any_of(formats, [&](const std::string& format) { return ascii_iequals(format, mime); });
}

Result<RemotePrinter> read_printer(const Message& response) {
    const Group* group = response.find(GroupTag::printer);
    if (!group) return fail(Errc::ipp_malformed, "ipp response", "tells of no printer");
    Reader reader{*group};
    RemotePrinter printer;
    printer.name = reader.text("printer-name", &Value::as_name);
    printer.make_and_model = reader.text("printer-make-and-model", &Value::as_text);
    printer.state = reader.one("printer-state", &Value::as_enumeration);
    printer.state_reasons = reader.texts("printer-state-reasons", &Value::as_keyword);
    printer.accepting_jobs = reader.one("printer-is-accepting-jobs", &Value::as_boolean).value_or(false);
    printer.formats = reader.texts("document-format-supported", &Value::as_mime_media_type);
    for (const std::int32_t number : reader.many("operations-supported", &Value::as_enumeration))
        if (number >= 0 && number <= 0xffff) printer.operations.push_back(static_cast<Operation>(number));
    SAFEQ_TRY_VOID(reader.finish());
    return printer;
}

}  // namespace safeq::ipp
