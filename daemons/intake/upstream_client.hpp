// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <safeq/net/http_client.hpp>
#include <safeq/service/submit.hpp>
#include <safeq/service/upstream.hpp>
#include <safeq/spool/latest_epoch_list.hpp>

namespace safeq::daemon {

/// The release server over mutually authenticated HTTPS.
class UpstreamClient final : public service::Upstream {
public:
    UpstreamClient(net::HttpTarget target, crypto::XwingPublicKey credential_key, service::CredentialContext context,
                   const Clock& clock, Random& random, std::stop_token stop);

    [[nodiscard]] Result<service::Identity> identify(service::Shown shown, std::string user, std::string address,
                                                     const crypto::Secret& secret) override;
    [[nodiscard]] Result<void> send(const spool::BlobName& name, spool::BlobSource& file) override;
    [[nodiscard]] Result<void> take(JobId job) override;
    [[nodiscard]] Result<service::RemoteJobs> jobs(SubjectId owner) override;
    [[nodiscard]] Result<void> cancel(SubjectId owner, JobId job) override;

    /// Calls by another context from now on. *Errors*: as `HttpClient::use`.
    [[nodiscard]] Result<void> use(std::shared_ptr<const tls::ClientContext> context) {
        return http_.use(std::move(context));
    }

    /// The signed epoch list. *Errors*: `unavailable`.
    [[nodiscard]] Result<std::string> epoch_list();

private:
    [[nodiscard]] Result<net::HttpReply> call(const net::HttpRequest& request);

    net::HttpClient http_;
    crypto::XwingPublicKey credential_key_;
    service::CredentialContext context_;
    const Clock& clock_;
    Random& random_;
};

/// The epoch list at hand: fetched, verified against the pinned key, kept in a file so that a restart can go on without
/// the release server. A list older than one seen before is refused, also after a restart.
class EpochCache final : public service::EpochSource {
public:
    EpochCache(UpstreamClient& upstream, crypto::NoteKey pinned, TenantId tenant, std::string file, const Clock& clock)
        : upstream_{upstream}, latest_{std::move(pinned), tenant}, file_{std::move(file)}, clock_{clock} {}

    /// What an earlier run kept, to seal by if it is still good; no older list is taken after it in any case.
    void load();
    /// Fetches a new one. *Errors*: `unavailable`; those of `spool::EpochList::open` and of writing the file.
    [[nodiscard]] Result<void> refresh();
    [[nodiscard]] Result<spool::EpochPublicKey> current() override;
    [[nodiscard]] bool ready();

private:
    UpstreamClient& upstream_;
    spool::LatestEpochList latest_;
    std::string file_;
    const Clock& clock_;
    std::mutex mutex_;
};

/// Job numbers in a small file, reserved in blocks: after a crash a part of a block is skipped, none is given twice.
class NumberFile final : public service::JobNumbers {
public:
    explicit NumberFile(std::string file) : file_{std::move(file)} {}
    /// *Errors*: `malformed` for a file that holds no number; those of reading.
    [[nodiscard]] Result<void> load();
    [[nodiscard]] Result<std::int32_t> next() override;

private:
    static constexpr std::int32_t block = 1000;
    std::string file_;
    std::mutex mutex_;
    std::int32_t next_ = 1;
    std::int32_t reserved_ = 1;  // the first number that isn't
};

}  // namespace safeq::daemon
