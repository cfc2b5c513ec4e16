// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/temporary_folder.hpp"

extern char** environ;

namespace safeq::test {

/// How a program ended, and what it wrote.
struct Ended {
    int status = -1;  ///< -1 when a signal ended it
    std::string out, err;
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream out{path, std::ios::binary};
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// Runs a program without a shell; a test that needs one that isn't there is skipped.
[[nodiscard]] inline Ended run_program(const TemporaryFolder& folder, const std::vector<std::string>& command,
                                       std::string_view input = {}) {
    write_file(folder / "stdin", input);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, (folder / "stdin").c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, (folder / "stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, (folder / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    const int spawned = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (spawned == ENOENT) SKIP(command.front() + " is not installed");
    REQUIRE(spawned == 0);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            .out = read_file(folder / "stdout"),
            .err = read_file(folder / "stderr")};
}

}  // namespace safeq::test
