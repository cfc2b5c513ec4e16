// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <mutex>

#include <safeq/net/http_client.hpp>
#include <safeq/service/auditor_sign_in.hpp>
#include <safeq/service/report_event.hpp>

namespace safeq::daemon {

/// Has the release server record what this one does, which has no log of its own. What may happen while the release
/// server is away (start, reload, a clock that is set) is owed, and nobody is let in before it is on record.
/// *Threads*: safe from several threads; blocks for the release server.
class ReleaseJournal final : public service::AuditorJournal {
public:
    using What = decltype(service::ReportEvent::what);
    static constexpr std::chrono::seconds pause{1};  ///< after the release server could not be reached

    ReleaseJournal(net::HttpClient& client, const Clock& clock, Random& random)
        : client_{client}, clock_{clock}, random_{random} {}

    [[nodiscard]] Result<void> ready() override;
    [[nodiscard]] Result<void> signed_in() override { return record(service::AuditorSignedIn{}); }
    [[nodiscard]] Result<void> sign_in_refused(Errc reason) override { return record(service::AuditorRefused{reason}); }

    /// To be recorded after what is owed already.
    void owe(What what);
    /// Has recorded what is owed, in order, if the release server can be reached; tells in the log of a change.
    void turn();
    /// The same at once, however long ago it could not be reached, at the end of the daemon.
    void finish();

private:
    [[nodiscard]] Result<void> record(What what);
    [[nodiscard]] Result<void> send(const service::ReportEvent& event);
    [[nodiscard]] Result<void> settle();

    net::HttpClient& client_;
    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;  // of what follows; what is owed one thread at a time sends, so that it keeps its order
    std::deque<service::ReportEvent> owed_;
    Time failed_at_{};
    bool told_ = false;
};

}  // namespace safeq::daemon
