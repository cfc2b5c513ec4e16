// SPDX-License-Identifier: Apache-2.0
#include <safeq/job/journal.hpp>

namespace safeq::job {

std::string_view name(Actor actor) noexcept {
    switch (actor) {
        case Actor::system: return "system";
        case Actor::owner: return "owner";
        case Actor::operator_: return "operator";
    }
    return "?";
}

}  // namespace safeq::job
