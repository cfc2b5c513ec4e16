// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/ipp_client.hpp>

#include <algorithm>
#include <condition_variable>

#include <fmt/format.h>

#include <safeq/core/text.hpp>
#include <safeq/ipp/codec.hpp>

namespace safeq::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

const std::vector<std::string> job_attributes{"job-id",
                                              "job-uri",
                                              "job-state",
                                              "job-state-reasons",
                                              "job-state-message",
                                              "job-name",
                                              "job-uuid",
                                              "job-impressions-completed",
                                              "job-media-sheets-completed"};

// Waits, unless a stop comes first.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock{mutex};
    return !condition.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
}

// Whether an ended job is known to have left no paper. Many printers don't count impressions, so that zero of them says
// nothing; a document that the printer could not read does.
bool printed_nothing(const ipp::RemoteJob& job) {
    constexpr std::string_view unread[]{"document-format-error", "unsupported-document-format",
                                        "document-unprintable-error", "compression-error", "document-access-error"};
    return std::ranges::any_of(
        job.reasons, [&](const std::string& reason) { return std::ranges::find(unread, reason) != std::end(unread); });
}

}  // namespace

IppClient::IppClient(Options options, HttpTarget target, const Clock& clock, Random& random)
    : options_{std::move(options)},
      http_{std::move(target), clock, random, options_.stream, http::Limits::standard().with_body(1024 * 1024)} {
    const auto authority = options_.uri.find("://") + 3;
    const auto slash = options_.uri.find('/', authority);
    path_ = slash == std::string::npos ? "/" : options_.uri.substr(slash);
}

Result<std::unique_ptr<IppClient>> IppClient::create(Options options, std::shared_ptr<const tls::ClientContext> context,
                                                     const Clock& clock, Random& random) {
    SAFEQ_TRY(HttpTarget target, HttpTarget::https(options.uri, std::move(context)));
    return std::unique_ptr<IppClient>{new IppClient{std::move(options), std::move(target), clock, random}};
}

Result<std::unique_ptr<IppClient>> IppClient::create(Options options, ContextSource context, const Clock& clock,
                                                     Random& random) {
    SAFEQ_TRY(HttpTarget target, HttpTarget::https(options.uri, nullptr));
    if (!context) return fail(Errc::invalid_argument, "client", "no context");
    target.choose = std::move(context);
    return std::unique_ptr<IppClient>{new IppClient{std::move(options), std::move(target), clock, random}};
}

ipp::Target IppClient::target() const {
    return {.printer_uri = options_.uri, .requesting_user_name = options_.user_name};
}

Result<ipp::Message> IppClient::exchange(HttpRequest request) {
    request.method = "POST";
    request.target = path_;
    request.headers.add("Content-Type", "application/ipp");
    if (!options_.authorization.empty()) request.headers.add("Authorization", options_.authorization);
    SAFEQ_TRY(const HttpReply reply, http_.request(request));
    if (reply.status == 401)
        return fail(Errc::credential_wrong, "printer", "it asks who you are, or does not know you (HTTP 401)");
    // A client error says that nothing was done with the request; a server error says nothing.
    if (reply.status / 100 == 4) return fail(Errc::device_refused, "printer", fmt::format("HTTP {}", reply.status));
    if (reply.status != 200) return fail(Errc::http_status, "printer", fmt::format("HTTP {}", reply.status));
    const std::string_view type = reply.headers.first("content-type");
    if (!ascii_iequals(type.substr(0, type.find(';')), "application/ipp"))
        return fail(Errc::ipp_malformed, "printer", "the answer is not application/ipp");
    SAFEQ_TRY(ipp::Decoded decoded, ipp::decode(reply.body, ipp::Limits::standard()));
    return std::move(decoded.message);
}

Result<ipp::Message> IppClient::call(const ipp::Message& request) {
    HttpRequest http;
    http.body = ipp::encode(request);
    return exchange(std::move(http));
}

Result<ipp::RemotePrinter> IppClient::printer() {
    const ipp::Message request = ipp::make_get_printer_attributes(
        target(), next_request_++,
        {"printer-name", "printer-make-and-model", "printer-state", "printer-state-reasons",
         "printer-is-accepting-jobs", "document-format-supported", "operations-supported"});
    SAFEQ_TRY(const ipp::Message response, call(request));
    SAFEQ_TRY_VOID(ipp::check_response(request, response));
    return ipp::read_printer(response);
}

Result<ipp::RemoteJob> IppClient::submit(const PrintDocument& document) {
    const ipp::Message request =
        ipp::make_print_request(target(), ipp::Operation::print_job, next_request_++, document.ticket);
    const Bytes head = ipp::encode(request);
    bool head_sent = false;
    HttpRequest http;
    http.body_bytes = head.size() + document.bytes;
    http.next = [&]() -> Result<ByteView> {
        if (!std::exchange(head_sent, true)) return ByteView{head};
        return document.next();
    };
    http.progress = [&](std::uint64_t sent) {
        if (document.progress && sent > head.size()) document.progress(sent - head.size());
    };
    SAFEQ_TRY(const ipp::Message response, exchange(std::move(http)));
    SAFEQ_TRY_VOID(ipp::check_response(request, response));
    return ipp::read_job(response);
}

PrintReport IppClient::print(const PrintDocument& document) {
    std::uint64_t left = 0;  // bytes of the document that may have reached the printer
    PrintDocument watched = document;
    watched.next = [&]() -> Result<ByteView> {
        SAFEQ_TRY(const ByteView piece, document.next());
        left += piece.size();
        return piece;
    };
    auto job = submit(watched);
    if (!job) {
        // A printer that answers with an IPP failure or refuses the request has told that it made no job of it.
        const Errc code = job.error().code;
        const bool told = code == Errc::ipp_status || code == Errc::credential_wrong || code == Errc::device_refused;
        return {.end = left == 0 || told ? PrintEnd::refused : PrintEnd::uncertain,
                .job = {},
                .detail = job.error().message()};
    }
    if (job->id < 1)
        return {
            .end = PrintEnd::uncertain, .job = *std::move(job), .detail = "the printer did not say which job it made"};
    return follow(*std::move(job));
}

PrintReport IppClient::follow(ipp::RemoteJob job) {
    const auto end = SteadyClock::now() + options_.finish_timeout;
    auto wait = std::chrono::milliseconds{20};
    std::string problem = "the printer did not tell the end of the job in time";
    for (;;) {
        if (job.state == ipp::JobState::completed)
            return {.end = PrintEnd::completed, .job = std::move(job), .detail = {}};
        if (job.state == ipp::JobState::canceled || job.state == ipp::JobState::aborted)
            return {.end = printed_nothing(job) ? PrintEnd::refused : PrintEnd::uncertain,
                    .job = std::move(job),
                    .detail = "the printer gave up the job, or somebody cancelled it there"};
        if (SteadyClock::now() >= end || !pause(wait, options_.stream.stop))
            return {.end = PrintEnd::uncertain, .job = std::move(job), .detail = problem};
        wait = std::min(wait * 2, std::chrono::milliseconds{1000});

        const ipp::Message request = ipp::make_get_job_attributes(target(), next_request_++, job.id, job_attributes);
        HttpRequest http;
        http.body = ipp::encode(request);
        http.end = end;
        const auto response = exchange(std::move(http));
        const auto good = response ? ipp::check_response(request, *response) : std::unexpected(response.error());
        auto latest = good ? ipp::read_job(*response) : std::unexpected(good.error());
        if (latest && latest->id == job.id) job = *std::move(latest);
        else if (!latest) problem = latest.error().message();
        // A printer that no longer knows the job won't tell its end.
        if (!latest && (latest.error().code == Errc::ipp_status || latest.error().code == Errc::ipp_malformed))
            return {.end = PrintEnd::uncertain, .job = std::move(job), .detail = problem};
    }
}

}  // namespace safeq::net
