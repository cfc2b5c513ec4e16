// SPDX-License-Identifier: Apache-2.0
// A server of ours on loopback that keeps one dated policy, exception-only ones too, which no daemon would take for
// everybody. Says a page to whoever asks by HTTP.
//
//     tls_listener POLICY ecdsa|rsa
//
// Prints the port, the pin of its certificate, and "ready".
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <safeq/crypto/random.hpp>
#include <safeq/tls/authority.hpp>
#include <safeq/tls/session.hpp>

using namespace safeq;
using namespace std::chrono_literals;

namespace {

template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    std::fprintf(stderr, "tls_listener: %s\n", result.error().message().c_str());
    std::exit(2);
}

void serve(int fd, const std::shared_ptr<const tls::ServerContext>& context) {
    static const SystemClock clock;
    static crypto::SystemRandom random;
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    tls::Session session = must(tls::Session::server(context, clock, random));
    std::array<std::byte, 16'384> piece{};
    Bytes out;
    for (bool open = true; open;) {
        const ssize_t n = recv(fd, piece.data(), piece.size(), 0);
        if (n <= 0) break;
        open = session.received(ByteView{piece}.first(static_cast<std::size_t>(n))).has_value();
        if (open && as_text(session.plaintext()).contains("\r\n\r\n")) {
            static constexpr std::string_view page =
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";
            open = session.send(as_bytes(page)).has_value() && session.close().has_value();
            session.consume(session.plaintext().size());
        }
        for (session.take_outgoing(out); !out.empty(); session.take_outgoing(out))
            if (send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) open = false;
        if (session.peer_closed()) open = false;
    }
    close(fd);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: tls_listener POLICY ecdsa|rsa\n");
        return 2;
    }
    crypto::SystemRandom random;
    const SystemClock clock;
    tls::Authority authority = must(tls::Authority::create(
        {.common_name = "Test authority", .lifetime = 24h * 30, .crl_lifetime = 24h * 30}, clock.now(), random));
    const tls::Issued issued = must(authority.issue(
        {.common_name = "localhost",
         .dns_names = {"localhost"},
         .ip_addresses = {"127.0.0.1"},
         .uris = {},
         .purpose = tls::Purpose::server,
         .lifetime = 24h * 30,
         .key_kind = std::string_view{argv[2]} == "rsa" ? tls::KeyKind::rsa_2048 : tls::KeyKind::ecdsa_p256},
        clock.now(), random));
    const tls::PolicyRef policy = must(tls::find_policy(argv[1]));
    const auto context = must(tls::ServerContext::create(
        {.policy = policy,
         .credentials = must(tls::Credentials::from_pem(tls::ChainPem{issued.certificate.pem()},
                                                        tls::KeyPem{as_text(issued.key_pem.expose())})),
         .leave = tls::ExceptionLeave::unsafe_for_anybody(policy)}));
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::perror("tls_listener");
        return 2;
    }
    std::printf("{\"port\": %u, \"pin\": \"%s\"}\nready\n", ntohs(address.sin_port),
                tls::Pin::of(issued.certificate).text().c_str());
    std::fflush(stdout);
    for (;;) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) std::thread{[fd, context] { serve(fd, context); }}.detach();
    }
}
