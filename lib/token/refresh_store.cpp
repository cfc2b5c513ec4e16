// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/refresh_store.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace safeq::token {
namespace {

std::unexpected<Error> not_found() { return fail(Errc::not_found, "refresh family"); }

}  // namespace

std::vector<RefreshFamily>::iterator MemoryRefreshStore::at(TenantId tenant, SessionId id) {
    return std::ranges::find_if(families_,
                                [&](const RefreshFamily& each) { return each.tenant == tenant && each.id == id; });
}

Result<void> MemoryRefreshStore::add(const RefreshFamily& family) {
    const std::scoped_lock lock{mutex_};
    const bool taken = std::ranges::any_of(
        families_, [&](const RefreshFamily& each) { return each.id == family.id || each.selector == family.selector; });
    if (taken) return fail(Errc::already_exists, "refresh family");
    if (families_.size() >= max_families_) return fail(Errc::too_many, "refresh families");
    families_.push_back(family);
    return {};
}

Result<RefreshFamily> MemoryRefreshStore::find(TenantId tenant, const TokenHash& selector) {
    const std::scoped_lock lock{mutex_};
    const auto found = std::ranges::find_if(
        families_, [&](const RefreshFamily& each) { return each.tenant == tenant && each.selector == selector; });
    if (found == families_.end()) return not_found();
    return *found;
}

Result<void> MemoryRefreshStore::rotate(TenantId tenant, SessionId id, const TokenHash& from, const TokenHash& to,
                                        Time idle_deadline) {
    const std::scoped_lock lock{mutex_};
    const auto found = at(tenant, id);
    if (found == families_.end()) return not_found();
    if (found->current != from) return fail(Errc::conflict, "refresh family", "not its current token");
    found->current = to;
    found->idle_deadline = idle_deadline;
    return {};
}

Result<void> MemoryRefreshStore::erase(TenantId tenant, SessionId id) {
    const std::scoped_lock lock{mutex_};
    const auto found = at(tenant, id);
    if (found == families_.end()) return not_found();
    families_.erase(found);
    return {};
}

Result<std::vector<RefreshFamily>> MemoryRefreshStore::list(TenantId tenant, SubjectId subject) {
    const std::scoped_lock lock{mutex_};
    std::vector<RefreshFamily> out;
    std::ranges::copy_if(families_, std::back_inserter(out),
                         [&](const RefreshFamily& each) { return each.tenant == tenant && each.subject == subject; });
    std::ranges::sort(out, {}, [](const RefreshFamily& each) { return std::pair{each.created, each.id}; });
    return out;
}

Result<std::size_t> MemoryRefreshStore::erase_expired(Time now) {
    const std::scoped_lock lock{mutex_};
    return std::erase_if(families_, [&](const RefreshFamily& each) { return each.expired_at(now); });
}

}  // namespace safeq::token
