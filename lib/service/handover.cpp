// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/handover.hpp>

#include <algorithm>

#include <safeq/core/fail_point.hpp>
#include <safeq/spool/check.hpp>
#include <safeq/spool/envelope.hpp>

namespace safeq::service {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds longest_pause = 64s;

// Whom a failure keeps back.
enum class Keeps : std::uint8_t {
    everybody,  // the release server is away, or can't take anything now
    larger,     // it has no room for this one
    this_one,   // until that is mended
    for_good,   // it has looked at the job, and won't have it
};

Keeps keeps_back(Errc code) {
    switch (code) {
        case Errc::unavailable:
        case Errc::busy:
        case Errc::throttled:
        case Errc::locked:
        case Errc::out_of_memory:
        case Errc::cancelled:
        case Errc::timed_out:
        case Errc::connection_closed:
        case Errc::log_unavailable: return Keeps::everybody;
        case Errc::disk_full: return Keeps::larger;
        case Errc::denied:
        case Errc::key_destroyed:
        case Errc::invalid_argument:
        case Errc::unsupported:
        case Errc::invalid_utf8:
        case Errc::control_character:
        case Errc::too_many:
        case Errc::duplicate: return Keeps::for_good;
        default: return spool::is_damage(code) ? Keeps::for_good : Keeps::this_one;
    }
}

// Remembers that a file of ours doesn't read: who sends it may not tell that from a way that is cut.
class Watched final : public spool::BlobSource {
public:
    explicit Watched(spool::BlobSource& file) : file_{file} {}

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        auto read = file_.read_at(offset, out);
        if (!read) failed_ = read.error();
        return read;
    }
    Result<std::uint64_t> size() override {
        auto size = file_.size();
        if (!size) failed_ = size.error();
        return size;
    }
    [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

private:
    spool::BlobSource& file_;
    std::optional<Error> failed_;
};

}  // namespace

bool Handover::Files::has_ticket() const noexcept {
    return (!here.empty() && here.front() == 0) || (!aside.empty() && aside.front() == 0);
}

Result<Handover::Recovered> Handover::recover() {
    SAFEQ_TRY(const std::vector<spool::BlobName> names, parts_.blobs.list());
    SAFEQ_TRY(const std::vector<spool::BlobName> aside, parts_.blobs.list_aside());
    std::map<JobId, Files> jobs;
    for (const spool::BlobName& name : names) jobs[name.job].here.push_back(name.document);
    for (const spool::BlobName& name : aside) jobs[name.job].aside.push_back(name.document);

    std::set<JobId> ids, damaged;
    for (const auto& [job, files] : jobs) {
        ids.insert(job);
        if (!files.aside.empty()) damaged.insert(job);
    }
    SAFEQ_TRY(const auto accepted, parts_.recorder.accepted_among(ids));
    SAFEQ_TRY(const auto failed, parts_.recorder.failed_among(damaged));

    Recovered out;
    for (const auto& [job, files] : jobs) {
        if (const auto owner = accepted.find(job); owner != accepted.end()) {
            SAFEQ_TRY_VOID(sort_out(job, owner->second, files, failed.contains(job), out));
        } else if (!files.here.empty()) {
            SAFEQ_TRY_VOID(parts_.recorder.orphan_removed(job, "not acknowledged"));
            SAFEQ_FAIL_POINT("handover.orphan_recorded");
            SAFEQ_TRY_VOID(clear(job, files, out));
        }
    }
    return out;
}

Result<void> Handover::sort_out(JobId job, SubjectId owner, const Files& files, bool has_failed, Recovered& out) {
    // The hand-over deletes the ticket first: documents without one were taken over already.
    if (!files.has_ticket()) return clear(job, files, out);
    if (!files.aside.empty()) {
        if (!has_failed) {
            SAFEQ_TRY_VOID(record_end(job, owner, "set_aside"));
            ++out.failed;
        }
        for (const std::uint32_t number : files.here) SAFEQ_TRY_VOID(parts_.blobs.set_aside({job, number}));
        return {};
    }
    if (files.here.size() == 1) {
        SAFEQ_TRY_VOID(record_end(job, owner, name(Errc::log_unavailable)));
        ++out.failed;
        return clear(job, files, out);
    }
    add(job, found(job, files.here.back(), owner));
    ++out.waiting;
    return {};
}

Result<void> Handover::clear(JobId job, const Files& files, Recovered& out) {
    for (const std::uint32_t number : files.here) {
        SAFEQ_TRY_VOID(parts_.blobs.remove({job, number}));
        ++out.removed;
        SAFEQ_FAIL_POINT("handover.orphan_removed");
    }
    return {};
}

Result<void> Handover::record_end(JobId job, SubjectId owner, std::string_view why) {
    SAFEQ_TRY_VOID(parts_.recorder.job_failed(job, owner, why));
    SAFEQ_FAIL_POINT("handover.given_up");
    return {};
}

// What isn't ours to open says its size outside; a file that doesn't is for the hand-over to report.
Handover::Accepted Handover::found(JobId job, std::uint32_t documents, SubjectId owner) {
    Accepted out{.documents = documents, .owner = owner};
    for (std::uint32_t number = 1; number <= documents; ++number) {
        const auto file = parts_.blobs.open({job, number});
        if (!file) continue;
        const auto envelope = spool::inspect(**file);
        if (envelope) out.bytes += envelope->layout.plaintext_bytes;
    }
    return out;
}

void Handover::add(JobId job, const Accepted& accepted) {
    const std::scoped_lock lock{mutex_};
    waiting_.emplace(job, accepted);
}

Result<void> Handover::hand_over(JobId job, std::uint32_t documents) {
    if (over_.contains(job)) return remove(job, documents);
    bool held = false;
    for (std::uint32_t number = 0; number <= documents && !held; ++number) {
        SAFEQ_FAIL_POINT("handover.send");
        SAFEQ_TRY(const auto file, parts_.blobs.open({job, number}));
        Watched watched{*file};
        const auto sent = parts_.upstream.send({job, number}, watched);
        held = !sent && sent.error().code == Errc::already_exists;
        if (!sent && !held && watched.failed()) return std::unexpected(*watched.failed());
        if (!sent && !held) return sent;
        SAFEQ_FAIL_POINT("handover.sent");
    }
    if (!held) SAFEQ_TRY_VOID(parts_.upstream.take(job));
    SAFEQ_FAIL_POINT("handover.taken");
    return remove(job, documents);
}

// The ticket first: see recover. What can't be removed now is tried again, and nothing else is done about it.
Result<void> Handover::remove(JobId job, std::uint32_t documents) {
    over_.insert(job);
    for (std::uint32_t number = 0; number <= documents; ++number) {
        SAFEQ_TRY_VOID(parts_.blobs.remove({job, number}));
        SAFEQ_FAIL_POINT("handover.copy_removed");
    }
    over_.erase(job);
    return {};
}

Result<void> Handover::give_up(JobId job, const Accepted& accepted, Errc why) {
    SAFEQ_TRY_VOID(record_end(job, accepted.owner, name(why)));
    // Whatever else it was, an operator may mend it, or want to look.
    return why == Errc::key_destroyed ? remove(job, accepted.documents) : Result<void>{};
}

Handover::Progress Handover::run() {
    const std::scoped_lock one{one_runner_};
    Progress out;
    std::map<JobId, Accepted> batch;
    {
        const std::scoped_lock lock{mutex_};
        batch = waiting_;
    }
    std::erase_if(pauses_, [&](const auto& each) { return !batch.contains(each.first); });
    for (const auto& [job, accepted] : batch)
        if (!pauses(job) && !try_one(job, accepted, out)) break;
    return out;
}

Result<void> Handover::run_one(JobId job) {
    if (!waits(job)) return {};  // no run is in its way
    const std::unique_lock one{one_runner_, std::try_to_lock};
    if (!one) return fail(Errc::busy, "hand-over", "of others");
    Accepted accepted;
    {
        const std::scoped_lock lock{mutex_};
        const auto it = waiting_.find(job);
        if (it == waiting_.end()) return {};
        accepted = it->second;
    }
    Progress out;
    (void)try_one(job, accepted, out);
    if (out.unavailable) return std::unexpected(*std::move(out.unavailable));
    if (!out.later.empty()) return std::unexpected(std::move(out.later.front().second));
    return {};
}

// Whether others may be tried after it.
bool Handover::try_one(JobId job, const Accepted& accepted, Progress& out) {
    auto done = hand_over(job, accepted.documents);
    if (!done && keeps_back(done.error().code) == Keeps::for_good)
        if (auto ended = give_up(job, accepted, done.error().code); !ended) done = std::move(ended);
    if (!done) {
        switch (keeps_back(done.error().code)) {
            case Keeps::everybody: out.unavailable = std::move(done).error(); return false;
            case Keeps::larger: out.unavailable = std::move(done).error(); return true;
            case Keeps::this_one:
                pause(job);
                out.later.emplace_back(job, std::move(done).error());
                return true;
            case Keeps::for_good: out.refused.emplace_back(job, std::move(done).error()); break;
        }
    } else {
        ++out.taken;
    }
    const std::scoped_lock lock{mutex_};
    waiting_.erase(job);
    return true;
}

bool Handover::pauses(JobId job) const {
    const auto it = pauses_.find(job);
    if (it == pauses_.end()) return false;
    const Time now = parts_.clock.now();
    // It must not wait for a clock that went back.
    return now < it->second.end && it->second.end - now <= longest_pause;
}

void Handover::pause(JobId job) {
    Pause& pause = pauses_.try_emplace(job, Pause{.length = 0s, .end = {}}).first->second;
    pause.length = std::clamp<std::chrono::seconds>(2 * pause.length, 1s, longest_pause);
    pause.end = parts_.clock.now() + pause.length;
}

std::size_t Handover::waiting() const {
    const std::scoped_lock lock{mutex_};
    return waiting_.size();
}

bool Handover::waits(JobId job) const {
    const std::scoped_lock lock{mutex_};
    return waiting_.contains(job);
}

std::map<JobId, std::uint64_t> Handover::waiting_of(SubjectId owner) const {
    std::map<JobId, std::uint64_t> out;
    const std::scoped_lock lock{mutex_};
    for (const auto& [job, accepted] : waiting_)
        if (accepted.owner == owner) out.emplace(job, accepted.bytes);
    return out;
}

}  // namespace safeq::service
