// SPDX-License-Identifier: Apache-2.0
#include "bench/process.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include <fmt/format.h>

namespace safeq::bench {

Process::Process(const std::function<void()>& body) : pid_{fork()} {
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        _exit(0);
    }
}

Process::~Process() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

double Process::cpu_seconds() const {
    clockid_t clock{};
    timespec now{};
    if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &now) != 0) std::exit(1);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double Process::resident_kib() const {
    std::ifstream in{fmt::format("/proc/{}/status", pid_)};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("VmRSS:")) return std::stod(line.substr(6));
    return 0;
}

unsigned short free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        std::exit(1);
    close(fd);
    return ntohs(address.sin_port);
}

}  // namespace safeq::bench
