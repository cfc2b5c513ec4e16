// SPDX-License-Identifier: Apache-2.0
#include "wal_check.hpp"

#include <fcntl.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include <fmt/format.h>

#include "folder.hpp"

namespace safeq::store::sqlite {
namespace {

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::size_t checked_of_frame_header = 8;  // its page number and the size after a commit
constexpr std::uint32_t magic = 0x377f0682;         // and 1 where the checksums are over big-endian words

std::uint32_t big_endian(const std::byte* at) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(at[i]);
    return value;
}

struct Sums {
    std::uint32_t first = 0, second = 0;

    friend bool operator==(const Sums&, const Sums&) = default;
};

bool one_bit_apart(const Sums& a, const Sums& b) noexcept {
    return std::popcount(a.first ^ b.first) + std::popcount(a.second ^ b.second) == 1;
}

class Words {
public:
    explicit Words(bool big) noexcept : big_{big} {}

    [[nodiscard]] std::uint32_t at(const std::byte* bytes) const noexcept {
        const std::uint32_t value = big_endian(bytes);
        return big_ ? value : std::byteswap(value);
    }

    /// Over pairs of words.
    [[nodiscard]] Sums sum(Sums sums, ByteView bytes) const noexcept {
        for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
            sums.first += at(&bytes[i]) + sums.second;
            sums.second += at(&bytes[i + 4]) + sums.first;
        }
        return sums;
    }

private:
    bool big_;
};

// Whether one other bit would make `sum` of these bytes `wanted`. The sums are linear: what a word adds to the end
// depends on its place alone, so one walk from the last word to the first tries them all.
bool lacks_one_bit(const Words& words, ByteView bytes, const Sums& sum, const Sums& wanted) noexcept {
    const Sums missing{wanted.first - sum.first, wanted.second - sum.second};
    // What one in the pair's first and second word adds to both sums at the end.
    Sums by_first{1, 1}, by_second{0, 1};
    for (std::size_t end = bytes.size(); end >= 8; end -= 8) {
        const std::array<std::pair<std::uint32_t, Sums>, 2> pair{
            {{words.at(&bytes[end - 8]), by_first}, {words.at(&bytes[end - 4]), by_second}}};
        for (const auto& [word, adds] : pair) {
            for (unsigned bit = 0; bit < 32; ++bit) {
                const std::uint32_t one = 1U << bit;
                const std::uint32_t change = (word & one) == 0 ? one : 0U - one;
                if (Sums{adds.first * change, adds.second * change} == missing) return true;
            }
        }
        // One pair further from the end, a change passes through one step more.
        for (Sums* const adds : {&by_first, &by_second})
            *adds = {adds->first + adds->second, adds->first + 2 * adds->second};
    }
    return false;
}

class Log {
public:
    static Result<std::optional<Log>> open(const std::filesystem::path& database) {
        Log log;
        log.path_ = database.string() + "-wal";
        FileOps& ops = system_file_ops();
        log.file_ = File{ops, ops.openat(AT_FDCWD, log.path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0)};
        if (log.file_.descriptor() < 0) {
            if (errno == ENOENT) return std::nullopt;
            return std::unexpected(system_error(errno, log.path_, "open"));
        }
        struct stat found{};
        if (ops.fstat(log.file_.descriptor(), found) < 0)
            return std::unexpected(system_error(errno, log.path_, "look at"));
        log.size_ = static_cast<std::uint64_t>(found.st_size);
        return log;
    }

    Result<void> check() {
        if (size_ < header_bytes) return {};
        std::array<std::byte, header_bytes> header{};
        SAFEQ_TRY_VOID(read(0, header));
        // Grown, and not yet written: nothing was finished.
        if (header == std::array<std::byte, header_bytes>{}) return {};
        const std::uint32_t kind = big_endian(header.data());
        if ((kind & ~1U) != magic) return damaged(0, "no header");
        const Words words{(kind & 1U) != 0};
        Sums sums = words.sum({}, std::span{header}.first(header_bytes - sizeof(Sums)));
        if (sums != sums_at(&header[24])) return damaged(0, "the header's checksum is wrong");
        const std::uint32_t page = big_endian(&header[8]);
        if (page < 512 || page > 65536) return damaged(8, "no page has this size");
        salts_ = sums_at(&header[16]);
        frame_.resize(frame_header_bytes + page);
        for (std::uint64_t at = header_bytes; at + frame_.size() <= size_; at += frame_.size()) {
            SAFEQ_TRY_VOID(read(at, frame_));
            const ByteView front = std::span{frame_}.first(checked_of_frame_header);
            const ByteView content = std::span{frame_}.subspan(frame_header_bytes);
            const Sums found = words.sum(words.sum(sums, front), content);
            const Sums stored = sums_at(&frame_[16]);
            const Sums salts = sums_at(&frame_[8]);
            if (salts != salts_ || found != stored) return judge_end(words, at, salts, found, stored);
            sums = found;
        }
        return {};
    }

private:
    static Sums sums_at(const std::byte* bytes) noexcept { return {big_endian(bytes), big_endian(bytes + 4)}; }

    // The frame in `frame_` isn't whole, or not of this log.
    Result<void> judge_end(const Words& words, std::uint64_t at, const Sums& salts, const Sums& found,
                           const Sums& stored) {
        constexpr const char* flipped = "one bit of a frame is another than it was";
        if (found == stored && one_bit_apart(salts, salts_)) return damaged(at, flipped);
        if (salts == salts_) {
            Bytes checked(frame_.begin(), frame_.begin() + checked_of_frame_header);
            checked.insert(checked.end(), frame_.begin() + frame_header_bytes, frame_.end());
            if (one_bit_apart(found, stored) || lacks_one_bit(words, checked, found, stored))
                return damaged(at, flipped);
        }
        bool ended = false;
        for (std::uint64_t next = at; next + frame_.size() <= size_; next += frame_.size()) {
            std::array<std::byte, frame_header_bytes> header{};
            SAFEQ_TRY_VOID(read(next, header));
            if (sums_at(&header[8]) != salts_) continue;
            if (ended) return damaged(at, "a frame isn't whole, and a later transaction follows it");
            ended = big_endian(&header[4]) != 0;
        }
        return {};
    }

    Result<void> read(std::uint64_t offset, std::span<std::byte> into) {
        while (!into.empty()) {
            const ssize_t got = system_file_ops().pread(file_.descriptor(), into.data(), into.size(),
                                                        static_cast<std::int64_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return std::unexpected(system_error(errno, path_, "read"));
            if (got == 0) return fail(Errc::truncated, path_, "it became shorter while it was read");
            offset += static_cast<std::uint64_t>(got);
            into = into.subspan(static_cast<std::size_t>(got));
        }
        return {};
    }

    [[nodiscard]] Result<void> damaged(std::uint64_t at, std::string_view why) const {
        return fail(Errc::malformed, path_, fmt::format("the write-ahead log is damaged at offset {}: {}", at, why));
    }

    std::string path_;
    File file_;
    std::uint64_t size_ = 0;
    Sums salts_;  // not sums, and two words just as well
    Bytes frame_;
};

}  // namespace

Result<void> check_wal(const std::filesystem::path& database) {
    SAFEQ_TRY(auto log, Log::open(database));
    return log ? log->check() : Result<void>{};
}

}  // namespace safeq::store::sqlite
