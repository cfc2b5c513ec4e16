// SPDX-License-Identifier: Apache-2.0
#include "intake/upstream_client.hpp"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include <safeq/service/upstream_answer.hpp>

#include "common/files.hpp"

namespace safeq::daemon {
namespace {

// What a refusal of the release server means here. It is a peer of ours: its codes are ours.
std::unexpected<Error> refused(const net::HttpReply& reply, const char* what) {
    return std::unexpected{service::read_refusal(reply.status, as_text(reply.body), what)};
}

}  // namespace

UpstreamClient::UpstreamClient(net::HttpTarget target, crypto::XwingPublicKey credential_key,
                               service::CredentialContext context, const Clock& clock, Random& random,
                               std::stop_token stop)
    : http_{std::move(target), clock, random, {.stop = std::move(stop)}},
      credential_key_{credential_key},
      context_{context},
      clock_{clock},
      random_{random} {}

Result<net::HttpReply> UpstreamClient::call(const net::HttpRequest& request) {
    auto reply = http_.request(request);
    if (!reply && reply.error().code != Errc::unavailable)
        return fail(Errc::unavailable, "release server", reply.error().message());
    return reply;
}

Result<service::Identity> UpstreamClient::identify(service::Shown shown, std::string user, std::string address,
                                                   const crypto::Secret& secret) {
    SAFEQ_TRY(const service::SealedCredential sealed,
              service::seal_credential(credential_key_, context_, shown, std::move(user), std::move(address), secret,
                                       clock_, random_));
    net::HttpRequest request{
        .method = "POST", .target = "/internal/v1/identify", .headers = {}, .body = to_bytes(sealed.encode())};
    request.headers.add("Content-Type", "application/json");
    SAFEQ_TRY(const net::HttpReply reply, call(request));
    if (reply.status != 200) return refused(reply, "identify");
    return service::read_identity(as_text(reply.body));
}

Result<void> UpstreamClient::send(const spool::BlobName& name, spool::BlobSource& file) {
    SAFEQ_TRY(const std::uint64_t size, file.size());
    Bytes buffer(256 * 1024);
    std::uint64_t at = 0;
    net::HttpRequest request{.method = "PUT",
                             .target = fmt::format("/internal/v1/jobs/{}/{}", name.job.text(), name.document),
                             .headers = {},
                             .body = {}};
    request.headers.add("Content-Type", "application/octet-stream");
    request.body_bytes = size;
    request.next = [&]() -> Result<ByteView> {
        SAFEQ_TRY(const std::size_t n, file.read_at(at, buffer));
        at += n;
        return ByteView{buffer}.subspan(0, n);
    };
    SAFEQ_TRY(const net::HttpReply reply, call(request));
    if (reply.status == 204) return {};
    return refused(reply, "hand-over");
}

Result<void> UpstreamClient::take(JobId job) {
    SAFEQ_TRY(const net::HttpReply reply,
              call({.method = "POST", .target = "/internal/v1/jobs/" + job.text(), .headers = {}, .body = {}}));
    if (reply.status == 204) return {};
    return refused(reply, "hand-over");
}

Result<service::RemoteJobs> UpstreamClient::jobs(SubjectId owner) {
    SAFEQ_TRY(const net::HttpReply reply, call({.method = "GET",
                                                .target = fmt::format("/internal/v1/owners/{}/jobs", owner.text()),
                                                .headers = {},
                                                .body = {}}));
    if (reply.status != 200) return refused(reply, "jobs");
    return service::read_remote_jobs(as_text(reply.body));
}

Result<void> UpstreamClient::cancel(SubjectId owner, JobId job) {
    SAFEQ_TRY(const net::HttpReply reply,
              call({.method = "POST",
                    .target = fmt::format("/internal/v1/owners/{}/jobs/{}/cancel", owner.text(), job.text()),
                    .headers = {},
                    .body = {}}));
    if (reply.status == 204) return {};
    return refused(reply, "cancel");
}

Result<std::string> UpstreamClient::epoch_list() {
    SAFEQ_TRY(const net::HttpReply reply,
              call({.method = "GET", .target = "/internal/v1/epochs", .headers = {}, .body = {}}));
    if (reply.status != 200) return refused(reply, "epoch list");
    return std::string{as_text(reply.body)};
}

void EpochCache::load() {
    const auto note = read_text(file_);
    if (!note) return;
    const std::scoped_lock lock{mutex_};
    (void)latest_.recall(*note, clock_.now());
}

Result<void> EpochCache::refresh() {
    SAFEQ_TRY(const std::string note, upstream_.epoch_list());
    {
        const std::scoped_lock lock{mutex_};
        SAFEQ_TRY_VOID(latest_.accept(note, clock_.now()));
    }
    return write_text(file_, note, 0600);
}

Result<spool::EpochPublicKey> EpochCache::current() {
    const std::scoped_lock lock{mutex_};
    const auto& list = latest_.list();
    if (!list) return fail(Errc::unavailable, "epoch list", "none has been had from the release server yet");
    SAFEQ_TRY(const spool::EpochKeyEntry* entry, list->current(clock_.now()));
    return entry->key;
}

bool EpochCache::ready() { return current().has_value(); }

Result<void> NumberFile::load() {
    const auto text = read_text(file_, 64);
    if (!text && text.error().code == Errc::not_found) return {};
    if (!text) return std::unexpected(text.error());
    const auto end = std::from_chars(text->data(), text->data() + text->size(), reserved_);
    if (end.ec != std::errc{} || reserved_ < 1) return fail(Errc::malformed, file_, "not a number");
    next_ = reserved_;
    return {};
}

Result<std::int32_t> NumberFile::next() {
    const std::scoped_lock lock{mutex_};
    if (next_ == reserved_) {
        if (reserved_ > std::numeric_limits<std::int32_t>::max() - block)
            next_ = reserved_ = 1;  // the oldest are long gone
        SAFEQ_TRY_VOID(write_text(file_, fmt::format("{}\n", reserved_ + block), 0600));
        reserved_ += block;
    }
    return next_++;
}

}  // namespace safeq::daemon
