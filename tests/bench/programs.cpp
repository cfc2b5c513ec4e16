// SPDX-License-Identifier: Apache-2.0
// Whole programs that seal 1 GiB from a RAM disk to it: ours, age, libsodium's secretstream, openssl enc with an HMAC.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/random.hpp>

#include "bench/figure.hpp"
#include "bench/scratch.hpp"

namespace safeq::bench {
namespace {

constexpr std::uint64_t bytes = std::uint64_t{1} << 30;
constexpr int pairs = 5;
constexpr double mib = 1048576.0;

double rate(const std::string& command, const std::string& out) {
    const double took = seconds([&] {
        if (std::system(command.c_str()) != 0) {
            fmt::print(stderr, "benchmark: failed: {}\n", command);
            std::exit(1);
        }
    });
    if (std::filesystem::file_size(out) < bytes) std::exit(1);
    std::filesystem::remove(out);
    return bytes / mib / took;
}

std::vector<Figure> against(const std::string& name, const std::string& what, const std::string& command) {
    const Scratch scratch{"/dev/shm"};
    const std::string in = (scratch.path() / "in").string(), out = (scratch.path() / "out").string();
    {
        crypto::SystemRandom random;
        Bytes piece(1 << 20);
        random.fill(piece);
        std::ofstream file{in, std::ios::binary};
        for (std::uint64_t at = 0; at < bytes; at += piece.size()) file << as_text(piece);
    }
    const std::string ours = fmt::format("{} {} {}", SAFEQ_SEAL_FILE, in, out);
    const std::string theirs = fmt::format(fmt::runtime(command), fmt::arg("in", in), fmt::arg("out", out));
    const Pair pair = median_of_pairs(pairs, [&] { return rate(ours, out); }, [&] { return rate(theirs, out); });
    return {{.name = name, .ours = pair.ours, .unit = "MiB/s", .against = what, .theirs = pair.theirs}};
}

// The recipient of nobody: only encryption is measured.
std::vector<Figure> age() {
    const Scratch scratch{"/dev/shm"};
    const std::string recipient = (scratch.path() / "recipient").string();
    if (std::system(fmt::format("sh -c 'age-keygen 2>/dev/null | age-keygen -y > {}'", recipient).c_str()) != 0)
        std::exit(1);
    return against("spool.seal.age", "age, 1 GiB in a RAM disk", fmt::format("age -R {} -o {{out}} {{in}}", recipient));
}

std::vector<Figure> sodium() {
    return against("spool.seal.sodium", "libsodium secretstream, 1 GiB in a RAM disk",
                   std::string{SAFEQ_SECRETSTREAM_FILE} + " {in} {out}");
}

// Both of OpenSSL's programs at once; `tee`, which hands the second what the first wrote, is a third.
std::vector<Figure> openssl() {
    return against(
        "spool.seal.openssl", "openssl enc -aes-256-ctr | tee | openssl dgst -hmac, 1 GiB in a RAM disk",
        "bash -c 'openssl enc -aes-256-ctr -K 0000000000000000000000000000000000000000000000000000000000000001 -iv "
        "00000000000000000000000000000002 -in {in} | tee {out} | "
        "openssl dgst -sha256 -mac HMAC -macopt "
        "hexkey:0000000000000000000000000000000000000000000000000000000000000001 > {out}.mac && rm {out}.mac'");
}

}  // namespace

std::vector<Benchmark> program_benchmarks() {
    return {{"spool.seal.age", age}, {"spool.seal.sodium", sodium}, {"spool.seal.openssl", openssl}};
}

}  // namespace safeq::bench
