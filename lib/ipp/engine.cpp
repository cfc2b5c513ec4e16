// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/engine.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <safeq/core/text.hpp>
#include "ipp/job_attributes.hpp"
#include "ipp/job_template.hpp"
#include "ipp/operation_attributes.hpp"
#include "ipp/pending_document.hpp"
#include "ipp/printer_attributes.hpp"
#include "ipp/reply.hpp"
#include "ipp/uri.hpp"

namespace safeq::ipp {
namespace {

using detail::boolean_value;
using detail::integer_value;
using detail::Refusal;
using detail::reply;
using detail::string_value;

// More jobs than these are never listed in one answer.
constexpr std::int32_t max_listed = 1000;

bool is_supported(Operation operation) noexcept {
    return std::ranges::find(detail::supported_operations, operation) != std::end(detail::supported_operations);
}

bool concerns_job(Operation operation) noexcept {
    return operation == Operation::send_document || operation == Operation::cancel_job ||
           operation == Operation::get_job_attributes;
}

// One request on its way through the checks; what they find out is kept for the operation.
class Handler final {
public:
    using Answer = std::variant<Message, PendingDocument>;
    using MakePending = std::function<PendingDocument(std::unique_ptr<DocumentSink>, std::vector<Attribute>,
                                                      const MessageHeader&, std::string)>;

    Handler(PrinterService& service, const Engine::Config& config, const Clock& clock, const Message& request,
            const Caller& caller)
        : service_{service}, config_{config}, clock_{clock}, request_{request}, caller_{caller} {}

    std::optional<Refusal> check(bool owner_missing) {
        if (!detail::understands(request_.version)) return Refusal{Status::server_error_version_not_supported, {}, {}};
        if (auto refusal = detail::check_frame(request_)) return refusal;
        operation_ = &request_.groups.front();
        if (auto refusal = check_target()) return refusal;
        if (!is_supported(request_.operation())) return Refusal{Status::server_error_operation_not_supported, {}, {}};
        if (owner_missing) return Refusal{Status::client_error_not_authenticated, {}, {}};
        if (auto refusal = detail::check_operation_attributes(*operation_)) return refusal;
        unsupported_ = detail::unknown_operation_attributes(*operation_);
        return std::nullopt;
    }

    Message get_printer_attributes() {
        const detail::Requested requested{operation_->find("requested-attributes"), {"all"}};
        const PrinterInfo info = service_.printer(caller_);
        Message response = done();
        response.groups.push_back(requested.pick(GroupTag::printer, detail::printer_attributes(info, clock_.now())));
        return response;
    }

    Message get_jobs() {
        const std::string word = string_value(*operation_, "which-jobs");
        const auto which = word.empty() ? WhichJobs::not_completed : which_jobs(word);
        if (!which)
            return refused({Status::client_error_attributes_or_values_not_supported,
                            "which-jobs",
                            {*operation_->find("which-jobs")}});
        const std::int64_t first = integer_value(*operation_, "first-index").value_or(1);
        const std::int64_t count = std::min(integer_value(*operation_, "limit").value_or(max_listed), max_listed);
        const std::int64_t end = first - 1 + count;
        JobQuery query{*which, boolean_value(*operation_, "my-jobs").value_or(false), 0};
        query.at_most =
            static_cast<std::int32_t>(std::min<std::int64_t>(end, std::numeric_limits<std::int32_t>::max()));
        const Result<std::vector<JobInfo>> jobs = service_.jobs(caller_, query);
        if (!jobs) return failed(jobs.error());

        const detail::Requested requested{operation_->find("requested-attributes"), {"job-uri", "job-id"}};
        const PrinterInfo info = service_.printer(caller_);
        const std::string uri = detail::caller_uri(info, caller_);
        const Time now = clock_.now();
        Message response = done();
        std::int64_t index = 0;
        for (const JobInfo& job : *jobs) {
            if (!matches(*which, job.state) || ++index < first) continue;
            if (index > end) break;
            response.groups.push_back(
                requested.pick(GroupTag::job, detail::job_attributes(job, uri, info.started, now)));
        }
        return response;
    }

    Message get_job_attributes() {
        const Result<JobInfo> job = service_.job(caller_, job_id_);
        if (!job) return failed(job.error());
        const detail::Requested requested{operation_->find("requested-attributes"), {"all"}};
        const PrinterInfo info = service_.printer(caller_);
        Message response = done();
        const auto all = detail::job_attributes(*job, detail::caller_uri(info, caller_), info.started, clock_.now());
        response.groups.push_back(requested.pick(GroupTag::job, all));
        return response;
    }

    Message cancel_job() {
        const Result<void> cancelled = service_.cancel(caller_, job_id_);
        return cancelled ? done() : failed(cancelled.error());
    }

    Message validate_job() {
        JobTicket ticket;
        if (auto refusal = read_ticket(ticket)) return refused(std::move(*refusal));
        const Result<void> valid = service_.validate(caller_, ticket);
        return valid ? done() : failed(valid.error());
    }

    Message create_job() {
        JobTicket ticket;
        if (auto refusal = read_ticket(ticket)) return refused(std::move(*refusal));
        const Result<JobInfo> job = service_.create_job(caller_, ticket);
        if (!job) return failed(job.error());
        Message response = done();
        response.groups.push_back(detail::new_job_group(*job, detail::caller_uri(info_, caller_)));
        return response;
    }

    Answer print_job(const MakePending& make) {
        JobTicket ticket;
        if (auto refusal = read_ticket(ticket)) return refused(std::move(*refusal));
        auto sink = service_.print(caller_, ticket);
        if (!sink) return failed(sink.error());
        return make(std::move(*sink), std::move(unsupported_), request_.header(), detail::caller_uri(info_, caller_));
    }

    Answer send_document(const MakePending& make) {
        const auto last = boolean_value(*operation_, "last-document");
        if (!last) return refused({Status::client_error_bad_request, "last-document is missing", {}});
        info_ = service_.printer(caller_);
        DocumentTicket document{.document_name = string_value(*operation_, "document-name"), .document_format = {}};
        if (auto refusal = read_format(document.document_format)) return refused(std::move(*refusal));
        if (!*last)
            return refused({Status::server_error_multiple_document_jobs_not_supported, "one document a job", {}});
        auto sink = service_.open_document(caller_, job_id_, document);
        if (!sink) return failed(sink.error());
        return make(std::move(*sink), std::move(unsupported_), request_.header(), detail::caller_uri(info_, caller_));
    }

    Message refused(Refusal refusal) const {
        Message response = reply(request_.header(), refusal.status, refusal.message);
        detail::add_unsupported(response, std::move(refusal.unsupported));
        return response;
    }

private:
    [[nodiscard]] bool known(std::string_view path) const {
        return path == printer_path(caller_.path) || std::ranges::find(config_.paths, path) != config_.paths.end();
    }

    // "printer-uri", or for operations on a job that with "job-id", or "job-uri". *Source*: RFC 8011, 4.1.5.
    std::optional<Refusal> check_target() {
        const auto bad = [](std::string what) {
            return Refusal{Status::client_error_bad_request, std::move(what), {}};
        };
        const auto unknown = [](const char* what) {
            return Refusal{Status::client_error_not_found, fmt::format("no such {}", what), {}};
        };
        const bool job_only = concerns_job(request_.operation());
        const char* name = "printer-uri";
        const Attribute* target = operation_->find(name);
        if (!target && (job_only || !is_supported(request_.operation()))) target = operation_->find(name = "job-uri");
        if (!target) return bad("printer-uri is missing");
        const auto text = target->only() ? target->only()->as_uri() : std::nullopt;
        if (!text) return bad(fmt::format("{}: not one uri", name));
        const auto uri = detail::parse_uri(*text);
        if (!uri) return unknown("printer");
        if (target->name == "job-uri") {
            const auto job = detail::parse_job_path(uri->path);
            if (!job || !known(job->printer)) return unknown("job");
            job_id_ = job->id;
            return std::nullopt;
        }
        if (!known(uri->path)) return unknown("printer");
        if (!job_only) return std::nullopt;
        job_id_ = integer_value(*operation_, "job-id").value_or(0);
        if (job_id_ < 1) return bad("job-id is missing or not from 1 upwards");
        return std::nullopt;
    }

    std::optional<Refusal> read_format(std::string& format) const {
        if (const std::string compression = string_value(*operation_, "compression");
            !compression.empty() && compression != "none")
            return Refusal{
                Status::client_error_compression_not_supported, compression, {*operation_->find("compression")}};
        const std::string asked = string_value(*operation_, "document-format");
        if (asked.empty()) {
            format = "application/octet-stream";
            return std::nullopt;
        }
        std::string bare = ascii_lower(std::string_view{asked}.substr(0, asked.find(';')));
        while (bare.ends_with(' ')) bare.pop_back();
        if (std::ranges::find(info_.formats, bare) == info_.formats.end())
            return Refusal{
                Status::client_error_document_format_not_supported, asked, {*operation_->find("document-format")}};
        format = std::move(bare);
        return std::nullopt;
    }

    std::optional<Refusal> read_ticket(JobTicket& ticket) {
        info_ = service_.printer(caller_);
        if (auto refusal = read_format(ticket.document_format)) return refusal;
        ticket.requesting_user_name = string_value(*operation_, "requesting-user-name");
        ticket.document_name = string_value(*operation_, "document-name");
        ticket.job_name = string_value(*operation_, "job-name");
        if (ticket.job_name.empty()) ticket.job_name = ticket.document_name;
        ticket.natural_language = string_value(*operation_, "attributes-natural-language");
        if (const Group* job = request_.find(GroupTag::job)) {
            std::vector<Attribute> refused = detail::take_job_template(*job, info_, ticket);
            const bool strict = boolean_value(*operation_, "ipp-attribute-fidelity").value_or(false);
            if (strict && !refused.empty())
                return Refusal{Status::client_error_attributes_or_values_not_supported, {}, std::move(refused)};
            std::ranges::move(refused, std::back_inserter(unsupported_));
        }
        if (!info_.accepting_jobs) return Refusal{Status::server_error_not_accepting_jobs, {}, {}};
        return std::nullopt;
    }

    Message done() {
        Message response = reply(request_.header(), Status::successful_ok);
        detail::add_unsupported(response, std::move(unsupported_));
        return response;
    }

    // A peer learns the kind of the failure, never its detail.
    Message failed(const Error& error) const {
        if (config_.failed) config_.failed(caller_.peer_address, error);
        return reply(request_.header(), status_of(error), meaning(error.code));
    }

    PrinterService& service_;
    const Engine::Config& config_;
    const Clock& clock_;
    const Message& request_;
    const Caller& caller_;
    const Group* operation_ = nullptr;
    std::int32_t job_id_ = 0;
    PrinterInfo info_;
    std::vector<Attribute> unsupported_;
};

}  // namespace

Engine::Engine(PrinterService& service, Config config, const Clock& clock)
    : service_{service}, config_{std::move(config)}, clock_{clock} {}

bool Engine::needs_owner(const Message& request) const noexcept {
    return config_.access == Access::owner_required && is_supported(request.operation()) &&
           request.operation() != Operation::get_printer_attributes;
}

std::variant<Message, PendingDocument> Engine::begin(const Message& request, const Caller& caller) const {
    Handler handler{service_, config_, clock_, request, caller};
    if (auto refusal = handler.check(needs_owner(request) && !caller.owner))
        return handler.refused(std::move(*refusal));
    const auto make = [&](std::unique_ptr<DocumentSink> sink, std::vector<Attribute> unsupported,
                          const MessageHeader& header, std::string printer_uri) {
        auto state = std::make_unique<PendingDocument::State>();
        state->request = header;
        state->sink = std::move(sink);
        state->unsupported = std::move(unsupported);
        state->printer_uri = std::move(printer_uri);
        if (config_.failed)
            state->failed = [failed = config_.failed, address = caller.peer_address](const Error& error) {
                failed(address, error);
            };
        return PendingDocument{std::move(state)};
    };
    switch (request.operation()) {
        case Operation::print_job: return handler.print_job(make);
        case Operation::validate_job: return handler.validate_job();
        case Operation::create_job: return handler.create_job();
        case Operation::send_document: return handler.send_document(make);
        case Operation::cancel_job: return handler.cancel_job();
        case Operation::get_job_attributes: return handler.get_job_attributes();
        case Operation::get_jobs: return handler.get_jobs();
        case Operation::get_printer_attributes: return handler.get_printer_attributes();
        default: return handler.refused({Status::server_error_operation_not_supported, {}, {}});
    }
}

}  // namespace safeq::ipp
