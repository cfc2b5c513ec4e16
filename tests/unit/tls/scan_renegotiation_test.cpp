// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <utility>

#include <botan/tls_callbacks.h>
#include <botan/tls_policy.h>
#include <botan/tls_server.h>
#include <botan/tls_session_manager_noop.h>

#include <safeq/tls/derive.hpp>
#include <safeq/tls/scan.hpp>

#include "hello_bytes.hpp"
#include "scan_target.hpp"
#include "tls/backend.hpp"
#include "tls/policy_adapter.hpp"
#include "tls/scan_handshake.hpp"

using namespace safeq;
using namespace safeq::test;
using tls::Answer;
using tls::Scan;
using tls::ScannedRenegotiation;

namespace {

constexpr std::uint16_t suites[]{0xc02b, 0xc02f, 0x002f};

// The backend's own server, told to let clients renegotiate, as ours can't be.
class Permissive final : public tls::ScanTarget {
public:
    explicit Permissive(World& world) : world_{world} {}

    Result<std::unique_ptr<tls::ScanLink>> connect() override { return std::make_unique<Link>(world_, *this); }

    std::size_t finished = 0;  // handshakes

private:
    class Rules final : public Botan::TLS::Policy {
    public:
        bool allow_tls12() const override { return true; }
        bool allow_tls13() const override { return false; }
        bool allow_client_initiated_renegotiation() const override { return true; }
        bool require_cert_revocation_info() const override { return false; }
    };

    class Ear final : public Botan::TLS::Callbacks {
    public:
        explicit Ear(std::size_t& finished) : finished_{finished} {}
        Bytes outgoing;
        void tls_emit_data(std::span<const std::uint8_t> data) override {
            const ByteView bytes = std::as_bytes(data);
            outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
        }
        void tls_record_received(std::uint64_t, std::span<const std::uint8_t>) override { FAIL("data was sent"); }
        void tls_alert(Botan::TLS::Alert) override {}
        void tls_session_activated() override { ++finished_; }

    private:
        std::size_t& finished_;
    };

    class Link final : public tls::ScanLink {
    public:
        Link(World& world, Permissive& target)
            : ear_{std::make_shared<Ear>(target.finished)},
              server_{ear_, std::make_shared<Botan::TLS::Session_Manager_Noop>(),
                      std::make_shared<tls::CredentialsAdapter>(World::credentials(world.issue(tls::Purpose::server)),
                                                                nullptr),
                      std::make_shared<Rules>(), std::make_shared<tls::RandomAdapter>(world.random)} {}
        Result<void> send(ByteView bytes) override {
            try {
                server_.received_data(crypto::to_botan(bytes));
            } catch (const std::exception&) {
                return {};  // its alert is among what it says
            }
            return {};
        }
        Result<Bytes> receive() override { return std::exchange(ear_->outgoing, {}); }

    private:
        std::shared_ptr<Ear> ear_;
        Botan::TLS::Server server_;
    };

    World& world_;
};

// A server of ours that keeps the rules until the first handshake is done; what is said after that is answered by a
// function, which is asked again and again.
class Turncoat final : public tls::ScanLink {
public:
    using Turn = std::function<Result<Bytes>(tls::Session&)>;
    Turncoat(World& world, Turn turn, tls::ClientAuth auth = tls::ClientAuth::none)
        : session_{world.server({.policy = &tls::intermediate_2026,
                                 .credentials = World::credentials(world.issue(tls::Purpose::server)),
                                 .client_auth = auth,
                                 .client_anchors = auth == tls::ClientAuth::required ? world.anchors() : nullptr})},
          turn_{std::move(turn)} {}

    std::size_t received = 0, said = 0;
    bool deaf = false;  // takes nothing more once the handshake is done

    Result<void> send(ByteView bytes) override {
        if (turned_ || session_.established()) {
            turned_ = true;
            said += bytes.size();
            if (deaf) return fail(Errc::connection_closed, "connection", "reset");
            return {};
        }
        static_cast<void>(session_.received(bytes));
        CHECK(session_.plaintext().empty());
        return {};
    }
    Result<Bytes> receive() override {
        Result<Bytes> out = Bytes{};
        if (turned_ || (session_.established() && session_.outgoing().empty())) out = turn_(session_);
        else session_.take_outgoing(*out);
        if (out) received += out->size();
        return out;
    }

private:
    tls::Session session_;
    Turn turn_;
    bool turned_ = false;
};

ScannedRenegotiation tried(World& world, tls::ScanLink& link) {
    return must(tls::renegotiation_in_tls12(link, "print.example", suites, world.clock, world.random));
}

ScannedRenegotiation tried(World& world, Turncoat::Turn turn) {
    Turncoat link{world, std::move(turn)};
    return tried(world, link);
}

Result<Bytes> silence() { return fail(Errc::timed_out, "endpoint"); }

}  // namespace

TEST_CASE("an endpoint that lets clients renegotiate is found out", "[tls][scan]") {
    World world;
    Permissive target{world};
    const Scan found = must(tls::scan(target, "print.example", world.clock, world.random));
    CHECK(found.renegotiation.answer == Answer::accepted);
    CHECK(found.renegotiation.not_tried.empty());
    CHECK(found.secure_renegotiation == true);
    CHECK(target.finished == 1);  // the second is not carried on
    CHECK(has(weaknesses(found, world.clock.now()), "lets clients renegotiate"));
    CHECK(fit(found, tls::intermediate_2026).fits);
}

TEST_CASE("our own servers refuse to renegotiate", "[tls][scan]") {
    World world;
    for (const tls::KeyKind kind : {tls::KeyKind::ecdsa_p256, tls::KeyKind::rsa_3072}) {
        const Scan found = scan_ours(world, tls::intermediate_2026, kind);
        CHECK(found.renegotiation.answer == Answer::refused);
        CHECK_FALSE(has(weaknesses(found, world.clock.now()), "renegotiat"));
    }
}

TEST_CASE("why a renegotiation was not tried is told", "[tls][scan]") {
    World world;
    const Scan modern = scan_ours(world, tls::modern_2026, tls::KeyKind::ecdsa_p256);
    CHECK_FALSE(modern.renegotiation.answer);
    CHECK(modern.renegotiation.not_tried == "no TLS 1.2");
    CHECK_FALSE(has(weaknesses(modern, world.clock.now()), "renegotiat"));
    const Scan mutual = scan_ours(world, tls::intermediate_2026, tls::KeyKind::ecdsa_p256, tls::ClientAuth::required);
    CHECK_FALSE(mutual.renegotiation.answer);
    CHECK(mutual.renegotiation.not_tried.starts_with("the first handshake ended with the alert "));
    // Nothing is connected to for the sake of a handshake that can't be.
    const Scan rc4 = scan_script([](ByteView hello) -> Result<Bytes> {
        if (offered_version(hello) != 0x0303 || offers_tls13(hello)) return alert(2, 70);
        if (!holds(Offer{hello}.suites, 0x0005)) return alert(2, 40);
        return record(22, join({server_hello({.suite = 0x0005}), certificate(), done()}));
    });
    CHECK(rc4.renegotiation.not_tried == "no suite that we can finish a handshake with");
    const tls::ScannedVersion unsigned_only{.code = 0x0303,
                                            .answer = Answer::accepted,
                                            .suites = {0x0005, 0xc02b, 0x002f, 0x003b},
                                            .schemes = {0x0203},
                                            .static_rsa_schemes = {0x0401}};
    CHECK(tls::spoken_suites(unsigned_only) == std::vector<std::uint16_t>{0x002f});
    const tls::ScannedVersion signed_only{
        .code = 0x0303, .answer = Answer::accepted, .suites = {0x0033, 0xc02b, 0x1301, 0x002f}, .schemes = {0x0403}};
    CHECK(tls::spoken_suites(signed_only) == std::vector<std::uint16_t>{0x0033, 0xc02b});
}

TEST_CASE("the first handshake may come to nothing", "[tls][scan][hostile]") {
    World world;
    struct Mute final : tls::ScanLink {
        std::function<Result<Bytes>()> say;
        std::size_t asked = 0;
        explicit Mute(std::function<Result<Bytes>()> s) : say{std::move(s)} {}
        Result<void> send(ByteView) override { return {}; }
        Result<Bytes> receive() override {
            ++asked;
            return say();
        }
    };
    const auto why = [&](std::function<Result<Bytes>()> say) {
        Mute link{std::move(say)};
        const ScannedRenegotiation came = tried(world, link);
        CHECK_FALSE(came.answer);
        CHECK(link.asked < 30'000);
        return came.not_tried;
    };
    CHECK(why(silence) == "the first handshake took too long");
    CHECK(why([] { return Result<Bytes>{Bytes{}}; }) == "the first handshake failed");
    CHECK(why([] { return Result<Bytes>{alert(2, 40)}; }) ==
          "the first handshake ended with the alert handshake_failure");
    CHECK(why([] { return Result<Bytes>{alert(2, 250)}; }).starts_with("the first handshake ended with the alert "));
    CHECK(why([] { return Result<Bytes>{to_bytes("HTTP/1.1 400 Bad Request\r\n\r\n")}; }) ==
          "the first handshake failed");
    CHECK(why([] {
              return Result<Bytes>{record(22, join({server_hello({.suite = 0x002f}), certificate(), done()}))};
          }) == "the first handshake failed");
    // Warnings without end.
    CHECK(why([] { return Result<Bytes>{alert(1, 112)}; }) == "the first handshake failed");
}

TEST_CASE("a second handshake may be answered by anything", "[tls][scan][hostile]") {
    World world;
    const auto no_answer = [](tls::Session&) { return silence(); };
    CHECK(tried(world, no_answer).answer == Answer::silent);
    CHECK(tried(world, [](tls::Session&) -> Result<Bytes> { return Bytes{}; }).answer == Answer::refused);
    CHECK(tried(world, [](tls::Session&) -> Result<Bytes> {
              return fail(Errc::connection_closed, "endpoint");
          }).answer == Answer::refused);
    CHECK(tried(world, [](tls::Session&) -> Result<Bytes> {
              return to_bytes("HTTP/1.1 400 Bad Request\r\n");
          }).answer == Answer::garbled);
    // A ServerHello in the clear, where keys are in use, is none.
    CHECK(tried(world, [](tls::Session&) -> Result<Bytes> {
              return record(22, join({server_hello({}), certificate(), done()}));
          }).answer == Answer::garbled);
    CHECK(tried(world, [](tls::Session&) -> Result<Bytes> { return alert(2, 100); }).answer == Answer::garbled);
    // It says good-bye under keys.
    CHECK(tried(world, [](tls::Session& session) -> Result<Bytes> {
              must(session.close());
              Bytes out;
              session.take_outgoing(out);
              return out;
          }).answer == Answer::refused);
    // It drips the head of a record, until the connection has had its time.
    std::size_t dripped = 0;
    const Bytes head = from_hex("1603034000").value();
    CHECK(tried(world, [&](tls::Session&) -> Result<Bytes> {
              if (dripped < head.size()) return Bytes{head[dripped++]};
              if (dripped++ < 1000) return Bytes{std::byte{0}};
              return silence();
          }).answer == Answer::silent);
    CHECK(dripped > 1000);

    Turncoat reset{world, no_answer};
    reset.deaf = true;
    CHECK(tried(world, reset).answer == Answer::refused);
}

TEST_CASE("a renegotiation has a budget of bytes", "[tls][scan][hostile]") {
    World world;
    // Sound data without end, of which nobody asked.
    Turncoat talker{world, [](tls::Session& session) -> Result<Bytes> {
                        must(session.send(Bytes(8 * 1024)));
                        Bytes out;
                        session.take_outgoing(out);
                        return out;
                    }};
    CHECK(tried(world, talker).answer == Answer::garbled);
    CHECK(talker.received <= 128 * 1024 + 9 * 1024);
}

TEST_CASE("a listener that asks for a certificate gets none", "[tls][scan][hostile]") {
    World world;
    Turncoat mutual{world, [](tls::Session&) { return silence(); }, tls::ClientAuth::required};
    const ScannedRenegotiation came = tried(world, mutual);
    CHECK_FALSE(came.answer);
    CHECK(mutual.said == 0);
}
