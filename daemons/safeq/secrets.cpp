// SPDX-License-Identifier: Apache-2.0
#include "safeq/secrets.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

namespace safeq::daemon {
namespace {

// The terminal without echo, as long as this lives.
class Quiet {
public:
    Quiet() : active_{isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &before_) == 0} {
        if (!active_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~Quiet() {
        if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    [[nodiscard]] bool active() const noexcept { return active_; }

private:
    termios before_{};
    bool active_;
};

}  // namespace

Result<crypto::Secret> ask_secret(std::string_view prompt) {
    crypto::Secret buffer = crypto::Secret::zeroed(1024);
    std::size_t size = 0;
    {
        const Quiet quiet;
        if (quiet.active()) fmt::print(stderr, "{}: ", prompt);
        // Byte by byte: what follows the line belongs to the next secret, not to a buffer of ours.
        for (char c = 0; size < buffer.size() && read(STDIN_FILENO, &c, 1) == 1 && c != '\n';)
            buffer.fill()[size++] = static_cast<std::byte>(c);
        if (quiet.active()) fmt::print(stderr, "\n");
    }
    if (size == 0) return fail(Errc::invalid_argument, std::string{prompt}, "nothing was given");
    return crypto::Secret::copy_of(buffer.expose().subspan(0, size));
}

}  // namespace safeq::daemon
