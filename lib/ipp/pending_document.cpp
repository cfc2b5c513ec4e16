// SPDX-License-Identifier: Apache-2.0
#include "ipp/pending_document.hpp"

#include <utility>

#include "ipp/job_attributes.hpp"
#include "ipp/reply.hpp"

namespace safeq::ipp {

PendingDocument::PendingDocument(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
PendingDocument::PendingDocument(PendingDocument&&) noexcept = default;
PendingDocument& PendingDocument::operator=(PendingDocument&&) noexcept = default;
PendingDocument::~PendingDocument() = default;

Result<void> PendingDocument::append(ByteView bytes) {
    if (!state_) return fail(Errc::invalid_argument, "document", "already finished");
    if (state_->failure) return std::unexpected{*state_->failure};
    if (bytes.empty()) return {};
    state_->empty = false;
    auto taken = state_->sink->append(bytes);
    if (!taken) state_->give_up(taken.error());
    return taken;
}

Message PendingDocument::finish() {
    const std::unique_ptr<State> state = std::move(state_);
    if (!state) return refuse(std::nullopt, Error{Errc::invalid_argument, "document", "already finished"});
    if (state->failure) return detail::reply(state->request, status_of(*state->failure), meaning(state->failure->code));
    if (state->empty) return detail::reply(state->request, Status::client_error_bad_request, "no document came");
    const Result<JobInfo> job = state->sink->finish();
    if (!job) {
        state->give_up(job.error());
        return detail::reply(state->request, status_of(job.error()), meaning(job.error().code));
    }
    Message response = detail::reply(state->request, Status::successful_ok);
    detail::add_unsupported(response, std::move(state->unsupported));
    response.groups.push_back(detail::new_job_group(*job, state->printer_uri));
    return response;
}

}  // namespace safeq::ipp
