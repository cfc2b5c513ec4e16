// SPDX-License-Identifier: Apache-2.0
#include "service/remote_job.hpp"

namespace safeq::service {
namespace {

ipp::JobState to_ipp(job::State state) {
    switch (state) {
        case job::State::held: return ipp::JobState::pending_held;
        case job::State::releasing:
        case job::State::releasing_again: return ipp::JobState::processing;
        case job::State::uncertain: return ipp::JobState::processing_stopped;
        case job::State::printed: return ipp::JobState::completed;
        case job::State::aborted: return ipp::JobState::aborted;
        case job::State::cancelled:
        case job::State::deleted:
        case job::State::expired: return ipp::JobState::canceled;
    }
    return ipp::JobState::aborted;
}

std::vector<std::string> reasons(job::State state) {
    switch (state) {
        case job::State::held: return {"job-release-wait"};
        case job::State::uncertain: return {"job-held-for-authorization"};
        case job::State::aborted: return {"aborted-by-system"};
        case job::State::cancelled:
        case job::State::deleted: return {"job-canceled-by-user"};
        case job::State::expired: return {"job-canceled-by-system"};
        default: return {};
    }
}

}  // namespace

ipp::JobInfo to_info(const RemoteJob& remote, const std::string& owner) {
    ipp::JobInfo out{.id = remote.ipp_id,
                     .uuid = remote.id,
                     .name = remote.title,
                     .owner_name = owner,
                     .state = to_ipp(remote.state),
                     .reasons = reasons(remote.state),
                     .k_octets = static_cast<std::int64_t>((remote.bytes + 1023) / 1024),
                     .document_format = remote.format,
                     .created = remote.created};
    if (remote.pages) out.impressions = static_cast<std::int32_t>(*remote.pages);
    if (remote.state != job::State::held) out.processing = remote.changed;
    if (job::is_terminal(remote.state)) out.completed = remote.changed;
    return out;
}

}  // namespace safeq::service
