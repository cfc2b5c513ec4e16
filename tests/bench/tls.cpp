// SPDX-License-Identifier: Apache-2.0
// The TLS server on loopback, in a process of its own: handshakes and bytes by the processor time that they take there,
// against OpenSSL's server and against Botan's channel alone; memory of connections that wait.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <safeq/crypto/random.hpp>
#include <safeq/net/asio_compat.hpp>
#include <safeq/net/client_stream.hpp>
#include <safeq/net/http_client.hpp>
#include <safeq/net/http_server.hpp>
#include <safeq/tls/authority.hpp>
#include <safeq/tls/derive.hpp>
#include <safeq/tls/policy.hpp>

#include "bench/botan_channel.hpp"
#include "bench/figure.hpp"
#include "bench/must.hpp"
#include "bench/process.hpp"
#include "bench/scratch.hpp"

namespace safeq::bench {
namespace {

constexpr int pairs = 5;
constexpr int handshakes = 500;
constexpr int waiting_connections = 5000;
constexpr std::uint64_t bulk_bytes = std::uint64_t{512} << 20;
constexpr double mib = 1048576.0;
constexpr auto patience = std::chrono::seconds{60};

class World {
public:
    SystemClock clock;
    crypto::SystemRandom random;
    tls::Issued issued = [&] {
        const auto authority = must(tls::Authority::create(
            {.common_name = "bench", .lifetime = std::chrono::days{2}, .crl_lifetime = std::chrono::days{2}},
            clock.now(), random));
        return must(authority.issue({.common_name = "bench",
                                     .dns_names = {"localhost"},
                                     .purpose = tls::Purpose::server,
                                     .lifetime = std::chrono::days{1}},
                                    clock.now(), random));
    }();
    std::shared_ptr<const tls::ServerContext> server =
        must(tls::ServerContext::create({.policy = &tls::modern_2026,
                                         .credentials = must(tls::Credentials::from_pem(
                                             {issued.certificate.pem()}, {as_text(issued.key_pem.expose())}))}));

    [[nodiscard]] std::shared_ptr<const tls::ClientContext> client(tls::PolicyRef policy = &tls::modern_2026) const {
        return must(tls::ClientContext::create(
            {.policy = std::move(policy), .server_name = "localhost", .check = tls::Pin::of(issued.certificate)}));
    }

    std::unique_ptr<net::ClientStream> connect(unsigned short port,
                                               const std::shared_ptr<const tls::ClientContext>& context) {
        for (int attempt = 0; attempt < 200; ++attempt) {
            auto stream = net::ClientStream::connect({"127.0.0.1", port}, context, clock, random,
                                                     {.io_timeout = std::chrono::seconds{60}});
            if (stream) return *std::move(stream);
            if (stream.error().code != Errc::unavailable) must(Result<void>{std::unexpected(stream.error())});
            std::this_thread::sleep_for(std::chrono::milliseconds{25});
        }
        std::exit(1);
    }
};

/// Only what hybrid key exchange costs differs from the policy.
tls::PolicyRef without_hybrids() {
    tls::Derivation own{tls::modern_2026};
    must(own.set_name("bench-classical"));
    for (const tls::Group& group : tls::modern_2026.groups())
        if (group.post_quantum) must(own.remove_group(group.name));
    return must(own.finish());
}

// ───── our server ─────

constexpr std::byte wants_bytes{'S'};
constexpr std::byte gives_bytes{'R'};

asio::awaitable<void> serve_one(asio::generic::stream_protocol::socket socket, World& world) {
    auto accepted = co_await net::Stream::accept(std::move(socket), world.server, world.clock, world.random, patience);
    if (!accepted) co_return;
    net::Stream& stream = **accepted;
    auto first = co_await stream.read(patience);
    if (first && !first->empty()) {
        if (first->front() == wants_bytes) {
            const Bytes piece(64 * 1024, std::byte{0x33});
            for (std::uint64_t sent = 0; sent < bulk_bytes; sent += piece.size()) {
                const auto done = co_await stream.write(piece, patience);
                if (!done) co_return;
            }
        } else {
            while (first && !first->empty()) {
                stream.consume(first->size());
                first = co_await stream.read(patience);
            }
        }
    }
    co_await stream.close();
}

// What the kernel takes of sending: the same pieces, not encrypted.
asio::awaitable<void> send_plain(asio::generic::stream_protocol::socket socket) {
    const auto stream = net::Stream::plain(std::move(socket));
    const auto first = co_await stream->read(patience);
    const Bytes piece(64 * 1024, std::byte{0x33});
    for (std::uint64_t sent = 0; first && sent < bulk_bytes; sent += piece.size()) {
        const auto done = co_await stream->write(piece, patience);
        if (!done) co_return;
    }
    co_await stream->close();
}

asio::awaitable<void> serve(asio::ip::tcp::acceptor& acceptor, World& world, bool plain) {
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        socket.set_option(asio::ip::tcp::no_delay{true});
        asio::co_spawn(acceptor.get_executor(),
                       plain ? send_plain(std::move(socket)) : serve_one(std::move(socket), world), asio::detached);
    }
}

void serve_streams(World& world, unsigned short port, bool plain = false) {
    asio::io_context io{1};
    asio::ip::tcp::acceptor acceptor{io, {asio::ip::make_address("127.0.0.1"), port}};
    asio::co_spawn(io, serve(acceptor, world, plain), asio::detached);
    io.run();
}

// ───── OpenSSL's ─────

void serve_openssl(const Scratch& scratch, unsigned short port, const std::vector<std::string>& more) {
    const std::string certificate = (scratch.path() / "server.pem").string();
    const std::string key = (scratch.path() / "server.key").string();
    const std::string where = fmt::format("127.0.0.1:{}", port);
    std::vector<const char*> line{"openssl", "s_server",  "-accept", where.c_str(),  "-cert", certificate.c_str(),
                                  "-key",    key.c_str(), "-tls1_3", "-num_tickets", "0",     "-groups",
                                  "X25519"};
    for (const std::string& word : more) line.push_back(word.c_str());
    line.push_back(nullptr);
    if (chdir(scratch.path().c_str()) != 0) _exit(1);
    // It hangs up when its input ends.
    int silent[2];
    if (pipe(silent) != 0) _exit(1);
    const int nothing = open("/dev/null", O_RDWR);
    dup2(silent[0], 0);
    dup2(nothing, 1);
    dup2(nothing, 2);
    execvp("openssl", const_cast<char**>(line.data()));
    _exit(1);
}

void write_file(const std::filesystem::path& path, ByteView bytes) {
    std::ofstream{path, std::ios::binary} << as_text(bytes);
}

void write_credentials(const World& world, const Scratch& scratch) {
    write_file(scratch.path() / "server.pem", as_bytes(world.issued.certificate.pem()));
    write_file(scratch.path() / "server.key", world.issued.key_pem.expose());
}

// ───── figures ─────

std::vector<Figure> handshake() {
    World world;
    const Scratch scratch;
    write_credentials(world, scratch);
    const unsigned short our_port = free_port();
    const Process ours{[&] { serve_streams(world, our_port); }};
    const unsigned short their_port = free_port();
    const Process theirs{[&] { serve_openssl(scratch, their_port, {"-quiet"}); }};
    const auto hybrid = world.client();
    const auto classical = world.client(without_hybrids());
    const auto rate = [&](const Process& server, unsigned short port, const auto& context) {
        world.connect(port, context)->close();
        const double before = server.cpu_seconds();
        for (int i = 0; i < handshakes; ++i) world.connect(port, context)->close();
        return handshakes / (server.cpu_seconds() - before);
    };
    const Pair with = median_of_pairs(
        pairs, [&] { return rate(ours, our_port, hybrid); }, [&] { return rate(theirs, their_port, classical); });
    const Pair without = median_of_pairs(
        pairs, [&] { return rate(ours, our_port, classical); }, [&] { return rate(theirs, their_port, classical); });
    const std::string unit = "1/cpu s";
    return {{.name = "tls.handshake",
             .ours = with.ours,
             .unit = unit,
             .against = "openssl s_server, TLS 1.3, P-256, X25519 (ours: X25519MLKEM768)",
             .theirs = with.theirs},
            {.name = "tls.handshake.x25519",
             .ours = without.ours,
             .unit = unit,
             .against = "openssl s_server, TLS 1.3, P-256, X25519 (ours: the same)",
             .theirs = without.theirs}};
}

double push(World& world, const Process& server, unsigned short port,
            const std::shared_ptr<const tls::ClientContext>& context) {
    const Bytes piece(64 * 1024, gives_bytes);
    const auto stream = world.connect(port, context);
    const double before = server.cpu_seconds();
    for (std::uint64_t sent = 0; sent < bulk_bytes; sent += piece.size()) must(stream->write(piece));
    stream->close();
    // The last bytes are still being worked on.
    double now = server.cpu_seconds();
    for (double last = -1; last != now;) {
        last = now;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        now = server.cpu_seconds();
    }
    return bulk_bytes / mib / (now - before);
}

double pull(World& world, const Process& server, unsigned short port,
            const std::shared_ptr<const tls::ClientContext>& context, ByteView request) {
    const auto stream = world.connect(port, context);
    const double before = server.cpu_seconds();
    must(stream->write(request));
    for (std::uint64_t had = 0; had < bulk_bytes;) {
        const ByteView bytes = must(stream->read());
        if (bytes.empty()) std::exit(1);
        had += bytes.size();
        stream->consume(bytes.size());
    }
    return bulk_bytes / mib / (server.cpu_seconds() - before);
}

double pull_plain(const Process& server, unsigned short port) {
    asio::io_context io;
    asio::ip::tcp::socket socket{io};
    for (asio::error_code error = asio::error::connection_refused; error;) {
        socket.connect({asio::ip::make_address("127.0.0.1"), port}, error);
        if (error) std::this_thread::sleep_for(std::chrono::milliseconds{25});
    }
    const double before = server.cpu_seconds();
    Bytes into(256 * 1024);
    asio::write(socket, asio::buffer(into, 1));
    for (std::uint64_t had = 0; had < bulk_bytes;) had += socket.read_some(asio::buffer(into));
    return bulk_bytes / mib / (server.cpu_seconds() - before);
}

std::vector<Figure> plain_send() {
    World world;
    const unsigned short port = free_port();
    const Process server{[&] { serve_streams(world, port, true); }};
    std::vector<double> samples;
    for (int i = 0; i < pairs; ++i) samples.push_back(pull_plain(server, port));
    return {{.name = "tls.send.plain", .ours = quantile(samples, 0.5), .unit = "MiB/cpu s"}};
}

std::vector<Figure> bulk(bool receiving) {
    World world;
    const Scratch scratch;
    write_credentials(world, scratch);
    const unsigned short our_port = free_port();
    const Process ours{[&] { serve_streams(world, our_port); }};
    const unsigned short their_port = free_port();
    if (!receiving) {
        const Bytes piece(1 << 20, std::byte{0x33});
        std::ofstream file{scratch.path() / "bulk", std::ios::binary};
        for (std::uint64_t at = 0; at < bulk_bytes; at += piece.size()) file << as_text(piece);
    }
    const Process openssl{[&] { serve_openssl(scratch, their_port, {receiving ? "-quiet" : "-WWW"}); }};
    const auto context = world.client();
    const auto classical = world.client(without_hybrids());
    BotanChannel channel{as_text(world.issued.key_pem.expose()), world.issued.certificate.pem()};
    const Bytes ask{wants_bytes};
    const auto measure_ours = [&] {
        return receiving ? push(world, ours, our_port, context) : pull(world, ours, our_port, context, ask);
    };
    const Pair alone = median_of_pairs(pairs, measure_ours, [&] {
        return (receiving ? channel.receive(bulk_bytes) : channel.send(bulk_bytes)) / mib;
    });
    const Pair beside = median_of_pairs(pairs, measure_ours, [&] {
        return receiving ? push(world, openssl, their_port, classical)
                         : pull(world, openssl, their_port, classical, as_bytes("GET /bulk HTTP/1.0\r\n\r\n"));
    });
    const std::string name = receiving ? "tls.receive" : "tls.send";
    return {{.name = name,
             .ours = alone.ours,
             .unit = "MiB/cpu s",
             .against = "Botan's channel in memory, no socket",
             .theirs = alone.theirs},
            {.name = name + ".openssl",
             .ours = beside.ours,
             .unit = "MiB/cpu s",
             .against = "openssl s_server",
             .theirs = beside.theirs}};
}

asio::awaitable<net::HttpResponse> answer(const http::RequestHead&, net::BodyReader&, const net::PeerInfo&) {
    co_return net::HttpResponse{.status = 204, .headers = {}, .body = {}};
}

std::vector<Figure> idle() {
    const rlimit many{.rlim_cur = waiting_connections + 200, .rlim_max = waiting_connections + 200};
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    if (before.rlim_cur < many.rlim_cur && setrlimit(RLIMIT_NOFILE, &many) != 0) {
        fmt::print(stderr, "benchmark: tls.idle needs {} open files\n", many.rlim_cur);
        std::exit(1);
    }
    World world;
    const unsigned short port = free_port();
    const Process server{[&] {
        asio::io_context io{1};
        net::HttpServer listener{io,
                                 {.tls = world.server, .handler = answer, .timeouts = {.idle = patience * 60}},
                                 world.clock,
                                 world.random};
        must(listener.listen(fmt::format("127.0.0.1:{}", port)));
        io.run();
    }};
    const auto context = world.client();
    // Each has sent a request and had its answer: what waits is what a terminal or a driver holds open.
    const auto used = [&] {
        auto stream = world.connect(port, context);
        must(stream->write(as_bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")));
        stream->consume(must(stream->read()).size());
        return stream;
    };
    std::vector<std::unique_ptr<net::ClientStream>> open;
    for (int i = 0; i < 50; ++i) open.push_back(used());
    const double first = server.resident_kib();
    for (int i = 0; i < waiting_connections; ++i) open.push_back(used());
    return {{.name = "tls.idle",
             .ours = (server.resident_kib() - first) / waiting_connections,
             .unit = "KiB",
             .against = "the limit: 48 KiB a connection, 5,000 open",
             .theirs = 48,
             .higher_is_better = false}};
}

}  // namespace

std::vector<Benchmark> tls_benchmarks() {
    return {{"tls.handshake", handshake},
            {"tls.receive", [] { return bulk(true); }},
            {"tls.send", [] { return bulk(false); }},
            {"tls.send.plain", plain_send},
            {"tls.idle", idle}};
}

}  // namespace safeq::bench
