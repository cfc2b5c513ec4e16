// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "report/cells.hpp"

namespace safeq::report {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}
Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json time_or_null(const std::optional<Time>& time) { return or_null(cell(time)); }

std::string_view state_name(Shown::State state) noexcept {
    switch (state) {
        case Shown::State::known: return "known";
        case Shown::State::absent: return "absent";
        case Shown::State::erased: return "erased";
        case Shown::State::unavailable: return "unavailable";
        case Shown::State::restricted: return "restricted";
    }
    return "";
}

void add_shown(Json& object, const std::string& key, const Shown& shown) {
    object[key] = shown.state == Shown::State::known ? Json(shown.text) : Json();
    object[key + "_state"] = state_name(shown.state);
}

// Where null becomes an object and memory runs out, the library's destructor finds an object without its value.
Json empty() { return Json::object(); }

// Texts were checked to be UTF-8 on their way in; what is not would be replaced, not thrown at the caller.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string jobs_json(std::span<const JobLine> lines) {
    Json jobs = Json::array();
    for (const JobLine& line : lines) {
        const JobRow& row = line.row;
        Json job = empty();
        job["job"] = row.job.text();
        job["outcome"] = name(row.outcome);
        job["accepted"] = time_or_null(row.accepted);
        job["held"] = time_or_null(row.held);
        job["released"] = time_or_null(row.released);
        job["ended"] = time_or_null(row.ended);
        job["user_id"] = or_null(cell(row.owner));
        add_shown(job, "user", line.user);
        add_shown(job, "title", line.title);
        job["format"] = or_null(row.format);
        job["bytes"] = or_null(row.bytes);
        job["pages"] = or_null(row.pages);
        job["copies"] = or_null(row.copies);
        job["prints"] = row.prints;
        job["counted_pages"] = row.counted_pages();
        job["device_id"] = or_null(cell(row.device));
        job["device"] = or_null(line.device_name);
        jobs.push_back(std::move(job));
    }
    return dump({{"jobs", std::move(jobs)}});
}

std::string totals_json(std::span<const TotalLine> lines, TotalsBy by) {
    Json totals = Json::array();
    for (const TotalLine& line : lines) {
        Json total = empty();
        switch (by) {
            case TotalsBy::user:
                total["user_id"] = or_null(cell(line.total.user));
                add_shown(total, "user", line.user);
                break;
            case TotalsBy::device:
                total["device_id"] = or_null(cell(line.total.device));
                total["device"] = or_null(line.device_name);
                break;
            case TotalsBy::day: total["day"] = or_null(group_id(line, by)); break;
        }
        total["jobs"] = line.total.jobs;
        total["printed"] = line.total.printed;
        total["pages"] = line.total.pages;
        total["bytes"] = line.total.bytes;
        totals.push_back(std::move(total));
    }
    return dump({{"by", group_label(by)}, {"totals", std::move(totals)}});
}

}  // namespace safeq::report
