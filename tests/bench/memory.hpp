// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <malloc.h>

#include <fstream>
#include <string>

namespace safeq::bench {

/// What has been freed goes back to the system, so that it isn't taken for what is measured next.
inline void give_back_memory() { malloc_trim(0); }

/// By how much this process's resident memory has been above where it was at the beginning, at the most.
class PeakMemory {
public:
    PeakMemory() {
        std::ofstream{"/proc/self/clear_refs"} << "5";
        before_ = highest();
    }
    [[nodiscard]] double mib() const { return highest() - before_; }

private:
    static double highest() {
        std::ifstream in{"/proc/self/status"};
        for (std::string line; std::getline(in, line);)
            if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
        return 0;
    }

    double before_ = 0;
};

}  // namespace safeq::bench
