// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/personal.hpp>
#include <safeq/net/http_client.hpp>
#include <safeq/report/projection.hpp>

namespace safeq::daemon {

/// A log as its daemon publishes it, over mutually authenticated HTTPS.
class HttpLogReader final : public audit::LogReader {
public:
    explicit HttpLogReader(net::HttpClient& client) : client_{client} {}
    [[nodiscard]] Result<Bytes> read(const std::string& path) override;

private:
    net::HttpClient& client_;
};

/// Keys of persons, asked of the release server and kept in memory only, for an hour at most.
class RemoteSubjectKeys final : public audit::SubjectKeys {
public:
    static constexpr std::chrono::hours lifetime{1};
    static constexpr std::size_t max_entries = 100'000;

    RemoteSubjectKeys(net::HttpClient& client, const Clock& clock) : client_{client}, clock_{clock} {}
    [[nodiscard]] Result<audit::SubjectKey> key(SubjectId subject) override;

private:
    struct Entry {
        audit::SubjectKey key;
        Time since;
    };
    net::HttpClient& client_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<SubjectId, Entry> known_;
};

/// Follows one log into the report database, verifies every step and cosigns what it saw. A log that contradicts itself
/// is not followed any further. *Threads*: `turn` from one thread; the rest from any.
class LogWatch final {
public:
    struct Parts {
        std::string name;  ///< "intake", "release"
        net::HttpClient& client;
        crypto::NoteKey key;
        report::ReportStore& store;
        const crypto::SigningKey& witness;
        std::string witness_name;
        const Clock& clock;
    };

    explicit LogWatch(Parts parts) : parts_{std::move(parts)} {}

    /// Goes to the log's latest checkpoint, if it can be reached.
    void turn();

    struct Status {
        std::string name, origin;
        std::uint64_t entries = 0;
        std::string checkpoint;  ///< cosigned; empty before the first
        std::string problem;     ///< empty when all is well
        bool tampered = false;
    };
    [[nodiscard]] Status status() const;

private:
    [[nodiscard]] Result<void> follow();

    Parts parts_;
    mutable std::mutex mutex_;
    Status status_;
};

}  // namespace safeq::daemon
