// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"

namespace safeq::test {

namespace fs = std::filesystem;

inline int run(std::vector<std::string> arguments) {
    const pid_t child = fork();
    if (child == 0) {
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        const int nowhere = ::open("/dev/null", O_WRONLY);
        if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) _exit(126);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A SoftHSM with two tokens.
struct Hsm {
    TemporaryFolder root;
    SeededRandom random;
    std::string module;

    Hsm() {
        for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so"})
            if (fs::exists(path)) module = path;
        if (module.empty()) {
            std::cerr << "note: SoftHSM isn't installed; the PKCS#11 tests were left out\n";
            SKIP("SoftHSM isn't installed");
        }
        fs::create_directory(root / "tokens");
        std::ofstream{root / "softhsm2.conf"} << "directories.tokendir = " << (root / "tokens").string()
                                              << "\nobjectstore.backend = file\nlog.level = ERROR\n";
        setenv("SOFTHSM2_CONF", (root / "softhsm2.conf").c_str(), 1);
        for (const char* label : {"safeq", "other"})
            REQUIRE(run({"softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin",
                         "87654321"}) == 0);
        pin("87654321\n");
    }
    void pin(std::string_view text, mode_t mode = 0600) const {
        std::ofstream{root / "pin"} << text;
        REQUIRE(chmod((root / "pin").c_str(), mode) == 0);
    }
    [[nodiscard]] std::string uri(std::string_view path = "token=safeq", std::string_view query = {}) const {
        return "pkcs11:" + std::string{path} + "?module-path=" + module +
               "&pin-source=file:" + (root / "pin").string() + std::string{query};
    }
};

template <class T>
Errc code(const Result<T>& result) {
    REQUIRE_FALSE(result.has_value());
    UNSCOPED_INFO(result.error().message());
    return result.error().code;
}

}  // namespace safeq::test
