// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <safeq/report/report_store.hpp>

namespace safeq::test {

/// Reports in memory, with faults on demand: the change or commit with a given number fails.
class MemoryReportStore final : public report::ReportStore {
    struct Data {
        std::map<std::string, report::LogPosition> positions;
        std::map<std::pair<TenantId, JobId>, report::JobRow> jobs;
        std::map<std::pair<TenantId, SubjectId>, report::UserRow> users;
        std::map<std::pair<TenantId, DeviceId>, report::DeviceRow> devices;

        friend bool operator==(const Data&, const Data&) = default;
    };

public:
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

    /// Forgets everything, as a new database.
    void clear() { data_ = {}; }
    void fail_at(std::size_t call) {
        calls_ = 0;
        fail_at_ = call;
    }
    [[nodiscard]] std::size_t calls() const noexcept { return calls_; }
    /// Everything that is held, to be compared.
    [[nodiscard]] Data data() const { return data_; }

    Result<std::unique_ptr<report::ReportUnit>> begin() override { return std::make_unique<Unit>(*this); }

    Result<report::LogPosition> position(const std::string& origin) override {
        const std::scoped_lock lock{mutex_};
        return find_or(data_.positions, origin);
    }
    Result<std::optional<report::JobRow>> job(TenantId tenant, JobId job) override {
        const std::scoped_lock lock{mutex_};
        return find(data_.jobs, std::pair{tenant, job});
    }
    Result<std::optional<report::UserRow>> user(TenantId tenant, SubjectId subject) override {
        const std::scoped_lock lock{mutex_};
        return find(data_.users, std::pair{tenant, subject});
    }
    Result<std::optional<report::DeviceRow>> device(TenantId tenant, DeviceId device) override {
        const std::scoped_lock lock{mutex_};
        return find(data_.devices, std::pair{tenant, device});
    }

    Result<std::vector<report::JobRow>> jobs(const report::JobQuery& query) override {
        const std::scoped_lock lock{mutex_};
        std::vector<report::JobRow> rows;
        for (auto at = data_.jobs.rbegin(); at != data_.jobs.rend() && rows.size() < query.limit; ++at) {
            if (query.after && at->second.job >= *query.after) continue;
            if (matches(query.filter, at->second)) rows.push_back(at->second);
        }
        return rows;
    }

    Result<std::vector<report::Total>> totals(const report::TotalsQuery& query) override {
        const std::scoped_lock lock{mutex_};
        std::vector<report::Total> totals;
        for (const auto& [key, row] : data_.jobs) {
            if (!matches(query.filter, row)) continue;
            report::Total group;
            switch (query.by) {
                case report::TotalsBy::user: group.user = row.owner; break;
                case report::TotalsBy::device: group.device = row.device; break;
                case report::TotalsBy::day: group.day = std::chrono::floor<std::chrono::days>(row.when()); break;
            }
            auto at = std::ranges::find_if(totals, [&](const report::Total& t) {
                return t.user == group.user && t.device == group.device && t.day == group.day;
            });
            if (at == totals.end()) at = totals.insert(totals.end(), group);
            ++at->jobs;
            at->printed += row.prints;
            at->pages += row.counted_pages();
            at->bytes += row.bytes.value_or(0);
        }
        std::ranges::sort(totals, [&](const report::Total& a, const report::Total& b) {
            if (query.by == report::TotalsBy::day) return a.day > b.day;
            if (a.pages != b.pages) return a.pages > b.pages;
            if (a.jobs != b.jobs) return a.jobs > b.jobs;
            return std::pair{a.user, a.device} < std::pair{b.user, b.device};
        });
        if (totals.size() > query.limit) totals.resize(query.limit);
        return totals;
    }

private:
    template <class Map>
    static std::optional<typename Map::mapped_type> find(const Map& map, const typename Map::key_type& key) {
        const auto at = map.find(key);
        return at == map.end() ? std::nullopt : std::optional{at->second};
    }
    template <class Map>
    static typename Map::mapped_type find_or(const Map& map, const typename Map::key_type& key) {
        return find(map, key).value_or(typename Map::mapped_type{});
    }

    static bool matches(const report::JobFilter& filter, const report::JobRow& row) {
        return row.tenant == filter.tenant && (!filter.owner || row.owner == filter.owner) &&
               (!filter.device || row.device == filter.device) && (!filter.outcome || row.outcome == *filter.outcome) &&
               (!filter.from || row.when() >= *filter.from) && (!filter.until || row.when() < *filter.until);
    }

    class Unit final : public report::ReportUnit {
    public:
        explicit Unit(MemoryReportStore& store) : store_{store}, lock_{store.mutex_}, data_{store.data_} {}

        Result<report::LogPosition> position(const std::string& origin) override {
            return find_or(data_.positions, origin);
        }
        Result<void> set_position(const std::string& origin, const report::LogPosition& position) override {
            return change([&] { data_.positions[origin] = position; });
        }
        Result<std::optional<report::JobRow>> find_job(TenantId tenant, JobId job) override {
            return find(data_.jobs, std::pair{tenant, job});
        }
        Result<void> put_job(const report::JobRow& row) override {
            return change([&] { data_.jobs[{row.tenant, row.job}] = row; });
        }
        Result<void> put_user(const report::UserRow& row) override {
            return change([&] { data_.users.insert_or_assign({row.tenant, row.subject}, row); });
        }
        Result<void> put_device(const report::DeviceRow& row) override {
            return change([&] { data_.devices.insert_or_assign({row.tenant, row.device}, row); });
        }
        Result<void> commit() override {
            return change([&] { store_.data_ = std::move(data_); });
        }

    private:
        template <class Do>
        Result<void> change(Do apply) {
            if (store_.calls_++ == store_.fail_at_)
                return fail(Errc::io_failed, "memory report store", "as the test asked");
            apply();
            return {};
        }

        MemoryReportStore& store_;
        std::unique_lock<std::mutex> lock_;
        Data data_;
    };

    std::mutex mutex_;
    Data data_;
    std::size_t calls_ = 0;
    std::size_t fail_at_ = never;
};

}  // namespace safeq::test
