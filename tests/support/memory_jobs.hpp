// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include <safeq/job/device.hpp>
#include <safeq/job/journal.hpp>
#include <safeq/job/repository.hpp>

namespace safeq::test {

/// Jobs and intents in memory: a unit works on a copy that replaces the whole when it is committed.
class MemoryRepository final : public job::Repository {
public:
    struct Content {
        std::map<JobId, job::Job> jobs;
        std::vector<job::Intent> intents;
    };

    std::function<void()> before_begin;  ///< called without the mutex
    std::optional<Errc> fault;           ///< what it fails with

    [[nodiscard]] Result<std::unique_ptr<job::UnitOfWork>> begin() override {
        if (before_begin) before_begin();
        if (fault) return fail(*fault, "repository");
        return std::make_unique<Unit>(*this);
    }

    [[nodiscard]] const Content& content() const noexcept { return content_; }

    /// The n-th commit from now fails and changes nothing; 0 for none.
    void fail_commit(std::size_t nth) noexcept { fail_commit_ = nth; }

private:
    class Unit final : public job::UnitOfWork {
    public:
        explicit Unit(MemoryRepository& all) : all_{all}, lock_{all.mutex_}, content_{all.content_} {}

        Result<job::Insertion> insert(const job::Job& job) override {
            const auto [at, inserted] = content_.jobs.try_emplace(job.id, job);
            if (at->second.tenant != job.tenant) return fail(Errc::conflict, "job");
            return inserted ? job::Insertion::inserted : job::Insertion::already_there;
        }
        Result<job::Job> find(TenantId tenant, JobId id) override {
            const auto at = content_.jobs.find(id);
            if (at == content_.jobs.end() || at->second.tenant != tenant) return fail(Errc::not_found, "job");
            return at->second;
        }
        Result<job::Job> find_by_ipp_id(TenantId tenant, InstanceId intake, std::int32_t ipp_id) override {
            for (auto at = content_.jobs.rbegin(); at != content_.jobs.rend(); ++at)
                if (at->second.tenant == tenant && at->second.intake == intake && at->second.ipp_id == ipp_id)
                    return at->second;
            return fail(Errc::not_found, "job");
        }
        Result<std::vector<job::Job>> list(TenantId tenant, const job::JobFilter& filter) override {
            std::vector<job::Job> found;
            for (const auto& [id, job] : content_.jobs) {
                if (found.size() == filter.limit) break;
                if (job.tenant != tenant || !filter.states.contains(job.state)) continue;
                if (filter.owner && job.owner != *filter.owner) continue;
                if (filter.intake && job.intake != *filter.intake) continue;
                if (filter.expires_by && !(job.expires <= *filter.expires_by)) continue;
                if (filter.changed_before && !(job.changed < *filter.changed_before)) continue;
                if (filter.changed_since && job.changed < *filter.changed_since) continue;
                if (filter.after && !(id > *filter.after)) continue;
                if (filter.but_restricted && job.restricted) continue;
                found.push_back(job);
            }
            return found;
        }
        Result<job::Waiting> waiting(TenantId tenant, SubjectId owner) override {
            job::Waiting out;
            for (const auto& [id, job] : content_.jobs) {
                if (job.tenant != tenant || job.owner != owner || job.restricted) continue;
                if (!job::StateSet::open().contains(job.state)) continue;
                ++out.jobs;
                out.bytes += job.document.bytes;
            }
            return out;
        }
        Result<void> update(const job::Job& job, job::State state, std::uint64_t attempt) override {
            const auto at = content_.jobs.find(job.id);
            if (at == content_.jobs.end() || at->second.tenant != job.tenant) return fail(Errc::not_found, "job");
            if (at->second.state != state || at->second.attempt != attempt) return fail(Errc::conflict, "job");
            at->second = job;
            return {};
        }
        Result<void> erase(TenantId tenant, JobId id) override {
            SAFEQ_TRY_VOID(find(tenant, id));
            content_.jobs.erase(id);
            return {};
        }
        Result<void> add_intent(const job::Intent& intent) override {
            for (const job::Intent& other : content_.intents)
                if (other.record == intent.record) return fail(Errc::already_exists, "intent");
            content_.intents.push_back(intent);
            return {};
        }
        Result<std::vector<job::Intent>> intents(TenantId tenant) override {
            std::vector<job::Intent> found;
            std::ranges::copy_if(content_.intents, std::back_inserter(found),
                                 [&](const job::Intent& intent) { return intent.tenant == tenant; });
            return found;
        }
        Result<void> remove_intent(TenantId tenant, RecordId record) override {
            std::erase_if(content_.intents, [&](const job::Intent& intent) {
                return intent.tenant == tenant && intent.record == record;
            });
            return {};
        }
        Result<void> commit() override {
            if (all_.fail_commit_ != 0 && --all_.fail_commit_ == 0) return fail(Errc::io_failed, "commit");
            all_.content_ = std::move(content_);
            return {};
        }

    private:
        MemoryRepository& all_;
        std::unique_lock<std::mutex> lock_;
        Content content_;
    };

    std::mutex mutex_;
    Content content_;
    std::size_t fail_commit_ = 0;
};

/// A log in memory that can be told to fail in each of the ways in which a log can.
class MemoryJournal final : public job::Journal {
public:
    enum class Mode {
        works,
        refuses,        ///< knows that it can't
        fails_without,  ///< an append fails, and the leaf isn't there
        fails_with,     ///< an append fails, though the leaf is durable
    };
    struct Entry {
        job::Intent intent;
    };

    Result<void> ready() override {
        if (mode == Mode::refuses) return fail(Errc::log_unavailable, "log");
        return {};
    }
    Result<Bytes> describe(const job::Happening& happening) override {
        ++described;
        return to_bytes(std::string{"{\"record\":\""} + happening.record.text() + "\",\"event\":\"" +
                        std::string{name(happening.event)} + "\",\"before\":\"" + std::string{name(happening.before)} +
                        "\"}");
    }
    Result<void> append(const job::Intent& intent) override {
        const auto store = [&] {
            if (records.insert(intent.record).second) entries.push_back({intent});
        };
        switch (mode) {
            case Mode::works: store(); return {};
            case Mode::fails_with: store(); break;
            case Mode::fails_without:
            case Mode::refuses: break;
        }
        return fail(Errc::log_unavailable, "log");
    }
    Result<bool> holds(RecordId record) override { return records.contains(record); }

    Mode mode = Mode::works;
    std::vector<Entry> entries;
    std::set<RecordId> records;
    std::size_t described = 0;
};

/// Devices in memory.
class MemoryDevices final : public job::DeviceStore {
public:
    Result<void> add(const job::Device& device) override {
        if (find(device.tenant, device.id)) return fail(Errc::already_exists, "device");
        devices.push_back(device);
        return {};
    }
    Result<void> update(const job::Device& device) override {
        for (job::Device& one : devices) {
            if (one.tenant != device.tenant || one.id != device.id) continue;
            one = device;
            return {};
        }
        return fail(Errc::not_found, "device");
    }
    Result<job::Device> find(TenantId tenant, DeviceId id) override {
        return find_if(tenant, [&](const job::Device& device) { return device.id == id; });
    }
    Result<job::Device> find_by_name(TenantId tenant, std::string_view name) override {
        return find_if(tenant, [&](const job::Device& device) { return device.name == name; });
    }
    Result<job::Device> find_by_terminal(TenantId tenant, const job::CertificateFingerprint& terminal) override {
        return find_if(tenant, [&](const job::Device& device) { return device.terminal == terminal; });
    }
    Result<std::vector<job::Device>> list(TenantId tenant) override {
        std::vector<job::Device> out;
        std::ranges::copy_if(devices, std::back_inserter(out),
                             [&](const job::Device& device) { return device.tenant == tenant; });
        std::ranges::sort(out, {}, &job::Device::name);
        return out;
    }
    Result<void> remove(TenantId tenant, DeviceId id) override {
        const auto gone = std::erase_if(
            devices, [&](const job::Device& device) { return device.tenant == tenant && device.id == id; });
        return gone == 0 ? fail(Errc::not_found, "device") : Result<void>{};
    }

    std::vector<job::Device> devices;

private:
    template <class Predicate>
    Result<job::Device> find_if(TenantId tenant, Predicate&& wanted) {
        for (const job::Device& device : devices)
            if (device.tenant == tenant && wanted(device)) return device;
        return fail(Errc::not_found, "device");
    }
};

}  // namespace safeq::test
