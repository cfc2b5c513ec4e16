// SPDX-License-Identifier: Apache-2.0
#include "safeq/tls_scan.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/crypto/random.hpp>
#include <safeq/net/client_stream.hpp>
#include <safeq/tls/probe.hpp>
#include <safeq/tls/scan.hpp>
#include <safeq/tls/suite_registry.hpp>

#include "safeq/context.hpp"
#include "safeq/tls_command.hpp"

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

// One connection with one deadline for all of it: a peer that drips bytes gains nothing.
class SocketLink final : public tls::ScanLink {
public:
    SocketLink(int fd, SteadyClock::time_point end) noexcept : fd_{fd}, end_{end} {}
    ~SocketLink() override { ::close(fd_); }
    SocketLink(const SocketLink&) = delete;
    SocketLink& operator=(const SocketLink&) = delete;

    [[nodiscard]] Result<void> connect(const sockaddr* address, socklen_t size) {
        if (::connect(fd_, address, size) == 0) return {};
        if (errno != EINPROGRESS) return fail(Errc::unavailable, "connection", std::strerror(errno));
        SAFEQ_TRY_VOID(wait(POLLOUT));
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error != 0) return fail(Errc::unavailable, "connection", std::strerror(error));
        return {};
    }

    Result<void> send(ByteView bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
            else if (errno == EAGAIN || errno == EWOULDBLOCK) SAFEQ_TRY_VOID(wait(POLLOUT));
            else if (errno != EINTR) return fail(Errc::connection_closed, "connection", std::strerror(errno));
        }
        return {};
    }

    Result<Bytes> receive() override {
        Bytes out(16 * 1024);
        for (;;) {
            SAFEQ_TRY_VOID(wait(POLLIN));
            const ssize_t n = recv(fd_, out.data(), out.size(), 0);
            if (n >= 0) {
                out.resize(static_cast<std::size_t>(n));
                return out;
            }
            if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
                return fail(Errc::connection_closed, "connection", std::strerror(errno));
        }
    }

private:
    [[nodiscard]] Result<void> wait(short events) const {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - SteadyClock::now()).count();
            if (left <= 0) return fail(Errc::timed_out, "connection");
            pollfd wanted{.fd = fd_, .events = events, .revents = 0};
            const int ready = poll(&wanted, 1, static_cast<int>(left));
            if (ready > 0) return {};
            if (ready < 0 && errno != EINTR) return fail(Errc::io_failed, "connection", std::strerror(errno));
        }
    }

    int fd_;
    SteadyClock::time_point end_;
};

class SocketTarget final : public tls::ScanTarget {
public:
    SocketTarget(net::Endpoint to, std::chrono::seconds timeout) : to_{std::move(to)}, timeout_{timeout} {}

    Result<std::unique_ptr<tls::ScanLink>> connect() override {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        addrinfo* found = nullptr;
        if (const int error = getaddrinfo(to_.host.c_str(), std::to_string(to_.port).c_str(), &hints, &found);
            error != 0)
            return fail(Errc::unavailable, to_.text(), gai_strerror(error));
        const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses{found, freeaddrinfo};
        Error last{Errc::unavailable, to_.text(), "no address"};
        for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
            const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            if (fd < 0) return fail(Errc::io_failed, "socket", std::strerror(errno));
            auto link = std::make_unique<SocketLink>(fd, SteadyClock::now() + timeout_);
            if (const auto connected = link->connect(a->ai_addr, a->ai_addrlen); connected) return link;
            else last = {connected.error().code, to_.text(), connected.error().detail};
        }
        return std::unexpected{last};
    }

private:
    net::Endpoint to_;
    std::chrono::seconds timeout_;
};

net::Endpoint endpoint_from(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    std::string host = text.substr(0, colon == text.npos ? 0 : colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    else if (host.contains(':')) host.clear();
    unsigned port = 0;
    const char* const first = text.data() + (colon == text.npos ? text.size() : colon + 1);
    const auto read = std::from_chars(first, text.data() + text.size(), port);
    if (host.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() || port == 0 || port > 65535)
        throw CommandFailed{text + ": give HOST:PORT, or [ADDRESS]:PORT"};
    return {std::move(host), static_cast<unsigned short>(port)};
}

bool is_address(const std::string& host) {
    in6_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

std::string hex(std::uint16_t code) { return fmt::format("0x{:04x}", code); }

std::string_view level_of(std::uint16_t suite) {
    const tls::Suite* const listed = tls::obsolete_mfd_2026.find_suite(suite);
    return listed != nullptr ? name(listed->level) : "weak";
}

std::string scheme_text(std::uint16_t code) {
    const std::string_view name = tls::scheme_name(code);
    return name.empty() ? hex(code) : std::string{name};
}

std::string day(Time time) { return fmt::format("{:%Y-%m-%d}", std::chrono::floor<std::chrono::seconds>(time)); }

std::string_view told(std::optional<bool> there) { return !there ? "not asked" : *there ? "yes" : "no"; }

std::string told(const tls::ScannedRenegotiation& tried) {
    return tried.answer ? std::string{name(*tried.answer)} : fmt::format("not tried ({})", tried.not_tried);
}

using Policies = std::vector<tls::PolicyRef>;

void print_text(const tls::Scan& scan, const std::vector<std::string>& weak, const Policies& policies) {
    fmt::print("SSL 2.0  {}\n", name(scan.ssl2));
    for (const tls::ScannedVersion& version : scan.versions) {
        fmt::print("{}  {}\n", tls::version_name(version.code), name(version.answer));
        for (const std::uint16_t suite : version.suites)
            fmt::print("  suite  {:<8}  {}\n", level_of(suite), tls::suite_name(suite));
        for (const std::uint16_t group : version.groups)
            fmt::print("  group  {:<8}  {}\n", group >= 0x11eb && group <= 0x11ed ? "hybrid" : "",
                       tls::group_name(group));
        for (const std::uint16_t scheme : version.schemes)
            fmt::print("  scheme {:<8}  {}\n", tls::broken_scheme(scheme) ? "weak" : "", tls::scheme_name(scheme));
        if (version.unasked_scheme)
            fmt::print("  signs without being asked for it: {}\n", scheme_text(*version.unasked_scheme));
        if (version.shortest_dh_bits) fmt::print("  finite-field key, shortest: {} bits\n", *version.shortest_dh_bits);
    }
    for (const tls::ScannedCertificate& shown : scan.certificates)
        fmt::print(
            "certificate  {}\n  key        {} {} bits\n  signature  {}{}\n  valid      {} to {}\n  pin        {}\n",
            shown.certificate.subject(), shown.certificate.key_algorithm(), shown.key_bits, shown.signature,
            shown.self_signed ? ", its own" : "", day(shown.certificate.not_before()),
            day(shown.certificate.not_after()), tls::Pin::of(shown.certificate).text());
    fmt::print(
        "renegotiation           {}\nsecure renegotiation    {}\nextended master secret  {}\nencrypt-then-MAC        "
        "{}\nsession tickets         "
        "{}\ncompression             {}\nasks for a certificate  {}\n",
        told(scan.renegotiation), told(scan.secure_renegotiation), told(scan.extended_master_secret),
        told(scan.encrypt_then_mac), told(scan.session_tickets), told(scan.compression), told(scan.asks_certificate));
    std::vector<std::string_view> fitting;
    for (const tls::PolicyRef& policy : policies)
        if (fit(scan, *policy).fits) fitting.push_back(policy->name());
    for (const std::string& sentence : weak) fmt::print("weak: {}\n", sentence);
    for (const tls::PolicyRef& policy : policies) {
        const tls::Fit verdict = fit(scan, *policy);
        fmt::print("{:<18} {} ({}){}\n", policy->name(), verdict.fits ? "fits" : "does not fit", verdict.detail,
                   verdict.fits && policy->exception_only() ? ", by an exception only" : "");
    }
    if (needs_tls13_off(scan)) fmt::print("It chokes on an offer of TLS 1.3: make an exception with no-tls1.3.\n");
    fmt::print("fits: {}\n", fitting.empty() ? "none" : fmt::format("{}", fmt::join(fitting, ", ")));
}

Json optional_json(std::optional<bool> there) { return there ? Json(*there) : Json{}; }

Json to_json(const tls::Scan& scan, const std::vector<std::string>& weak, const Policies& judged) {
    Json versions = Json::array();
    versions.push_back({{"name", "SSL 2.0"},
                        {"answer", name(scan.ssl2)},
                        {"suites", Json::array()},
                        {"groups", Json::array()},
                        {"schemes", Json::array()},
                        {"unasked_scheme", Json{}},
                        {"static_rsa_schemes", Json::array()},
                        {"shortest_dh_bits", Json{}}});
    for (const tls::ScannedVersion& version : scan.versions) {
        Json suites = Json::array(), groups = Json::array(), schemes = Json::array(), unsigned_with = Json::array();
        for (const std::uint16_t suite : version.suites)
            suites.push_back({{"name", tls::suite_name(suite)}, {"code", hex(suite)}, {"level", level_of(suite)}});
        for (const std::uint16_t group : version.groups)
            groups.push_back({{"name", tls::group_name(group)}, {"code", hex(group)}});
        for (const std::uint16_t scheme : version.schemes)
            schemes.push_back({{"name", tls::scheme_name(scheme)}, {"code", hex(scheme)}});
        for (const std::uint16_t scheme : version.static_rsa_schemes) unsigned_with.push_back(tls::scheme_name(scheme));
        versions.push_back(
            {{"name", tls::version_name(version.code)},
             {"answer", name(version.answer)},
             {"suites", suites},
             {"groups", groups},
             {"schemes", schemes},
             {"unasked_scheme", version.unasked_scheme ? Json(scheme_text(*version.unasked_scheme)) : Json{}},
             {"static_rsa_schemes", unsigned_with},
             {"shortest_dh_bits", version.shortest_dh_bits ? Json(*version.shortest_dh_bits) : Json{}}});
    }
    Json certificates = Json::array();
    for (const tls::ScannedCertificate& shown : scan.certificates)
        certificates.push_back({{"subject", shown.certificate.subject()},
                                {"issuer", shown.certificate.issuer()},
                                {"key", shown.certificate.key_algorithm()},
                                {"key_bits", shown.key_bits},
                                {"curve", shown.curve},
                                {"signature", shown.signature},
                                {"self_signed", shown.self_signed},
                                {"not_before", day(shown.certificate.not_before())},
                                {"not_after", day(shown.certificate.not_after())},
                                {"pin", tls::Pin::of(shown.certificate).text()}});
    Json policies = Json::array(), fits = Json::array();
    for (const tls::PolicyRef& policy : judged) {
        const tls::Fit verdict = fit(scan, *policy);
        policies.push_back({{"name", policy->name()},
                            {"fits", verdict.fits},
                            {"detail", verdict.detail},
                            {"exception_only", policy->exception_only()}});
        if (verdict.fits) fits.push_back(policy->name());
    }
    return {{"versions", versions},
            {"certificates", certificates},
            {"unreadable_certificates", scan.unreadable_certificates},
            {"renegotiation", scan.renegotiation.answer ? Json(name(*scan.renegotiation.answer)) : Json{}},
            {"renegotiation_not_tried", scan.renegotiation.answer ? Json{} : Json(scan.renegotiation.not_tried)},
            {"secure_renegotiation", optional_json(scan.secure_renegotiation)},
            {"extended_master_secret", optional_json(scan.extended_master_secret)},
            {"encrypt_then_mac", scan.encrypt_then_mac},
            {"session_tickets", scan.session_tickets},
            {"compression", scan.compression},
            {"asks_certificate", scan.asks_certificate},
            {"greeting", name(scan.greeting)},
            {"needs_tls13_off", needs_tls13_off(scan)},
            {"weak", weak},
            {"policies", policies},
            {"fits", fits},
            {"connections", scan.connections}};
}

struct Form {
    std::string where, server_name;
    std::vector<std::string> policies;
    unsigned timeout = 5;
    bool json = false;
};

void scan_endpoint(const Form& form) {
    Policies policies{tls::all_policies().begin(), tls::all_policies().end()};
    for (const std::string& own : form.policies) policies.push_back(policy_from(own));
    const net::Endpoint to = endpoint_from(form.where);
    std::string server_name = form.server_name;
    if (server_name.empty() && !is_address(to.host)) server_name = to.host;
    SocketTarget target{to, std::chrono::seconds{form.timeout}};
    crypto::SystemRandom random;
    const SystemClock clock;
    const tls::Scan found = require(tls::scan(target, server_name, clock, random));
    const bool any =
        found.ssl2 == tls::Answer::accepted || std::ranges::any_of(found.versions, [](const tls::ScannedVersion& v) {
            return v.answer == tls::Answer::accepted;
        });
    const std::vector<std::string> weak = weaknesses(found, clock.now());
    if (form.json) fmt::print("{}\n", to_json(found, weak, policies).dump(2));
    else print_text(found, weak, policies);
    if (!any) throw CommandFailed{to.text() + ": no version of TLS was agreed on"};
}

}  // namespace

void add_tls_scan_command(CLI::App& tls_app) {
    const auto form = std::make_shared<Form>();
    CLI::App* const command =
        tls_app.add_subcommand("scan",
                               "Try what an endpoint accepts: versions, suites, groups, signatures, certificate, "
                               "renegotiation; and which policy fits it");
    command->add_option("HOST:PORT", form->where)->required();
    command->add_option("--server-name", form->server_name, "The name to ask for; HOST when it is a name");
    command->add_option("--timeout", form->timeout, "Seconds for each connection")
        ->check(CLI::Range(1, 300))
        ->capture_default_str();
    command->add_option("--policy", form->policies, "A policy file to try besides the dated ones; may be given again");
    command->add_flag("--json", form->json, "As JSON");
    command->callback([form] { scan_endpoint(*form); });
}

}  // namespace safeq::daemon
