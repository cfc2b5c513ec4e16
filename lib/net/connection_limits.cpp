// SPDX-License-Identifier: Apache-2.0
#include <safeq/net/connection_limits.hpp>

#include <sys/resource.h>

#include <algorithm>

namespace safeq::net {

ConnectionLimits ConnectionLimits::share(std::size_t descriptors, std::size_t listeners) noexcept {
    const std::size_t kept = std::min<std::size_t>(512, descriptors / 2);
    const ConnectionLimits standard;
    ConnectionLimits out;
    out.all = std::clamp<std::size_t>((descriptors - kept) / 2 / std::max<std::size_t>(listeners, 1), 1, standard.all);
    out.strangers_each = std::max(out.all / 4, std::min<std::size_t>(out.all, 64));
    return out;
}

std::size_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
    return limit.rlim_cur;
}

}  // namespace safeq::net
