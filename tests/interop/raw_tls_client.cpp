// SPDX-License-Identifier: Apache-2.0
// A TLS 1.3 client that keeps no rules, against a real listener on loopback: it sends a request without having proved
// anything. Prints one line: what was asked of it, and what the listener gave.
//
//     raw_tls_client PORT rules|application-keys|handshake-keys|clear|finished-only|no-certificate PATH
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

#include "support/raw_tls_client.hpp"

using namespace safeq;
using test::RawClient;

namespace {

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "raw_tls_client: %s\n", what);
    std::exit(2);
}

class Connection {
public:
    explicit Connection(std::uint16_t port) {
        const timeval patience{.tv_sec = 10, .tv_usec = 0};
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (socket_ < 0 || setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
            connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0)
            give_up("no connection");
    }
    ~Connection() { close(socket_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void send(ByteView bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;  // it has hung up already; what it said before is still to be read
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
    }

    // False once it is closed; gives up when nothing comes for long.
    bool receive(Bytes& out) {
        std::array<std::byte, 16'384> piece{};
        const ssize_t n = recv(socket_, piece.data(), piece.size(), 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) give_up("the listener neither answers nor hangs up");
        if (n <= 0) return false;
        out.insert(out.end(), piece.begin(), piece.begin() + n);
        return true;
    }

private:
    int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

RawClient greet(Connection& connection) {
    RawClient hello;
    connection.send(hello.hello());
    Bytes flight;
    while (connection.receive(flight)) {
        RawClient raw = hello;
        if (raw.read_flight(flight)) return raw;
    }
    give_up("the listener didn't greet back");
}

void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

Bytes flight_of(const RawClient& raw, std::string_view manner, ByteView request) {
    Bytes out;
    auto handshake = raw.handshake_writer();
    auto application = raw.application_writer();
    if (manner == "rules" || manner == "finished-only") {
        append(out, handshake.record(RawClient::handshake, raw.finished()));
        append(out, application.record(RawClient::application_data, request));
    } else if (manner == "no-certificate") {
        const Bytes nothing = from_hex("0b00000400000000").value();
        append(out, handshake.record(RawClient::handshake, nothing));
        append(out, handshake.record(RawClient::handshake, raw.finished(nothing)));
        append(out, application.record(RawClient::application_data, request));
    } else if (manner == "application-keys") {
        append(out, application.record(RawClient::application_data, request));
    } else if (manner == "handshake-keys") {
        append(out, handshake.record(RawClient::application_data, request));
    } else if (manner == "clear") {
        ByteWriter record;
        record.u8(RawClient::application_data).u16(0x0303).u16(static_cast<std::uint16_t>(request.size()));
        append(out, record.bytes(request).view());
    } else {
        give_up("no such manner");
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) give_up("usage: PORT MANNER PATH");
    Connection connection{static_cast<std::uint16_t>(std::atoi(argv[1]))};
    const RawClient raw = greet(connection);
    const std::string request =
        std::string{"GET "} + argv[3] + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    connection.send(flight_of(raw, argv[2], as_bytes(request)));

    Bytes wire;
    while (connection.receive(wire)) {
    }
    // An answer would come under the application keys; an alert may come under them or in the clear.
    std::string answer;
    auto reader = raw.application_reader();
    for (ByteView left = wire; left.size() >= 5;) {
        const std::size_t length =
            5 + (std::to_integer<std::size_t>(left[3]) << 8 | std::to_integer<std::size_t>(left[4]));
        if (length > left.size()) break;
        if (const auto opened = reader.open(left.first(length));
            opened && opened->second == RawClient::application_data)
            answer += as_text(opened->first);
        left = left.subspan(length);
    }
    std::printf("{\"asked\": %s, \"answered\": %zu, \"status\": \"%s\"}\n",
                raw.asked_for_certificate() ? "true" : "false", answer.size(),
                answer.substr(0, answer.find('\r')).c_str());
    return 0;
}
