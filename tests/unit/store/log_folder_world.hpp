// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/log.hpp>
#include <safeq/store/log_folder.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"

namespace safeq::test {

/// A folder for a log, and what goes into it.
struct LogFolderWorld {
    TemporaryFolder folder;
    std::filesystem::path path = folder / "log";
    SeededRandom random;
    ManualClock clock{*parse_rfc3339("2026-11-22T10:00:00.000Z")};
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    crypto::NoteKey verifier{"log.example/release", key.verifying_key()};

    audit::Record record() {
        return {
            .id = RecordId::make(clock, random), .at = clock.now(), .kind = audit::Kind::sign_in, .tenant = TenantId{}};
    }
    std::vector<audit::Record> records(std::size_t count) {
        std::vector<audit::Record> out;
        for (std::size_t i = 0; i < count; ++i) out.push_back(record());
        return out;
    }
    std::vector<std::filesystem::path> parts() const {
        std::set<std::filesystem::path> found;
        for (const auto& file : std::filesystem::directory_iterator{path})
            if (file.path().filename().string().starts_with("journal.")) found.insert(file.path());
        return {found.begin(), found.end()};
    }
};

inline std::string read_all(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}
inline void write_all(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

inline Result<void> append(audit::LogStore& store, audit::Index first, const std::vector<std::string>& texts) {
    std::vector<ByteView> views;
    for (const std::string& text : texts) views.push_back(as_bytes(text));
    return store.append(first, views);
}

struct Replayed {
    std::optional<audit::JournalExtent> extent;
    std::vector<std::string> entries;
};
inline Result<Replayed> replay(audit::LogStore& store) {
    Replayed out;
    SAFEQ_TRY(out.extent, store.replay([&](audit::Index, ByteView entry) -> Result<void> {
        out.entries.emplace_back(as_text(entry));
        return {};
    }));
    return out;
}

}  // namespace safeq::test
