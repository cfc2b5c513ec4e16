// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <safeq/job/job.hpp>
#include <safeq/job/repository.hpp>
#include <safeq/service/sign_in.hpp>
#include <safeq/spool/blob.hpp>

namespace safeq::service {

/// A job as the release server tells an intake about it.
struct RemoteJob {
    JobId id;
    std::int32_t ipp_id = 0;
    job::State state = job::initial_state;
    std::string title;
    std::string format;
    std::uint64_t bytes = 0;
    std::optional<std::uint32_t> pages;
    Time created;
    Time changed;

    friend bool operator==(const RemoteJob&, const RemoteJob&) = default;
};

/// What the release server tells an intake of one person.
struct RemoteJobs {
    std::vector<RemoteJob> jobs;  ///< that came through this intake: open ones, and those that ended in the last hour
    /// All of theirs that waits there, also what is too much to be listed and what came through other intakes.
    job::Waiting waiting;
};

/// Port of the intake: the way to the release server. Blocks. *Threads*: safe from several threads.
/// *Errors* of all: `unavailable` when it can't be reached now.
class Upstream {
public:
    virtual ~Upstream() = default;

    /// Who showed this at our listener. *Errors*: `denied`; `busy`, `throttled`.
    [[nodiscard]] virtual Result<Identity> identify(Shown shown, std::string user, std::string address,
                                                    const crypto::Secret& secret) = 0;

    /// Sends one sealed file as it is. *Errors*: `already_exists` when the job is held there.
    [[nodiscard]] virtual Result<void> send(const spool::BlobName& name, spool::BlobSource& file) = 0;

    /// Asks it to take the job over; returns when it is held there durably. *Errors*: `denied` when it refuses for
    /// good.
    [[nodiscard]] virtual Result<void> take(JobId job) = 0;

    /// What it has of that person.
    [[nodiscard]] virtual Result<RemoteJobs> jobs(SubjectId owner) = 0;

    /// *Errors*: `not_found`, `conflict`.
    [[nodiscard]] virtual Result<void> cancel(SubjectId owner, JobId job) = 0;

protected:
    Upstream() = default;
    Upstream(const Upstream&) = default;
    Upstream& operator=(const Upstream&) = default;
};

}  // namespace safeq::service
