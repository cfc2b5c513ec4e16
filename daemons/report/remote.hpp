// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
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

/// Keys of persons, asked of the release server and kept in memory only, for an hour at most (given that `forget_old`
/// is called now and then). When the server can't be reached it is not asked again for a few seconds.
class RemoteSubjectKeys final : public audit::SubjectKeys {
public:
    static constexpr std::chrono::hours lifetime{1};
    static constexpr std::chrono::seconds pause{5};  ///< after the server could not be reached
    static constexpr std::size_t max_entries = 100'000;

    RemoteSubjectKeys(net::HttpClient& client, const Clock& clock) : client_{client}, clock_{clock} {}
    [[nodiscard]] Result<audit::SubjectKey> key(SubjectId subject) override;

    /// Wipes the keys whose hour is over.
    void forget_old();
    /// Wipes the key of somebody of whom the log tells that they were erased, and never asks for it again.
    void forget(SubjectId subject);

private:
    struct Entry {
        audit::SubjectKey key;
        Time since;
    };
    net::HttpClient& client_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<SubjectId, Entry> known_;
    std::set<SubjectId> erased_;
    std::optional<Time> unreachable_since_;
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
        RemoteSubjectKeys& subjects;
    };

    static constexpr std::chrono::seconds longest_pause{10};

    explicit LogWatch(Parts parts);

    /// Goes to the log's latest checkpoint, if it can be reached. After a failure, turns do nothing for a while, which
    /// doubles from one second to `longest_pause`.
    void turn();

    struct Status {
        std::string name, origin;
        std::uint64_t entries = 0;     ///< taken into the database
        std::optional<Time> verified;  ///< when the log was last seen to be sound
        std::string checkpoint;        ///< cosigned; empty before the first
        std::string problem;           ///< empty when all is well
        bool tampered = false;
    };
    [[nodiscard]] Status status() const;

private:
    [[nodiscard]] Result<void> follow();

    Parts parts_;
    std::chrono::seconds pause_{0};
    Time failed_at_{};
    mutable std::mutex mutex_;
    Status status_;
};

}  // namespace safeq::daemon
