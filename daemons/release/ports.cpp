// SPDX-License-Identifier: Apache-2.0
#include "release/ports.hpp"

#include <fmt/format.h>

#include <safeq/http/path_pattern.hpp>
#include <safeq/ipp/codec.hpp>
#include <safeq/net/on_pool.hpp>
#include <safeq/service/daemon_api.hpp>

#include "common/log.hpp"
#include "common/roles.hpp"

namespace safeq::daemon {
namespace {

using Kind = job::Outcome::Kind;

Result<tls::PeerCheck> check_of(const job::Device& device) {
    if (const auto* pin = std::get_if<job::CertificatePin>(&device.trust))
        return tls::PeerCheck{tls::Pin{.key = pin->fingerprint}};
    const auto& authority = std::get<job::CertificateAuthority>(device.trust);
    SAFEQ_TRY(auto anchors, tls::TrustAnchors::from_pem(
                                {authority.pem}, {authority.crl},
                                authority.crl.empty() ? tls::Revocation::when_known : tls::Revocation::required));
    SAFEQ_TRY(const net::HttpTarget target, net::HttpTarget::https(device.uri, nullptr));
    return tls::PeerCheck{tls::Anchored{.anchors = std::move(anchors), .name = target.endpoint.host}};
}

Kind kind_of(net::PrintEnd end) {
    switch (end) {
        case net::PrintEnd::completed: return Kind::printed;
        case net::PrintEnd::refused: return Kind::not_printed;
        case net::PrintEnd::uncertain: return Kind::lost;
    }
    return Kind::lost;
}

}  // namespace

Result<tls::PolicyChoice> IppDelivery::policy_for(DeviceId device) {
    const auto policies = policies_.get();
    SAFEQ_TRY(tls::PolicyChoice choice, policies->exceptions.choose(device, policies->strict, clock_));
    if (!choice.use) return choice;
    const tls::ExceptionUse& use = *choice.use;
    if (use.outcome == tls::ExceptionOutcome::used) {
        const Time end = std::chrono::time_point_cast<Time::duration>(use.end);
        const std::string policy = use.tls13_off ? use.policy + " no-tls1.3" : use.policy;
        SAFEQ_TRY_VOID(recorder_.policy_exception_used(device, policy, use.reason, end));
    } else {
        log_warning("exception-expired",
                    fmt::format("device={} policy={} in-effect={}", device.text(), use.policy, use.in_effect));
    }
    return choice;
}

Result<std::unique_ptr<net::IppClient>> IppDelivery::connect(const service::Consignment& consignment) {
    const job::Device& device = consignment.device;
    SAFEQ_TRY(tls::PeerCheck check, check_of(device));
    SAFEQ_TRY(const net::HttpTarget target, net::HttpTarget::https(device.uri, nullptr));
    // A device may end the connection whenever it likes: each new one is another use of the exception, or none when its
    // day has come meanwhile.
    auto context = [this, id = device.id, host = target.endpoint.host,
                    check = std::move(check)]() -> Result<std::shared_ptr<const tls::ClientContext>> {
        SAFEQ_TRY(tls::PolicyChoice choice, policy_for(id));
        return tls::ClientContext::create({.policy = std::move(choice.policy),
                                           .server_name = host,
                                           .check = check,
                                           .own = nullptr,
                                           .alpn = {},
                                           .leave = std::move(choice.leave)});
    };
    return net::IppClient::create(
        {.uri = device.uri, .user_name = consignment.ticket.user_name, .authorization = {}, .stream = {.stop = stop_}},
        std::move(context), clock_, random_);
}

service::Delivered IppDelivery::deliver(const service::Consignment& consignment) {
    const auto not_printed = [](const Error& error) {
        return service::Delivered{.outcome = {.kind = Kind::not_printed}, .detail = error.message()};
    };
    const auto client = connect(consignment);
    if (!client) return not_printed(client.error());
    const auto printer = (*client)->printer();
    if (!printer) return not_printed(printer.error());
    if (!printer->accepting_jobs) return not_printed({Errc::device_refused, "device", "it accepts no jobs now"});
    if (!printer->takes_format(consignment.ticket.format))
        return not_printed({Errc::device_refused, "device", "it does not take " + consignment.ticket.format});

    ipp::JobTicket ticket{.job_name = consignment.ticket.title,
                          .document_name = consignment.ticket.title,
                          .document_format = consignment.ticket.format};
    ticket.copies = static_cast<std::int32_t>(consignment.ticket.copies);
    if (const auto decoded = ipp::decode(consignment.ticket.attributes, ipp::Limits::standard()))
        if (const ipp::Group* group = decoded->message.find(ipp::GroupTag::job)) ticket.attributes = group->attributes;

    const net::PrintReport report =
        (*client)->print({.ticket = std::move(ticket), .bytes = consignment.bytes, .next = consignment.next});
    service::Delivered out{.outcome = {.kind = kind_of(report.end)}, .detail = report.detail};
    if (report.job.impressions_completed && *report.job.impressions_completed > 0)
        out.outcome.printed.pages = static_cast<std::uint32_t>(*report.job.impressions_completed);
    out.outcome.printed.copies = consignment.ticket.copies;
    return out;
}

Result<void> KeyMaker::create(SubjectId subject) {
    SAFEQ_TRY(const audit::SubjectKey key, keys_.create(subject));
    (void)key;
    return {};
}

namespace {

net::HttpResponse status_only(const Error& error) {
    log_warning("file-refused", field("why", error.message()));
    const service::ApiReply refused = service::refuse_intake(error);
    net::HttpResponse out{.status = refused.status, .headers = {}, .body = to_bytes(refused.body), .close = true};
    out.headers.add("Content-Type", "application/json");
    return out;
}

asio::awaitable<net::HttpResponse> receive(service::Custody& custody, asio::thread_pool& pool,
                                           const http::RequestHead& head, net::BodyReader& body,
                                           const net::PeerInfo& peer) {
    const auto match = http::match_path("/internal/v1/jobs/{job}/{number}", head.path);
    if (!match) co_return status_only({Errc::not_found, "route", {}});
    if (head.method != "PUT" || !has_role(service::Role::intake, peer))
        co_return status_only({Errc::denied, "route", {}});
    const auto name = spool::BlobName::parse(match->at("job") + "." + match->at("number") + ".sealed");
    if (!name) co_return status_only({Errc::not_found, "file", {}});
    const auto intake =
        service::intake_of({.certificate_id = peer.id(), .key_fingerprint = std::nullopt, .address = peer.address});
    if (!intake) co_return status_only(intake.error());
    auto sink = co_await net::on_pool(pool, [&] { return custody.receive(*intake, *name); });
    if (!sink) co_return status_only(sink.error());
    Bytes gathered;
    for (bool more = true; more;) {
        const auto piece = co_await body.next();
        // A transfer that was cut says nothing about the file.
        if (!piece) co_return status_only({Errc::unavailable, "file", piece.error().message()});
        more = !piece->empty();
        gathered.insert(gathered.end(), piece->begin(), piece->end());
        if (!gathered.empty() && (!more || gathered.size() >= 256 * 1024)) {
            const auto written = co_await net::on_pool(pool, [&] { return (*sink)->write(gathered); });
            if (!written) co_return status_only(written.error());
            gathered.clear();
        }
    }
    const auto committed = co_await net::on_pool(pool, [&] { return (*sink)->commit(); });
    if (!committed) co_return status_only(committed.error());
    co_return net::HttpResponse{.status = 204, .headers = {}, .body = {}};
}

}  // namespace

net::HttpHandler receive_files(service::Custody& custody, asio::thread_pool& pool) {
    return [&custody, &pool](const http::RequestHead& head, net::BodyReader& body, const net::PeerInfo& peer) {
        return receive(custody, pool, head, body, peer);
    };
}

}  // namespace safeq::daemon
