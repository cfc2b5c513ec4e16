// SPDX-License-Identifier: Apache-2.0
// Under test: ipp::read_job, ipp::read_jobs, ipp::read_printer, ipp::check_response, ipp::parse_uri,
// ipp::parse_job_path, ipp::media_size, ipp::match_media_col, ipp::check, ipp::clean.
// A first byte that is even says that the rest is a device's answer, an odd one that it is a text. Property: what is
// read of an answer is what its attributes say one by one, each of its syntax, and no number is below what it can be;
// what a URI, a path and a medium's name are read as gives, put together, the same again; what is cleaned passes the
// check, keeps to its length, and isn't changed where it passed before.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <safeq/core/text.hpp>
#include <safeq/ipp/codec.hpp>
#include <safeq/ipp/request.hpp>

#include "ipp/media.hpp"
#include "ipp/text_rules.hpp"
#include "ipp/uri.hpp"

using namespace safeq;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// The one value of an attribute, if it has one that says anything.
const ipp::Value* value_of(const ipp::Group& group, std::string_view name) {
    const ipp::Attribute* const attribute = group.find(name);
    const ipp::Value* const value = attribute ? attribute->only() : nullptr;
    return value && !value->out_of_band() ? value : nullptr;
}

void check_job(const ipp::RemoteJob& job, const ipp::Group& group) {
    const auto text = [&](std::string_view name) -> std::string_view {
        const ipp::Value* const value = value_of(group, name);
        return value ? value->as_string().value_or("?") : "";
    };
    const auto number = [&](std::string_view name) -> std::optional<std::int32_t> {
        const ipp::Value* const value = value_of(group, name);
        return value ? value->as_integer() : std::nullopt;
    };
    require(job.id >= 0 && job.id == number("job-id").value_or(0));
    require(job.uri == text("job-uri") && job.name == text("job-name") && job.uuid == text("job-uuid"));
    require(job.state_message == text("job-state-message"));
    require(job.impressions_completed == number("job-impressions-completed"));
    require(job.media_sheets_completed == number("job-media-sheets-completed"));
    require(job.impressions_completed.value_or(0) >= 0 && job.media_sheets_completed.value_or(0) >= 0);
    for (const std::string_view shown : {std::string_view{job.name}, std::string_view{job.state_message}})
        require(check_name(shown, shown.size(), "").has_value());
    require(job.state.has_value() == (value_of(group, "job-state") != nullptr));
    const ipp::Attribute* const reasons = group.find("job-state-reasons");
    require(job.reasons.size() <= (reasons ? reasons->values.size() : 0));
}

void check_answer(ByteView in) {
    const auto decoded = ipp::decode(in, ipp::Limits::standard());
    if (!decoded) return;
    const ipp::Message& message = decoded->message;
    const auto jobs = ipp::read_jobs(message);
    const auto job = ipp::read_job(message);
    std::vector<const ipp::Group*> groups;
    for (const ipp::Group& group : message.groups)
        if (group.tag == ipp::GroupTag::job) groups.push_back(&group);
    require(!job || !groups.empty());
    if (jobs) {
        require(jobs->size() == groups.size() && job.has_value() == !jobs->empty());
        if (job) require(*job == jobs->front());
        for (std::size_t i = 0; i < jobs->size(); ++i) check_job((*jobs)[i], *groups[i]);
    } else {
        require(jobs.error().code == Errc::ipp_malformed && !groups.empty());
    }
    if (const auto printer = ipp::read_printer(message)) {
        const ipp::Group* const group = message.find(ipp::GroupTag::printer);
        require(group != nullptr);
        const ipp::Attribute* const operations = group->find("operations-supported");
        require(printer->operations.size() <= (operations ? operations->values.size() : 0));
        for (const ipp::Operation operation : printer->operations) require(printer->supports(operation));
        for (const std::string& format : printer->formats) require(printer->takes_format(format));
        require(check_name(printer->name, 127, "").has_value());
        const ipp::Value* const accepting = value_of(*group, "printer-is-accepting-jobs");
        require(printer->accepting_jobs == (accepting && accepting->as_boolean() == true));
    }
    // As the answer to a request of its own number, and of another.
    ipp::Message request = message;
    const auto checked = ipp::check_response(request, message);
    if (!checked) require(checked.error().code == Errc::ipp_malformed || checked.error().code == Errc::ipp_status);
    request.request_id ^= 1;
    require(!ipp::check_response(request, message));
    // Collections that ask for a medium.
    static const std::vector<std::string> supported{"iso_a4_210x297mm", "na_letter_8.5x11in", "iso_a3_297x420mm"};
    for (const ipp::Group& group : message.groups)
        for (const ipp::Attribute& attribute : group.attributes)
            for (const ipp::Value& value : attribute.values)
                if (const ipp::Collection* const wanted = value.as_collection())
                    if (const auto match = ipp::detail::match_media_col(*wanted, supported))
                        require(match->empty() || std::ranges::find(supported, *match) != supported.end());
}

void check_text(std::string_view text) {
    using namespace ipp::detail;
    if (const auto uri = parse_uri(text)) {
        std::string whole = fmt::format("{}://{}{}", uri->scheme, uri->authority, uri->path);
        if (whole != text) whole += '/';
        require(whole == text && !uri->authority.empty() && !uri->authority.contains('/'));
        require(!text.contains('?') && !text.contains('#'));
        require(ascii_lower(uri->scheme).starts_with("ipp") || ascii_lower(uri->scheme).starts_with("http"));
    }
    if (const auto job = parse_job_path(text))
        require(job->id >= 1 && fmt::format("{}/jobs/{}", job->printer, job->id) == text);
    if (const auto size = media_size(text)) {
        const auto written = [](std::int32_t hundredths) {
            return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
        };
        require(size->width > 0 && size->length > 0 && size->width <= 10'000'000 && size->length <= 10'000'000);
        require(media_size(fmt::format("a_b_{}x{}mm", written(size->width), written(size->length))) == size);
    }
    for (const Charset charset : {Charset::unicode, Charset::graphic, Charset::printable}) {
        const bool good = check(text, charset).has_value();
        for (const std::size_t most : {std::size_t{3}, text.size(), text.size() + 1}) {
            const std::string cleaned = clean(text, charset, most);
            require(cleaned.size() <= most && check(cleaned, charset).has_value());
            if (good && text.size() <= most) require(cleaned == text);
            require(clean(cleaned, charset, most) == cleaned);
        }
        if (charset != Charset::unicode && good)
            require(std::ranges::all_of(
                text, [&](char c) { return c < 0x7f && c >= (charset == Charset::graphic ? '!' : ' '); }));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView input = std::as_bytes(std::span{data, size}).subspan(1);
    if (data[0] % 2 == 0) check_answer(input);
    else check_text(as_text(input));
    return 0;
}
