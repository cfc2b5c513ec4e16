// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>

namespace safeq::bench {

/// A process beside this one that ends with the object.
class Process {
public:
    explicit Process(const std::function<void()>& body);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Processor time so far, the kernel's on its behalf included.
    [[nodiscard]] double cpu_seconds() const;
    [[nodiscard]] double resident_kib() const;

private:
    pid_t pid_;
};

/// A free port; nobody else asks for one meanwhile.
[[nodiscard]] unsigned short free_port();

}  // namespace safeq::bench
