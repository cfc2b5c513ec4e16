// SPDX-License-Identifier: Apache-2.0
#include "ipp/job_attributes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "ipp/times.hpp"
#include "ipp/uri.hpp"

namespace safeq::ipp::detail {
namespace {

Value reached(const std::optional<Time>& at, Time started) {
    return at ? Value::integer(up_time(*at, started)) : Value::no_value();
}

Value reached_date(const std::optional<Time>& at) {
    return at ? Value::date_time(DateTime::from(*at)) : Value::no_value();
}

std::string job_uri(const JobInfo& job, const std::string& printer_uri) {
    return fmt::format("{}/jobs/{}", printer_uri, job.id);
}

Attribute reasons(const JobInfo& job) {
    return keywords("job-state-reasons", job.reasons.empty() ? std::vector<std::string>{"none"} : job.reasons);
}

}  // namespace

std::string caller_uri(const PrinterInfo& info, const Caller& caller) {
    for (const PrinterUri& way : info.uris)
        if (const auto uri = parse_uri(way.uri); uri && uri->path == caller.path) return way.uri;
    return info.uris.empty() ? "ipp://localhost" + caller.path : info.uris.front().uri;
}

std::vector<KindAttribute> job_attributes(const JobInfo& job, const std::string& printer_uri, Time started, Time now) {
    const std::string& home = job.printer_uri.empty() ? printer_uri : job.printer_uri;
    std::vector<KindAttribute> all;
    const auto add = [&](const char* name, Value value) {
        all.push_back({Kind::job_description, Attribute{name, std::move(value)}});
    };
    add("job-id", Value::integer(job.id));
    add("job-uri", Value::uri(job_uri(job, home)));
    add("job-uuid", Value::uri("urn:uuid:" + job.uuid.text()));
    add("job-printer-uri", Value::uri(home));
    add("job-name", Value::name(job.name));
    add("job-originating-user-name", Value::name(job.owner_name));
    add("job-state", Value::enumeration(static_cast<std::int32_t>(job.state)));
    all.push_back({Kind::job_description, reasons(job)});
    add("job-k-octets", Value::integer(to_i32(job.k_octets)));
    add("job-impressions", job.impressions ? Value::integer(std::max(0, *job.impressions)) : Value::no_value());
    add("job-impressions-completed", Value::integer(std::max(0, job.impressions_completed)));
    add("job-media-sheets-completed", Value::integer(std::max(0, job.impressions_completed)));
    add("number-of-documents", Value::integer(std::max(0, job.documents)));
    if (!job.document_format.empty()) add("document-format", Value::mime_media_type(job.document_format));
    add("job-printer-up-time", Value::integer(std::max(1, up_time(now, started))));
    add("time-at-creation", Value::integer(up_time(job.created, started)));
    add("time-at-processing", reached(job.processing, started));
    add("time-at-completed", reached(job.completed, started));
    add("date-time-at-creation", Value::date_time(DateTime::from(job.created)));
    add("date-time-at-processing", reached_date(job.processing));
    add("date-time-at-completed", reached_date(job.completed));
    add("attributes-charset", Value::charset("utf-8"));
    add("attributes-natural-language", Value::natural_language("en"));
    for (const Attribute& attribute : job.attributes) all.push_back({Kind::job_template, attribute});
    return all;
}

Group new_job_group(const JobInfo& job, const std::string& printer_uri) {
    const std::string& home = job.printer_uri.empty() ? printer_uri : job.printer_uri;
    return Group{GroupTag::job,
                 {Attribute{"job-id", Value::integer(job.id)}, Attribute{"job-uri", Value::uri(job_uri(job, home))},
                  Attribute{"job-uuid", Value::uri("urn:uuid:" + job.uuid.text())},
                  Attribute{"job-state", Value::enumeration(static_cast<std::int32_t>(job.state))}, reasons(job)}};
}

}  // namespace safeq::ipp::detail
