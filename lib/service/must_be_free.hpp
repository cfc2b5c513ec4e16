// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <safeq/core/error.hpp>

namespace safeq::service {

/// Whether a name is free; a store that can't say doesn't say that it is.
template <class Found>
Result<void> must_be_free(const Result<Found>& found, std::string what, std::string_view detail) {
    if (found) return fail(Errc::already_exists, std::move(what), std::string{detail});
    if (found.error().code != Errc::not_found) return std::unexpected{found.error()};
    return {};
}

}  // namespace safeq::service
