// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>

#include <safeq/tls/scan.hpp>

#include "fixture.hpp"

namespace safeq::test {

/// Answers each greeting by a function: the bytes to say, nothing for the end of the connection, an error for silence.
/// Ends the connection when anything else is said.
class Scripted final : public tls::ScanTarget {
public:
    using Script = std::function<Result<Bytes>(ByteView)>;
    explicit Scripted(Script script) : script_{std::move(script)} {}

    std::size_t connections = 0, most = 10'000;

    Result<std::unique_ptr<tls::ScanLink>> connect() override {
        if (++connections > most) return fail(Errc::unavailable, "endpoint", "connection refused");
        return std::make_unique<Link>(*this);
    }

private:
    class Link final : public tls::ScanLink {
    public:
        explicit Link(Scripted& target) : target_{target} {}
        Result<void> send(ByteView bytes) override {
            said_ = std::exchange(greeted_, true) ? Bytes{} : target_.script_(bytes);
            return {};
        }
        Result<Bytes> receive() override { return std::exchange(said_, Bytes{}); }

    private:
        Scripted& target_;
        Result<Bytes> said_ = Bytes{};
        bool greeted_ = false;
    };
    Script script_;
};

/// One of our own servers for each connection.
class Ours final : public tls::ScanTarget {
public:
    Ours(World& world, tls::ServerConfig config) : world_{world}, config_{std::move(config)} {}

    std::size_t connections = 0;

    Result<std::unique_ptr<tls::ScanLink>> connect() override {
        ++connections;
        return std::make_unique<Link>(world_.server(config_));
    }

private:
    class Link final : public tls::ScanLink {
    public:
        explicit Link(tls::Session session) : session_{std::move(session)} {}
        Result<void> send(ByteView bytes) override {
            static_cast<void>(session_.received(bytes));
            CHECK(session_.plaintext().empty());
            return {};
        }
        Result<Bytes> receive() override {
            Bytes out;
            session_.take_outgoing(out);
            return out;
        }

    private:
        tls::Session session_;
    };
    World& world_;
    tls::ServerConfig config_;
};

[[nodiscard]] inline tls::Scan scan_ours(World& world, const tls::Policy& policy, tls::KeyKind kind,
                                         tls::ClientAuth auth = tls::ClientAuth::none) {
    Ours target{world,
                {.policy = &policy,
                 .credentials = World::credentials(world.issue(tls::Purpose::server, kind)),
                 .client_auth = auth,
                 .client_anchors = auth == tls::ClientAuth::required ? world.anchors() : nullptr}};
    tls::Scan found = must(tls::scan(target, "print.example", world.clock, world.random));
    CHECK(found.connections == target.connections);
    return found;
}

[[nodiscard]] inline tls::Scan scan_script(Scripted::Script script) {
    World world;
    Scripted target{std::move(script)};
    return must(tls::scan(target, "", world.clock, world.random));
}

[[nodiscard]] inline std::vector<std::uint16_t> sorted(std::vector<std::uint16_t> codes) {
    std::ranges::sort(codes);
    return codes;
}

[[nodiscard]] inline std::vector<std::string> fitting(const tls::Scan& found) {
    std::vector<std::string> names;
    for (const tls::Policy* const policy : tls::all_policies())
        if (fit(found, *policy).fits) names.emplace_back(policy->name());
    return names;
}

[[nodiscard]] inline bool has(const std::vector<std::string>& sentences, std::string_view part) {
    return std::ranges::any_of(sentences, [&](const std::string& s) { return s.contains(part); });
}

[[nodiscard]] inline std::uint16_t offered_version(ByteView hello) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(hello[9]) << 8 | std::to_integer<unsigned>(hello[10]));
}

[[nodiscard]] inline bool offers_tls13(ByteView hello) {
    return to_hex(hello).contains("002b0003020304") || to_hex(hello).contains("002b00050403040303");
}

/// What is in a greeting for TLS 1.2.
struct Offer {
    std::vector<std::uint16_t> suites, schemes;

    explicit Offer(ByteView hello) {
        ByteReader in{hello.subspan(5 + 4 + 2 + 32)};
        static_cast<void>(must(in.take(must(in.u8("")), "")));
        suites = codes(in);
        static_cast<void>(must(in.take(must(in.u8("")), "")));
        static_cast<void>(must(in.u16("")));
        while (!in.done()) {
            const std::uint16_t type = must(in.u16(""));
            ByteReader content{must(in.take(must(in.u16("")), ""))};
            if (type == 13) schemes = codes(content);
        }
    }

private:
    static std::vector<std::uint16_t> codes(ByteReader& in) {
        std::vector<std::uint16_t> out;
        ByteReader list{must(in.take(must(in.u16("")), ""))};
        while (!list.done()) out.push_back(must(list.u16("")));
        return out;
    }
};

[[nodiscard]] inline bool holds(const std::vector<std::uint16_t>& codes, std::uint16_t code) {
    return std::ranges::find(codes, code) != codes.end();
}

}  // namespace safeq::test
