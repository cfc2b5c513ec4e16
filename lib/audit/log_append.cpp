// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <safeq/core/fail_point.hpp>

#include "audit/log_impl.hpp"

namespace safeq::audit {
namespace {

// What one write to the journal takes at most, so that a burst doesn't make one huge frame; a larger batch goes alone.
constexpr std::size_t max_write_bytes = 1024 * 1024;

std::unexpected<Error> unavailable(std::string detail) {
    return fail(Errc::log_unavailable, "audit log", std::move(detail));
}

std::unexpected<Error> unforeseen() { return unavailable("an append ended unforeseen"); }

template <class Entries>
std::size_t total_bytes(const Entries& entries) {
    std::size_t bytes = 0;
    for (const auto& each : entries) bytes += each.bytes->size();
    return bytes;
}

}  // namespace

Result<void> Log::Impl::ready() const {
    {
        const std::scoped_lock lock{mutex};
        if (broken) return unforeseen();
        if (unpublished_bytes + queued_bytes > options.max_unpublished_bytes)
            return unavailable("too much is unpublished");
    }
    return store.ready();
}

Result<std::vector<Index>> Log::Impl::append(std::vector<NewEntry> entries) {
    // Where each entry's index comes from: it is there already, or the entry `in` a batch.
    struct Place {
        std::optional<Index> at = {};
        std::shared_ptr<Batch> batch = {};
        std::size_t in = 0;
    };
    std::vector<Place> places(entries.size());
    const auto own = std::make_shared<Batch>();

    std::unique_lock lock{mutex};
    if (broken) return unforeseen();
    for (std::size_t i = 0; i < entries.size(); ++i) {
        Place& place = places[i];
        const RecordId id = entries[i].id;
        if (const auto known = recent.find(id); known != recent.end()) {
            place.at = known->second;
            continue;
        }
        const auto flying = in_flight.find(id);
        place.batch = flying == in_flight.end() ? own : flying->second;
        const auto same = std::ranges::find(place.batch->entries, id, &NewEntry::id);
        place.in = static_cast<std::size_t>(same - place.batch->entries.begin());
        if (same == place.batch->entries.end()) own->entries.push_back(std::move(entries[i]));
    }
    if (!own->entries.empty()) {
        const std::size_t bytes = total_bytes(own->entries);
        if (unpublished_bytes + queued_bytes + bytes > options.max_unpublished_bytes)
            return unavailable("too much is unpublished");
        enqueue(own);
        queued_bytes += bytes;
    }

    const auto under_way = [](const Place& place) { return place.batch && !place.batch->ended(); };
    ++waiting;
    for (;;) {
        const auto at = std::ranges::find_if(places, under_way);
        if (at == places.end()) break;
        if (!writing && !queue.empty()) {
            lead(lock);
        } else {
            // Its own batch first: by that it is told to lead.
            const bool own_waits = !own->entries.empty() && !own->ended();
            const std::shared_ptr<Batch> batch = own_waits ? own : at->batch;
            batch->settled.wait(lock);
        }
    }
    --waiting;

    std::vector<Index> indices;
    indices.reserve(places.size());
    for (const Place& place : places) {
        if (place.batch && place.batch->given_up) return unforeseen();
        if (place.batch && !*place.batch->first) return std::unexpected(place.batch->first->error());
        indices.push_back(place.batch ? **place.batch->first + place.in : *place.at);
    }
    return indices;
}

// Who stands in the queue waits there and leads it on when it is their turn; so it is the last thing that can fail.
void Log::Impl::enqueue(const std::shared_ptr<Batch>& batch) {
    try {
        for (const NewEntry& each : batch->entries) in_flight.emplace(each.id, batch);
        queue.push_back(batch);
    } catch (...) {
        for (const NewEntry& each : batch->entries) in_flight.erase(each.id);
        throw;
    }
}

// Writes what waits, for all who wait, with one sync.
void Log::Impl::lead(std::unique_lock<std::mutex>& lock) {
    std::vector<std::shared_ptr<Batch>> batches;
    Result<void> written;
    try {
        std::vector<ByteView> views;
        std::size_t bytes = 0;
        for (const auto& batch : queue) {
            const std::size_t more = total_bytes(batch->entries);
            if (!batches.empty() && bytes + more > max_write_bytes) break;
            bytes += more;
            batches.push_back(batch);
            for (const NewEntry& each : batch->entries) views.emplace_back(*each.bytes);
        }
        queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(batches.size()));
        queued_bytes -= bytes;
        const Index first = durable;
        writing = true;
        lock.unlock();
        written = store.append(first, views);
        lock.lock();
        writing = false;
        settle(batches, written);
        SAFEQ_FAIL_POINT("log.settled");
    } catch (...) {
        // Out of memory, mostly. Nobody knows what the journal holds now: no more appends until the log is opened anew.
        // Each who waits says so for themselves, because here a word of it could be too much.
        if (!lock.owns_lock()) lock.lock();
        writing = false;
        broken = true;
        const auto give_up = [](Batch& batch) {
            batch.given_up = !batch.first;
            batch.settled.notify_all();
        };
        for (const auto& batch : batches) give_up(*batch);
        for (const auto& batch : queue) give_up(*batch);
        queue.clear();
        queued_bytes = 0;
        in_flight.clear();
    }
    // Only whose batch was settled wakes up, and one to lead the next write; without the mutex, which they want at
    // once.
    const std::shared_ptr<Batch> next = queue.empty() ? nullptr : queue.front();
    lock.unlock();
    for (const auto& batch : batches) batch->settled.notify_all();
    if (next) next->settled.notify_all();
    changed.notify_all();
    lock.lock();
}

void Log::Impl::settle(const std::vector<std::shared_ptr<Batch>>& batches, const Result<void>& written) {
    for (const auto& batch : batches) {
        for (const NewEntry& each : batch->entries) in_flight.erase(each.id);
        if (!written) {
            batch->first.emplace(unavailable(written.error().message()));
            continue;
        }
        const Index first = durable;
        for (const NewEntry& each : batch->entries) {
            unpublished.push_back(each.bytes);
            unpublished_bytes += each.bytes->size();
            remember(each.id, durable);
            ++durable;
        }
        batch->first.emplace(first);
    }
}

void Log::Impl::remember(RecordId id, Index at) {
    recent.insert_or_assign(id, at);
    recent_order.push_back(id);
    while (recent_order.size() > std::max<std::size_t>(options.recent_ids, 1)) {
        // The same id may stand in the log twice, when it came again after it was forgotten: the later one stays known.
        const Index oldest = at + 1 - recent_order.size();
        const auto gone = recent.find(recent_order.front());
        if (gone != recent.end() && gone->second == oldest) recent.erase(gone);
        recent_order.pop_front();
    }
}

}  // namespace safeq::audit
