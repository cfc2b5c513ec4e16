// SPDX-License-Identifier: Apache-2.0
#include "report/journal.hpp"

#include <safeq/service/upstream_answer.hpp>

#include "common/log.hpp"

namespace safeq::daemon {

Result<void> ReleaseJournal::send(const service::ReportEvent& event) {
    net::HttpRequest request{
        .method = "POST", .target = "/internal/v1/report-events", .headers = {}, .body = to_bytes(event.encode())};
    request.headers.add("Content-Type", "application/json");
    const auto reply = client_.request(request);
    if (!reply) return fail(Errc::log_unavailable, "release server", reply.error().message());
    if (reply->status == 204) return {};
    const Error refusal = service::read_refusal(reply->status, as_text(reply->body), "record");
    return fail(Errc::log_unavailable, "release server", refusal.message());
}

Result<void> ReleaseJournal::settle() {
    const Time now = clock_.now();
    if (failed_at_ <= now && now < failed_at_ + pause)
        return fail(Errc::log_unavailable, "release server", "could not be reached just now");
    while (!owed_.empty()) {
        if (auto sent = send(owed_.front()); !sent) {
            failed_at_ = clock_.now();
            return sent;
        }
        owed_.pop_front();
    }
    return {};
}

Result<void> ReleaseJournal::ready() {
    const std::scoped_lock lock{mutex_};
    return settle();
}

Result<void> ReleaseJournal::record(What what) {
    auto sent = send({.id = RecordId::make(clock_, random_), .what = std::move(what)});
    if (!sent) {
        const std::scoped_lock lock{mutex_};
        failed_at_ = clock_.now();
    }
    return sent;
}

void ReleaseJournal::owe(What what) {
    const std::scoped_lock lock{mutex_};
    owed_.push_back({.id = RecordId::make(clock_, random_), .what = std::move(what)});
}

void ReleaseJournal::turn() {
    const std::scoped_lock lock{mutex_};
    const auto settled = settle();
    if (!settled && !told_) log_warning("not-recorded", field("why", settled.error().message()));
    told_ = !settled;
}

void ReleaseJournal::finish() {
    {
        const std::scoped_lock lock{mutex_};
        failed_at_ = {};
        told_ = false;
    }
    turn();
}

}  // namespace safeq::daemon
