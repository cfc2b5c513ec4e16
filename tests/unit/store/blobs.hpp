// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <safeq/store/blob_folder.hpp>

#include "support/random.hpp"

namespace safeq::test {

inline spool::BlobName blob(std::uint32_t number) {
    ManualClock clock{Time{std::chrono::milliseconds{1'700'000'000'000}}};
    SeededRandom random;
    return {JobId::make(clock, random), number};
}

inline Result<void> put(store::BlobFolder& folder, const spool::BlobName& name, std::string_view text) {
    SAFEQ_TRY(const auto sink, folder.create(name));
    SAFEQ_TRY_VOID(sink->write(as_bytes(text.substr(0, text.size() / 2))));
    SAFEQ_TRY_VOID(sink->write(as_bytes(text.substr(text.size() / 2))));
    return sink->commit();
}

inline Result<std::string> get(store::BlobFolder& folder, const spool::BlobName& name) {
    SAFEQ_TRY(const auto source, folder.open(name));
    SAFEQ_TRY(const std::uint64_t size, source->size());
    std::string text(size, '\0');
    SAFEQ_TRY(const std::size_t got, source->read_at(0, std::as_writable_bytes(std::span{text})));
    if (got != size) return fail(Errc::truncated, "blob");
    return text;
}

// What is so large is written by a thread of its own.
inline std::string large_text() {
    std::string text(5'000'000, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i / 4096 % 26);
    return text;
}

inline std::size_t files_in(const std::filesystem::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder})
        count += entry.path().filename() == ".lock" ? 0u : 1u;
    return count;
}

}  // namespace safeq::test
