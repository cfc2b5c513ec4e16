// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/message.hpp>

#include <algorithm>

namespace safeq::ipp {

const Group* Message::find(GroupTag tag) const noexcept {
    const auto found = std::ranges::find(groups, tag, &Group::tag);
    return found == groups.end() ? nullptr : &*found;
}

Group& Message::group(GroupTag tag) {
    const auto found = std::ranges::find(groups, tag, &Group::tag);
    return found == groups.end() ? groups.emplace_back(Group{tag, {}}) : *found;
}

}  // namespace safeq::ipp
