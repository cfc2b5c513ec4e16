// SPDX-License-Identifier: Apache-2.0
// Under test: store::check_wal, store::RootKeyFiles.
// The first byte says what the rest is: a write-ahead log (0), what one is made of (1), or what a root key's file is
// changed by, exclusively or'ed from its beginning on, what goes beyond appended (2: a plain one, 3: one under a
// passphrase). Property: a log that is whole passes, and so does what is left of it wherever its writer was stopped; of
// a whole one no bit can be changed unnoticed. Nothing but the root key's own file opens what was wrapped under it, and
// none costs more than its bounds.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <safeq/store/root_key_files.hpp>

#include "../tests/support/random.hpp"
#include "store/wal_check.hpp"

using namespace safeq;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// A folder in memory, where there is one; gone at the end of the run.
class Scratch {
public:
    Scratch() {
        const char* const memory = "/dev/shm";
        std::string pattern = (std::filesystem::is_directory(memory) ? std::filesystem::path{memory}
                                                                     : std::filesystem::temp_directory_path()) /
                              "safeq-fuzz-XXXXXX";
        require(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

Scratch& scratch() {
    static Scratch folder;
    return folder;
}

void write(const std::filesystem::path& file, ByteView bytes) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    require(out.flush().good() && ::chmod(file.c_str(), 0600) == 0);
}

Bytes read(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return to_bytes(as_bytes(std::string{std::istreambuf_iterator<char>{in}, {}}));
}

Result<void> verdict(ByteView log) {
    write(scratch() / "db-wal", log);
    return store::sqlite::check_wal(scratch() / "db");
}

// As SQLite writes it, by https://sqlite.org/fileformat2.html, section 4.
class LogWriter {
public:
    static constexpr std::size_t page_bytes = 512;

    explicit LogWriter(bool big) : big_{big} {
        log.u32(0x377f0682u + (big ? 1 : 0)).u32(3'007'000).u32(page_bytes).u32(0).bytes(salts_);
        add(log.view());
        log.u32(a_).u32(b_);
    }
    void frame(std::uint32_t page, std::uint32_t size_after_commit, ByteView content) {
        const Bytes head = ByteWriter{}.u32(page).u32(size_after_commit).take();
        add(head);
        add(content);
        log.bytes(head).bytes(salts_).u32(a_).u32(b_).bytes(content);
    }
    ByteWriter log;

private:
    void add(ByteView bytes) {
        const auto word = [&](std::size_t at) {
            std::uint32_t value = 0;
            for (std::size_t i = 0; i < 4; ++i)
                value |= std::to_integer<std::uint32_t>(bytes[at + i]) << (big_ ? 24 - 8 * i : 8 * i);
            return value;
        };
        for (std::size_t at = 0; at < bytes.size(); at += 8) {
            a_ += word(at) + b_;
            b_ += word(at + 4) + a_;
        }
    }

    bool big_;
    Bytes salts_ = to_bytes("saltSALT");
    std::uint32_t a_ = 0, b_ = 0;
};

// Two bytes to cut at, three for the bit to change, then for each frame a byte and a piece of its page.
void check_made_log(ByteView in) {
    if (in.size() < 6) return;
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(in[i]); };
    LogWriter writer{(byte(5) & 1) != 0};
    std::size_t at = 6;
    for (std::uint32_t page = 1; page < 8 && at < in.size(); ++page) {
        const std::size_t n = std::min<std::size_t>(byte(at) % 32, in.size() - at - 1);
        Bytes content(LogWriter::page_bytes);
        const ByteView piece = in.subspan(at + 1, n);
        std::ranges::copy(piece, content.begin());
        writer.frame(page, byte(at) >= 128 ? page : 0, content);
        at += 1 + n;
    }
    Bytes log = writer.log.take();
    require(verdict(log).has_value());
    const std::size_t cut = (byte(0) * 256 + byte(1)) % (log.size() + 1);
    require(verdict(ByteView{log}.first(cut)).has_value());
    const std::size_t bit = (byte(2) * 65536 + byte(3) * 256 + byte(4)) % (8 * log.size());
    log[bit / 8] ^= std::byte{1} << (bit % 8);
    require(!verdict(log));
}

Bytes changed(ByteView original, ByteView by) {
    Bytes out = to_bytes(original);
    for (std::size_t i = 0; i < by.size(); ++i)
        if (i < out.size()) out[i] ^= by[i];
        else out.push_back(by[i]);
    return out;
}

struct Roots {
    explicit Roots(bool under_passphrase)
        : folder{scratch() / (under_passphrase ? "passphrase" : "plain")},
          keys{store::RootKeyFiles::open(folder, random,
                                         under_passphrase
                                             ? std::optional{store::RootPassphrase{
                                                   .secret = crypto::Secret::copy_of("correct horse battery staple"),
                                                   .cost = {.memory_kib = 8, .passes = 1, .lanes = 1}}}
                                             : std::nullopt)
                   .value()} {
        require(keys->create(1).has_value());
        file = read(folder / "root.1");
        wrapped = keys->wrap(1, as_bytes("what is wrapped")).value();
    }

    void check(ByteView by) {
        const Bytes now = changed(file, by);
        // The costs stand in the open, behind the line that names the format. High ones that are still allowed would
        // only take long.
        const bool costly = file.size() > 32 && now.size() > 26 && costs_much(now);
        if (costly) return;
        write(folder / "root.1", now);
        const auto secret = keys->unwrap(1, wrapped);
        require(secret.has_value() == (now == file));
        if (secret) require(as_text(secret->expose()) == "what is wrapped");
    }

    static bool costs_much(ByteView bytes) {
        ByteReader reader{bytes.subspan(std::string_view{"safeq/root/v1\n"}.size())};
        const std::uint64_t memory = reader.u32("").value_or(0), passes = reader.u32("").value_or(0);
        return memory <= 1024 * 1024 && passes <= 16 && memory * passes > 256;
    }

    test::SeededRandom random;
    std::filesystem::path folder;
    std::unique_ptr<store::RootKeyFiles> keys;
    Bytes file;
    Bytes wrapped;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    (void)scratch();
    static Roots plain{false}, under_passphrase{true};
    const ByteView input = std::as_bytes(std::span{data, size}).subspan(1);
    switch (data[0] % 4) {
        case 0:
            if (const auto answer = verdict(input); !answer) require(answer.error().code == Errc::malformed);
            break;
        case 1: check_made_log(input); break;
        case 2: plain.check(input); break;
        default: under_passphrase.check(input); break;
    }
    return 0;
}
