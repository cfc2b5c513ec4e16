// SPDX-License-Identifier: Apache-2.0
#include "store/journal.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <safeq/core/fail_point.hpp>

#include "store/journal_frame.hpp"

namespace safeq::store {
namespace {

constexpr std::string_view prefix = "journal.";
constexpr std::string_view part_head = "safeq/audit/journal/v1\n";
constexpr std::uint64_t max_part_bytes = std::uint64_t{1} << 30;

std::unexpected<Error> unavailable(std::string detail) {
    return fail(Errc::log_unavailable, "journal", std::move(detail));
}
std::unexpected<Error> damaged(const std::string& name, std::string detail) {
    return fail(Errc::malformed, name, std::move(detail));
}

std::string part_name(audit::Index first) { return fmt::format("{}{:020}", prefix, first); }

std::optional<audit::Index> part_first(const std::string& name) {
    if (!name.starts_with(prefix)) return std::nullopt;
    audit::Index first = 0;
    const char* const end = name.data() + name.size();
    const auto [last, error] = std::from_chars(name.data() + prefix.size(), end, first);
    if (error != std::errc{} || last != end || part_name(first) != name) return std::nullopt;
    return first;
}

}  // namespace

Result<std::vector<audit::Index>> Journal::find_parts() const {
    SAFEQ_TRY(const std::vector<std::string> names, folder_.files());
    std::vector<audit::Index> parts;
    for (const std::string& name : names)
        if (const auto first = part_first(name)) parts.push_back(*first);
    std::ranges::sort(parts);
    return parts;
}

Result<std::optional<audit::JournalExtent>> Journal::replay(
    const std::function<Result<void>(audit::Index, ByteView)>& entry) {
    SAFEQ_TRY(parts_, find_parts());
    if (parts_.empty()) return std::nullopt;
    next_ = parts_.front();
    Bytes kept;
    for (const audit::Index first : parts_) {
        const bool last = first == parts_.back();
        const std::string name = part_name(first);
        if (first != next_) return damaged(name, fmt::format("the journal goes on at {}, not {}", first, next_));
        SAFEQ_TRY(const File file, folder_.open_to_read(name));
        SAFEQ_TRY(const struct stat found, folder_.status(file, name));
        if (found.st_size < 0 || static_cast<std::uint64_t>(found.st_size) > max_part_bytes)
            return fail(Errc::too_large, name);
        Bytes bytes(static_cast<std::size_t>(found.st_size));
        SAFEQ_TRY(const std::size_t got, folder_.read_at(file, name, 0, bytes));
        if (got != bytes.size()) return fail(Errc::io_failed, name, "the file shrank while it was read");
        if (!as_text(bytes).starts_with(part_head)) return damaged(name, "not a journal of a version that is known");
        const ByteView frames = ByteView{bytes}.subspan(part_head.size());
        std::size_t at = 0;
        while (at < frames.size()) {
            const auto frame = parse_frame(frames.subspan(at));
            if (!frame) break;
            if (frame->first != next_)
                return damaged(name, fmt::format("a frame of {} stands at {}", frame->first, next_));
            for (const ByteView each : frame->entries) SAFEQ_TRY_VOID(entry(next_++, each));
            at += frame->bytes;
        }
        // Appending waits for each frame before it writes another, so only the last can be torn, and nothing follows
        // it.
        if (at < frames.size() && (!last || holds_frame(frames.subspan(at))))
            return damaged(name, fmt::format("damaged at byte {}", part_head.size() + at));
        if (last) kept = to_bytes(frames.first(at));
    }
    // Written anew and synced: what a failed sync left may be in the system's memory only, and a torn end goes.
    const audit::JournalExtent extent{parts_.front(), next_};
    const audit::Index last = parts_.back();
    parts_.pop_back();
    SAFEQ_TRY_VOID(begin_part(last, kept));
    return extent;
}

Result<void> Journal::begin_part(audit::Index first, ByteView frames) {
    const std::string name = part_name(first);
    const std::string unfinished = name + std::string{unfinished_suffix};
    SAFEQ_TRY_VOID(folder_.unlink(unfinished));
    SAFEQ_TRY(File file, folder_.create(unfinished));
    const auto fill = [&]() -> Result<void> {
        SAFEQ_FAIL_POINT("journal.part_created");
        SAFEQ_TRY_VOID(folder_.write_all(file, unfinished, as_bytes(part_head)));
        SAFEQ_TRY_VOID(folder_.write_all(file, unfinished, frames));
        SAFEQ_TRY_VOID(folder_.sync(file, unfinished));
        SAFEQ_FAIL_POINT("journal.part_synced");
        return folder_.rename(unfinished, folder_, name);
    };
    if (Result<void> filled = fill(); !filled) {
        [[maybe_unused]] const auto cleaned = folder_.unlink(unfinished);
        return filled;
    }
    // The name stands, but perhaps not for good: nothing may be written to either part.
    poisoned_ = true;
    SAFEQ_FAIL_POINT("journal.part_renamed");
    SAFEQ_TRY_VOID(folder_.sync());
    poisoned_ = false;
    present_.emplace(std::move(file), name, part_head.size() + frames.size());
    const std::scoped_lock lock{mutex_};
    parts_.push_back(first);
    return {};
}

Result<void> Journal::append(audit::Index first, std::span<const ByteView> entries) {
    SAFEQ_TRY_VOID(ready());
    if (!present_) {
        next_ = first;
        SAFEQ_TRY_VOID(begin_part(first, {}));
    }
    if (first != next_) return fail(Errc::internal, "journal", fmt::format("append at {}, not {}", first, next_));
    const Bytes frame = encode_frame(first, entries);
    SAFEQ_FAIL_POINT("journal.append");
    if (Result<void> written = folder_.write_all(present_->file, present_->name, frame); !written) {
        poisoned_ = !take_back();
        return written;
    }
    SAFEQ_FAIL_POINT("journal.written");
    if (Result<void> synced = folder_.sync(present_->file, present_->name); !synced) {
        // Never tried again: the system may have dropped what it could not write, and say that all is well.
        poisoned_ = true;
        return synced;
    }
    present_->bytes += frame.size();
    next_ += entries.size();
    SAFEQ_FAIL_POINT("journal.durable");
    return {};
}

// Removes the beginning of a frame that could not be written whole.
bool Journal::take_back() {
    const int file = present_->file.descriptor();
    const auto end = static_cast<off_t>(present_->bytes);
    return ::ftruncate(file, end) == 0 && ::lseek(file, end, SEEK_SET) == end &&
           folder_.sync(present_->file, present_->name).has_value();
}

Result<void> Journal::ready() const {
    if (poisoned_) return unavailable("an earlier write or sync failed; the log must be opened anew");
    return {};
}

Result<void> Journal::rotate(audit::Index next) {
    SAFEQ_TRY_VOID(ready());
    if (!present_ || present_->bytes < part_bytes_) return {};
    if (next != next_) return fail(Errc::internal, "journal", fmt::format("rotate at {}, not {}", next, next_));
    if (part_name(next) == present_->name) return {};
    return begin_part(next, {});
}

Result<void> Journal::discard(audit::Index before) {
    const std::scoped_lock lock{mutex_};
    while (parts_.size() > 1 && parts_[1] <= before) {
        SAFEQ_TRY_VOID(folder_.unlink(part_name(parts_.front())));
        parts_.erase(parts_.begin());
    }
    return {};
}

}  // namespace safeq::store
