// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/request_proof.hpp>

#include "unit/token/typed_tokens.hpp"

using namespace safeq;
using namespace safeq::token;
using namespace safeq::token::test_support;

namespace {

struct Shown {
    World w;
    IssuedToken issued = w.issue();
    Verified<MobileTerminal> token = *w.verify(issued);
    RequestToSign request{.method = "POST", .target = "/v1/release?x=1", .body = crypto::sha256(as_bytes("{}"))};

    RequestProof proof(const crypto::SigningKey& key) {
        auto made = RequestProof::make(key, token->id, request, w.random);
        REQUIRE(made);
        return *made;
    }
    Result<void> check(const RequestProof& proof, const RequestToSign& of) { return proof.check(token, of, w.replays); }
};

}  // namespace

TEST_CASE("a request that the device signed is taken once", "[token]") {
    Shown s;
    const RequestProof proof = s.proof(s.w.phone);
    const auto parsed = RequestProof::parse(proof.text());
    REQUIRE(parsed);
    CHECK(parsed->text() == proof.text());
    CHECK(s.check(*parsed, s.request));
    CHECK(s.check(*parsed, s.request).error().code == Errc::duplicate);
    CHECK(s.check(s.proof(s.w.phone), s.request));
}

TEST_CASE("a proof is of one request, token and device", "[token]") {
    Shown s;
    const RequestProof proof = s.proof(s.w.phone);
    RequestToSign other = s.request;
    other.method = "GET";
    CHECK(s.check(proof, other).error().code == Errc::signature_invalid);
    other = s.request;
    other.target = "/v1/release?x=2";
    CHECK(s.check(proof, other).error().code == Errc::signature_invalid);
    other = s.request;
    other.method = "POST/";
    other.target = "v1/release?x=1";
    CHECK(s.check(proof, other).error().code == Errc::signature_invalid);
    other = s.request;
    other.body = crypto::sha256(as_bytes("[]"));
    CHECK(s.check(proof, other).error().code == Errc::signature_invalid);
    CHECK(s.check(s.proof(s.w.key), s.request).error().code == Errc::signature_invalid);

    const Verified<MobileTerminal> another = *s.w.verify(s.w.issue());
    CHECK(proof.check(another, s.request, s.w.replays).error().code == Errc::signature_invalid);
    // None of these spent the nonce.
    CHECK(s.w.replays.size() == 0);
    CHECK(s.check(proof, s.request));
}

TEST_CASE("every changed character of a proof is refused", "[token]") {
    Shown s;
    const std::string good = s.proof(s.w.phone).text();
    REQUIRE(good.size() == RequestProof::text_bytes);
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string text = good;
        text[at] = text[at] == 'A' ? 'B' : 'A';
        const auto proof = RequestProof::parse(text);
        if (proof) CHECK(s.check(*proof, s.request).error().code == Errc::signature_invalid);
    }
    CHECK(RequestProof::parse("").error().code == Errc::malformed);
    CHECK(RequestProof::parse(good + "A").error().code == Errc::malformed);
    CHECK(RequestProof::parse(std::string(107, '+')).error().code == Errc::malformed);
    CHECK(RequestProof::parse(std::string(106, 'A') + "B").error().code == Errc::not_canonical);
}

TEST_CASE("one token's holder can't fill the memory for nonces", "[token]") {
    Shown s;
    for (int i = 0; i < 10; ++i) REQUIRE(s.check(s.proof(s.w.phone), s.request));
    CHECK(s.check(s.proof(s.w.phone), s.request).error().code == Errc::too_many);
    CHECK(s.w.replays.size() == 10);
}

TEST_CASE("a request without method or target, or of huge ones, is neither signed nor taken", "[token]") {
    Shown s;
    const RequestProof proof = s.proof(s.w.phone);
    const std::string huge(9000, '/');
    for (const RequestToSign& bad :
         {RequestToSign{.method = "", .target = "/"}, RequestToSign{.method = "GET", .target = ""},
          RequestToSign{.method = huge, .target = "/"}, RequestToSign{.method = "GET", .target = huge}}) {
        CHECK(RequestProof::make(s.w.phone, s.token->id, bad, s.w.random).error().code == Errc::invalid_argument);
        CHECK(s.check(proof, bad).error().code == Errc::signature_invalid);
    }
}
