// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <safeq/job/lifecycle.hpp>

#include "memory_jobs.hpp"

namespace safeq::test {

/// Plays a history of print jobs of two tenants, given as bytes, against job::Jobs and against a model that is written
/// without the transition table: what was asked, what left for the device, and what the owner has been told.
class JobHistory {
public:
    /// The first broken property, or nothing. Deterministic.
    [[nodiscard]] std::optional<std::string> play(ByteView history) {
        for (std::size_t at = 0; history.size() - at >= 3; at += 3) {
            step(std::to_integer<unsigned>(history[at]), std::to_integer<unsigned>(history[at + 1]),
                 std::to_integer<unsigned>(history[at + 2]));
            check_all();
            if (broken_) return "step " + std::to_string(at / 3) + ": " + *broken_;
        }
        crash_and_recover();
        check_all();
        if (!broken_ && !repository_.content().intents.empty()) broken_ = "a promise is open after recovery";
        return broken_;
    }

    [[nodiscard]] std::size_t printed() const noexcept { return prints_; }
    [[nodiscard]] std::size_t refused() const noexcept { return refusals_; }
    [[nodiscard]] std::size_t recoveries() const noexcept { return recoveries_; }
    [[nodiscard]] std::size_t forgotten() const noexcept { return forgotten_; }

private:
    static constexpr std::size_t job_count = 4;  // the last is the second tenant's, and of the same owner's
    using Mode = MemoryJournal::Mode;

    enum class Phase { none, waits, goes, ended };
    struct Model {
        Phase phase = Phase::none;
        bool doubt = false;  // bytes left once, and nobody could say what became of them
        job::State end{};
        std::uint64_t attempt = 0;
        bool kept = false;
        bool restricted = false;
        Time expires{};
        Time ended{};
    };

    struct SeededBytes final : Random {
        void fill(std::span<std::byte> out) noexcept override {
            for (std::byte& b : out) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                b = static_cast<std::byte>((state >> 33) & 0xff);
            }
        }
        std::uint64_t state = 7;
    };

    static job::State expected_state(const Model& m) {
        if (m.phase == Phase::ended) return m.end;
        if (m.phase == Phase::goes) return m.doubt ? job::State::releasing_again : job::State::releasing;
        return m.doubt ? job::State::uncertain : job::State::held;
    }

    void expect(bool holds, std::string_view what) {
        if (!holds && !broken_) broken_ = std::string{what};
    }
    template <class T>
    void expect_code(const Result<T>& result, std::optional<Errc> code, std::string_view what) {
        if (result ? code.has_value() : code != result.error().code)
            expect(false, std::string{what} + ": " + (result ? "done" : std::string{name(result.error().code)}) +
                              " instead of " + (code ? std::string{name(*code)} : "done"));
        if (!result) ++refusals_;
    }

    void check_all() {
        for (std::size_t i = 0; i < job_count; ++i) {
            const auto at = repository_.content().jobs.find(ids_[i]);
            const Model& m = models_[i];
            if (m.phase == Phase::none) {
                expect(at == repository_.content().jobs.end(), "a job that nobody sent");
                continue;
            }
            if (at == repository_.content().jobs.end()) return expect(false, "a job is lost");
            expect(at->second.state == expected_state(m), "job is " + std::string{name(at->second.state)} +
                                                              ", should be " + std::string{name(expected_state(m))});
            expect(at->second.attempt == m.attempt, "attempt number");
            expect(at->second.kept == m.kept && at->second.restricted == m.restricted, "marks");
            expect(at->second.expires == m.expires && at->second.tenant == tenant_of(i), "time to expire, tenant");
        }
    }

    void step(unsigned what, unsigned which, unsigned how) {
        const std::size_t i = which % job_count;
        const bool own = (which & 0x80) == 0;
        const SubjectId asker = own ? owner_ : stranger_;
        // Asked for by its id in the other tenant, no job is there.
        const bool here = (which & 0x40) == 0;
        const TenantId tenant = here == (i + 1 < job_count) ? tenant_ : second_tenant_;
        Model& m = models_[i];
        journal_.mode = static_cast<Mode>((how >> 4) & 3);
        const unsigned failing = how >> 6;  // 1: the first commit, 2: the second
        switch (what % 16) {
            case 0: return take(i, tenant);
            case 1: return request(i, tenant, asker, own && here, (how & 1) != 0);
            case 2: return begin(i, failing);
            case 3: return confirm(i, failing);
            case 4: return finish(i, static_cast<job::Outcome::Kind>(how & 3), failing);
            case 5: return withdraw(i, tenant, asker, own && here, job::Event::cancel, failing);
            case 6: return withdraw(i, tenant, asker, own && here, job::Event::remove, failing);
            case 7: return withdraw(i, tenant, asker, own && here, job::Event::accept_as_printed, failing);
            case 8: {
                const bool kept = (how & 1) != 0;
                const Time expires = clock_.now() + std::chrono::hours{24} - std::chrono::hours{6 * (how >> 1 & 7)};
                const auto done = jobs_.keep(tenant, asker, ids_[i], kept, expires);
                const bool seen = m.phase != Phase::none && own && here && !m.restricted;
                expect_code(done,
                            !seen                     ? std::optional{Errc::not_found}
                            : m.phase != Phase::waits ? std::optional{Errc::conflict}
                                                      : std::nullopt,
                            "keep");
                if (!done) return;
                m.kept = kept;
                m.expires = expires;
                return;
            }
            case 9: {
                const bool restricted = (how & 1) != 0;
                const auto done = jobs_.restrict_processing(tenant, ids_[i], restricted);
                expect_code(done,
                            m.phase == Phase::none || !here ? std::optional{Errc::not_found}
                            : m.phase != Phase::waits       ? std::optional{Errc::conflict}
                                                            : std::nullopt,
                            "restrict");
                if (done) m.restricted = restricted;
                return;
            }
            case 10: return pass_time(tenant, how & 7);
            case 11: return crash_and_recover();
            case 12: {
                journal_.mode = Mode::works;
                const auto done = jobs_.flush(tenant);
                expect_code(done, std::nullopt, "flush");
                owing_ = false;
                for (const job::Intent& open : repository_.content().intents)
                    expect(open.kind == job::IntentKind::releasing || open.tenant != tenant,
                           "an outcome is promised after flush");
                return;
            }
            case 13: {
                if (const auto at = running_.find(i); at != running_.end())
                    expect_code(jobs_.check_fence(at->second), std::nullopt, "fence of the running attempt");
                for (const auto& zombie : zombies_)
                    expect_code(jobs_.check_fence(zombie), Errc::fenced, "fence of a cut-off attempt");
                if (!zombies_.empty() && (how & 1) != 0) {
                    const auto late = jobs_.finish(std::move(zombies_.back()), {.kind = job::Outcome::Kind::printed});
                    expect_code(late, Errc::fenced, "finish of a cut-off attempt");
                    zombies_.pop_back();
                }
                return;
            }
            case 14: return cancel_as_operator(i, tenant, here, failing);
            case 15: return forget(tenant, std::chrono::hours{how & 7}, failing);
        }
    }

    void take(std::size_t i, TenantId tenant) {
        job::Job job;
        job.id = ids_[i];
        job.tenant = tenant;
        job.owner = owner_;
        job.created = job.changed = clock_.now();
        job.expires = clock_.now() + std::chrono::hours{24};
        const bool home = tenant == tenant_of(i);
        if (!home && models_[i].phase == Phase::none) return;  // ids are never given twice
        const auto done = jobs_.take(job);
        expect_code(done, home ? std::nullopt : std::optional{Errc::conflict}, "take");
        if (!done) return;
        expect((*done == job::Insertion::inserted) == (models_[i].phase == Phase::none), "taken twice");
        if (models_[i].phase == Phase::none) models_[i] = {.phase = Phase::waits, .expires = job.expires};
    }

    void request(std::size_t i, TenantId tenant, SubjectId asker, bool own, bool again) {
        const Model& m = models_[i];
        std::optional<Errc> code;
        if (m.phase == Phase::none || !own || m.restricted) code = Errc::not_found;
        else if (m.phase != Phase::waits || m.doubt != again) code = Errc::illegal_transition;
        else if (!m.doubt && m.expires <= clock_.now()) code = Errc::expired;
        auto grant = gate_.request(asker, tenant, ids_[i], device_, again ? job::Wish::print_again : job::Wish::print);
        expect_code(grant, code, "request");
        if (grant) grants_.insert_or_assign(i, Held{std::move(*grant), ids_[i], m.attempt, m.doubt});
    }

    void begin(std::size_t i, unsigned failing) {
        const auto at = grants_.find(i);
        if (at == grants_.end()) return;
        Model& m = models_[i];
        const bool current = m.phase == Phase::waits && at->second.attempt == m.attempt && at->second.doubt == m.doubt;
        std::optional<Errc> code;
        if (at->second.spent) code = Errc::denied;
        else if (journal_.mode == Mode::refuses || owing_) code = Errc::log_unavailable;
        else if (at->second.job != ids_[i]) code = Errc::not_found;  // forgotten since
        else if (!current) code = Errc::conflict;
        else if (m.restricted) code = Errc::not_found;
        else if (failing == 1) code = Errc::io_failed;
        repository_.fail_commit(failing == 1 ? 1 : 0);
        auto begun = jobs_.begin(std::move(at->second.grant));
        repository_.fail_commit(0);
        expect_code(begun, code, "begin");
        at->second.spent = true;
        if (!begun) return;
        m.phase = Phase::goes;
        ++m.attempt;
        expect(begun->attempt() == m.attempt, "fencing number of the attempt");
        begun_.insert_or_assign(i, std::move(*begun));
    }

    void confirm(std::size_t i, unsigned failing) {
        const auto at = begun_.find(i);
        if (at == begun_.end()) return;
        Model& m = models_[i];
        const bool works = journal_.mode == Mode::works;
        repository_.fail_commit(failing == 1 ? 1 : 0);
        auto running = jobs_.confirm_durable(std::move(at->second));
        repository_.fail_commit(0);
        expect_code(running,
                    works ? std::nullopt : std::optional{failing == 1 ? Errc::io_failed : Errc::log_unavailable},
                    "confirm");
        begun_.erase(at);
        if (running) {
            bool told = false;
            for (const auto& entry : journal_.entries)
                told = told || (entry.intent.kind == job::IntentKind::releasing && entry.intent.job == ids_[i] &&
                                entry.intent.attempt == m.attempt);
            expect(told, "bytes may leave before the leaf is durable");
            running_.insert_or_assign(i, std::move(*running));
        } else if (failing != 1) {
            m.phase = Phase::waits;
            owing_ = true;
        }
    }

    void finish(std::size_t i, job::Outcome::Kind kind, unsigned failing) {
        const auto at = running_.find(i);
        if (at == running_.end()) return;
        Model& m = models_[i];
        repository_.fail_commit(failing == 1 || failing == 2 ? failing : 0);
        const auto settled = jobs_.finish(std::move(at->second), {.kind = kind});
        repository_.fail_commit(0);
        running_.erase(at);
        expect_code(settled, failing == 1 ? std::optional{Errc::io_failed} : std::nullopt, "finish");
        if (!settled) return;
        expect((settled->leaf == job::Leaf::durable) == (journal_.mode == Mode::works && failing != 2),
               "leaf of the outcome");
        owing_ = owing_ || journal_.mode != Mode::works;
        switch (kind) {
            case job::Outcome::Kind::printed:
                ++prints_;
                m.doubt = false;
                if (m.kept) m.phase = Phase::waits;
                else end(m, job::State::printed);
                break;
            case job::Outcome::Kind::not_printed: m.phase = Phase::waits; break;
            case job::Outcome::Kind::lost:
                m.phase = Phase::waits;
                m.doubt = true;
                break;
            case job::Outcome::Kind::unprintable: end(m, job::State::aborted); break;
        }
    }

    void withdraw(std::size_t i, TenantId tenant, SubjectId asker, bool own, job::Event event, unsigned failing) {
        Model& m = models_[i];
        bool legal = m.phase == Phase::waits;
        if (event == job::Event::cancel) legal = legal && !m.doubt;
        if (event == job::Event::accept_as_printed) legal = legal && m.doubt;
        std::optional<Errc> code;
        if (journal_.mode == Mode::refuses || owing_) code = Errc::log_unavailable;
        else if (m.phase == Phase::none || !own || m.restricted) code = Errc::not_found;
        else if (!legal) code = Errc::illegal_transition;
        else if (failing == 1) code = Errc::io_failed;
        repository_.fail_commit(failing == 1 || failing == 2 ? failing : 0);
        const auto done = event == job::Event::cancel   ? jobs_.cancel(tenant, asker, ids_[i])
                          : event == job::Event::remove ? jobs_.remove(tenant, asker, ids_[i])
                                                        : jobs_.accept_as_printed(tenant, asker, ids_[i]);
        repository_.fail_commit(0);
        expect_code(done, code, name(event));
        if (!done) return;
        owing_ = journal_.mode != Mode::works;
        if (event == job::Event::cancel) end(m, job::State::cancelled);
        if (event == job::Event::remove) end(m, job::State::deleted);
        if (event == job::Event::accept_as_printed) {
            m.doubt = false;
            if (!m.kept) end(m, job::State::printed);
        }
    }

    void cancel_as_operator(std::size_t i, TenantId tenant, bool here, unsigned failing) {
        Model& m = models_[i];
        std::optional<Errc> code;
        if (journal_.mode == Mode::refuses || owing_) code = Errc::log_unavailable;
        else if (m.phase == Phase::none || !here) code = Errc::not_found;
        else if (m.restricted) code = Errc::denied;
        else if (m.phase != Phase::waits || m.doubt) code = Errc::illegal_transition;
        else if (failing == 1) code = Errc::io_failed;
        repository_.fail_commit(failing == 1 || failing == 2 ? failing : 0);
        const auto done = jobs_.cancel_as_operator(tenant, ids_[i]);
        repository_.fail_commit(0);
        expect_code(done, code, "cancel by an operator");
        if (!done) return;
        owing_ = journal_.mode != Mode::works;
        end(m, job::State::cancelled);
    }

    void forget(TenantId tenant, std::chrono::hours after, unsigned failing) {
        const Time before = clock_.now() - after;
        std::set<JobId> due, discarded;
        for (std::size_t i = 0; i < job_count; ++i) {
            const bool owed = std::ranges::any_of(repository_.content().intents,
                                                  [&](const job::Intent& open) { return open.job == ids_[i]; });
            if (models_[i].phase == Phase::ended && models_[i].ended < before && tenant_of(i) == tenant && !owed)
                due.insert(ids_[i]);
        }
        repository_.fail_commit(failing == 1 ? 1 : 0);
        const auto done = jobs_.forget(tenant, before, [&](const job::Job& job) {
            discarded.insert(job.id);
            return Result<void>{};
        });
        repository_.fail_commit(0);
        expect_code(done, failing == 1 ? std::optional{Errc::io_failed} : std::nullopt, "forget");
        expect(discarded == due, "whose documents are deleted before a row is forgotten");
        if (!done) return;
        expect(*done == due.size(), "how many were forgotten");
        for (std::size_t i = 0; i < job_count; ++i) {
            if (!due.contains(ids_[i])) continue;
            const auto& rows = repository_.content().jobs;
            expect(!rows.contains(ids_[i]), "a row that was forgotten");
            ++forgotten_;
            models_[i] = {};
            ids_[i] = JobId::make(clock_, random_);
        }
    }

    void pass_time(TenantId tenant, unsigned hours) {
        clock_.advance(std::chrono::hours{hours});
        const auto expired = jobs_.expire_due(tenant, clock_.now());
        expect_code(expired,
                    journal_.mode == Mode::refuses || owing_ ? std::optional{Errc::log_unavailable} : std::nullopt,
                    "expire");
        if (!expired) return;
        std::map<JobId, Model*> due;
        for (std::size_t i = 0; i < job_count; ++i)
            if (Model& m = models_[i]; tenant_of(i) == tenant && m.phase == Phase::waits && !m.doubt && !m.restricted &&
                                       m.expires <= clock_.now())
                due.emplace(ids_[i], &m);
        for (const auto& [id, m] : due) {
            if (owing_) break;  // the first whose leaf stays out is the last
            end(*m, job::State::expired);
            owing_ = journal_.mode != Mode::works;
        }
    }

    // The process dies: what it held is gone, or goes on elsewhere as a zombie.
    void crash_and_recover() {
        ++recoveries_;
        grants_.clear();
        begun_.clear();
        for (auto& [i, running] : running_) zombies_.push_back(std::move(running));
        running_.clear();
        for (std::size_t i = 0; i < job_count; ++i) {
            Model& m = models_[i];
            if (m.phase != Phase::goes) continue;
            bool durable = false;
            for (const auto& entry : journal_.entries)
                durable = durable || (entry.intent.kind == job::IntentKind::releasing && entry.intent.job == ids_[i] &&
                                      entry.intent.attempt == m.attempt);
            m.phase = Phase::waits;
            m.doubt = m.doubt || durable;
        }
        journal_.mode = Mode::works;
        for (const TenantId tenant : {tenant_, second_tenant_})
            expect_code(jobs_.recover(tenant), std::nullopt, "recover");
        expect(repository_.content().intents.empty(), "a promise is open after recovery");
        owing_ = false;
    }

    void end(Model& m, job::State state) {
        m.phase = Phase::ended;
        m.end = state;
        m.ended = clock_.now();
    }
    [[nodiscard]] TenantId tenant_of(std::size_t i) const { return i + 1 < job_count ? tenant_ : second_tenant_; }

    struct Held {
        job::ReleaseGrant grant;
        JobId job;
        std::uint64_t attempt;
        bool doubt;
        bool spent = false;
    };

    ManualClock clock_{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    SeededBytes random_;
    MemoryRepository repository_;
    MemoryJournal journal_;
    job::ReleaseGate gate_{repository_, clock_};
    job::Jobs jobs_{repository_, journal_, clock_, random_};

    TenantId tenant_ = TenantId::make(clock_, random_);
    TenantId second_tenant_ = TenantId::make(clock_, random_);
    SubjectId owner_ = SubjectId::make(clock_, random_);
    SubjectId stranger_ = SubjectId::make(clock_, random_);
    DeviceId device_ = DeviceId::make(clock_, random_);
    std::array<JobId, job_count> ids_{JobId::make(clock_, random_), JobId::make(clock_, random_),
                                      JobId::make(clock_, random_), JobId::make(clock_, random_)};

    std::array<Model, job_count> models_;
    std::map<std::size_t, Held> grants_;
    std::map<std::size_t, job::Begun> begun_;
    std::map<std::size_t, job::Releasing> running_;
    std::vector<job::Releasing> zombies_;
    std::optional<std::string> broken_;
    bool owing_ = false;  // the log lacks what was promised, and nobody has flushed since
    std::size_t prints_ = 0;
    std::size_t refusals_ = 0;
    std::size_t recoveries_ = 0;
    std::size_t forgotten_ = 0;
};

}  // namespace safeq::test
