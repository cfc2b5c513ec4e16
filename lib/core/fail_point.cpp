// SPDX-License-Identifier: Apache-2.0
#include <safeq/core/fail_point.hpp>

// The one piece of global state, and of input and output, on this floor: it isn't there in a release.
#ifdef SAFEQ_FAIL_POINTS

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

namespace safeq {
namespace {

struct Wanted {
    std::string name;
    std::atomic<unsigned> left{1};
    int trace = -1;

    Wanted() {
        if (const char* const file = std::getenv("SAFEQ_FAIL_POINT_TRACE"))
            trace = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const char* const text = std::getenv("SAFEQ_FAIL_POINT");
        if (text == nullptr) return;
        name = text;
        const auto colon = name.rfind(':');
        if (colon == std::string::npos) return;
        unsigned times = 1;
        std::from_chars(name.data() + colon + 1, name.data() + name.size(), times);
        left = times;
        name.resize(colon);
    }
};

}  // namespace

void reach_fail_point(std::string_view name) noexcept {
    static Wanted wanted;
    if (wanted.trace >= 0) {
        const std::string line = std::string{name} + "\n";
        [[maybe_unused]] const auto written = ::write(wanted.trace, line.data(), line.size());
    }
    if (name == wanted.name && wanted.left.fetch_sub(1) == 1) std::raise(SIGKILL);
}

}  // namespace safeq

#endif
