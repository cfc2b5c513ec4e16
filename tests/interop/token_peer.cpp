// SPDX-License-Identifier: Apache-2.0
// safeq's tokens as a peer for paseto_test.py and jwt_test.py: one request a line, its words apart by spaces, "-" for
// no bytes; one answer a line, "ok …" or "error CODE".
#include <charconv>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <safeq/crypto/random.hpp>
#include <safeq/token/issuer.hpp>
#include <safeq/token/jwt.hpp>
#include <safeq/token/paserk_password.hpp>
#include <safeq/token/verifier.hpp>

using namespace safeq;
using namespace safeq::token;

namespace {

using Words = std::vector<std::string>;
using Answer = Result<std::string>;

crypto::SystemRandom system_random;

Result<Bytes> bytes(const std::string& word) { return word == "-" ? Bytes{} : from_hex(word); }
std::string word(ByteView value) { return value.empty() ? "-" : to_hex(value); }
std::string shown(const crypto::Secret& secret) { return std::string{as_text(secret.expose())}; }

Result<Time> time_of(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return fail(Errc::malformed, "time");
    return Time{std::chrono::milliseconds{number}};
}

// sign SECRET MESSAGE FOOTER IMPLICIT
Answer sign(const Words& in) {
    SAFEQ_TRY(const auto key, parse_signing_key(in[0]));
    SAFEQ_TRY(const Bytes message, bytes(in[1]));
    SAFEQ_TRY(const Bytes footer, bytes(in[2]));
    SAFEQ_TRY(const Bytes implicit, bytes(in[3]));
    return sign_paseto(key, {message}, {footer}, {implicit});
}

// verify PUBLIC TOKEN IMPLICIT
Answer verify(const Words& in) {
    SAFEQ_TRY(const auto key, parse_verifying_key(in[0]));
    SAFEQ_TRY(const Paseto token, Paseto::parse(in[1], paseto_limits_2026));
    SAFEQ_TRY(const Bytes implicit, bytes(in[2]));
    SAFEQ_TRY(const Bytes message, verify_paseto(key, token, {implicit}));
    return word(message) + " " + word(token.unverified_footer());
}

// seal LOCAL MESSAGE FOOTER IMPLICIT
Answer seal(const Words& in) {
    SAFEQ_TRY(const auto key, parse_local_key(in[0]));
    SAFEQ_TRY(const Bytes message, bytes(in[1]));
    SAFEQ_TRY(const Bytes footer, bytes(in[2]));
    SAFEQ_TRY(const Bytes implicit, bytes(in[3]));
    return seal_paseto(key, system_random, {message}, {footer}, {implicit});
}

// open LOCAL TOKEN IMPLICIT
Answer open(const Words& in) {
    SAFEQ_TRY(const auto key, parse_local_key(in[0]));
    SAFEQ_TRY(const Paseto token, Paseto::parse(in[1], paseto_limits_2026));
    SAFEQ_TRY(const Bytes implicit, bytes(in[2]));
    SAFEQ_TRY(const crypto::Secret message, open_paseto(key, token, {implicit}));
    return word(message.expose()) + " " + word(token.unverified_footer());
}

// public SECRET
Answer public_of(const Words& in) {
    SAFEQ_TRY(const auto key, parse_signing_key(in[0]));
    return key_text(key.verifying_key());
}

// id KEY
Answer id(const Words& in) {
    if (const auto key = parse_local_key(in[0])) return KeyId::of(*key).text();
    if (const auto key = parse_signing_key(in[0])) return KeyId::of(*key).text();
    SAFEQ_TRY(const auto key, parse_verifying_key(in[0]));
    return KeyId::of(key).text();
}

// wrap UNDER LOCAL|SECRET, unwrap UNDER WRAPPED
Answer wrap(const Words& in) {
    SAFEQ_TRY(const Bytes under_bytes, bytes(in[0]));
    SAFEQ_TRY(const auto under, PaserkWrappingKey::from(under_bytes));
    if (const auto key = parse_local_key(in[1])) return WrappedKey::wrap(under, *key, system_random).text();
    SAFEQ_TRY(const auto key, parse_signing_key(in[1]));
    return WrappedKey::wrap(under, key, system_random).text();
}
Answer unwrap(const Words& in) {
    SAFEQ_TRY(const Bytes under_bytes, bytes(in[0]));
    SAFEQ_TRY(const auto under, PaserkWrappingKey::from(under_bytes));
    SAFEQ_TRY(const WrappedKey wrapped, WrappedKey::parse(in[1]));
    if (wrapped.kind() == WrappedKind::local) {
        SAFEQ_TRY(const LocalKey key, wrapped.unwrap_local(under));
        return shown(unsafe_key_text(key));
    }
    SAFEQ_TRY(const crypto::SigningKey key, wrapped.unwrap_signing(under));
    return shown(unsafe_key_text(key));
}

// wrap_pw PASSWORD LOCAL|SECRET (with the least costs), unwrap_pw PASSWORD WRAPPED
Answer wrap_pw(const Words& in) {
    SAFEQ_TRY(const Bytes password_bytes, bytes(in[0]));
    const auto password = crypto::Secret::copy_of(as_text(password_bytes));
    const auto text_of = [](const Result<PasswordWrappedKey>& wrapped) -> Answer {
        if (!wrapped) return std::unexpected{wrapped.error()};
        return wrapped->text();
    };
    const PasswordWrapCost cost = password_wrap_bounds_2026.least;
    if (const auto key = parse_local_key(in[1]))
        return text_of(PasswordWrappedKey::wrap(password, cost, *key, system_random));
    SAFEQ_TRY(const auto key, parse_signing_key(in[1]));
    return text_of(PasswordWrappedKey::wrap(password, cost, key, system_random));
}
Answer unwrap_pw(const Words& in) {
    SAFEQ_TRY(const Bytes password_bytes, bytes(in[0]));
    const auto password = crypto::Secret::copy_of(as_text(password_bytes));
    SAFEQ_TRY(const auto wrapped, PasswordWrappedKey::parse(in[1]));
    if (wrapped.kind() == WrappedKind::local) {
        SAFEQ_TRY(const LocalKey key, wrapped.unwrap_local(password, password_wrap_bounds_2026));
        return shown(unsafe_key_text(key));
    }
    SAFEQ_TRY(const crypto::SigningKey key, wrapped.unwrap_signing(password, password_wrap_bounds_2026));
    return shown(unsafe_key_text(key));
}

// issue SECRET TENANT SUBJECT AUDIENCE DEVICE-PUBLIC NOW
Answer issue(const Words& in) {
    SAFEQ_TRY(auto key, parse_signing_key(in[0]));
    SAFEQ_TRY(const TenantId tenant, TenantId::parse(in[1]));
    SAFEQ_TRY(const SubjectId subject, SubjectId::parse(in[2]));
    SAFEQ_TRY(const Audience audience, Audience::parse(in[3]));
    SAFEQ_TRY(const auto device, parse_verifying_key(in[4]));
    SAFEQ_TRY(const Time now, time_of(in[5]));
    const ManualClock clock{now};
    SigningKeys keys;
    SAFEQ_TRY_VOID(keys.add(std::move(key), KeyPeriod::of(now, std::chrono::hours{1}, MobileTerminal::rules)));
    SAFEQ_TRY(const IssuedToken issued, Issuer<MobileTerminal>(keys, clock, system_random)
                                            .issue({.tenant = tenant,
                                                    .subject = subject,
                                                    .audience = audience,
                                                    .device_key = device,
                                                    .lifetime = std::chrono::minutes{5}}));
    return shown(issued.text);
}

// check PUBLIC TENANT AUDIENCE DEVICE-PUBLIC NOW TOKEN
Answer check(const Words& in) {
    SAFEQ_TRY(const auto key, parse_verifying_key(in[0]));
    SAFEQ_TRY(const TenantId tenant, TenantId::parse(in[1]));
    SAFEQ_TRY(const Audience audience, Audience::parse(in[2]));
    SAFEQ_TRY(const auto device, parse_verifying_key(in[3]));
    SAFEQ_TRY(const Time now, time_of(in[4]));
    const ManualClock clock{now};
    VerifyingKeys keys;
    const auto period = KeyPeriod::of(now - std::chrono::hours{1}, std::chrono::hours{2}, MobileTerminal::rules);
    SAFEQ_TRY_VOID(keys.add(key, period));
    MemoryRevocationStore revoked{1};
    ClockGuard guard{clock};
    RevocationList revocations{revoked, guard, revocation_2026};
    MemoryReplayStore replays{replay_2026, guard};
    Verifier<MobileTerminal> verifier{keys, guard, revocations, replays};
    SAFEQ_TRY(const auto verified,
              verifier.verify(in[5], {.tenant = tenant, .audience = audience, .device_key = device}));
    SAFEQ_TRY(const std::string claims, verified->encode());
    return word(as_bytes(claims));
}

// jwt KEYS TOKEN
Answer jwt(const Words& in) {
    SAFEQ_TRY(const Bytes keys_json, from_hex(in[0]));
    SAFEQ_TRY(const JwkSet keys, JwkSet::parse(as_text(keys_json)));
    std::vector<crypto::ForeignScheme> all;
    for (const char* name : {"EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"})
        all.push_back(*jwt_scheme(name));
    SAFEQ_TRY(const VerifiedJwt verified, verify_jwt(in[1], keys, all));
    return word(as_bytes(verified.payload));
}

struct Request {
    std::size_t words;
    Answer (*answer)(const Words&);
};

const std::map<std::string, Request> requests{
    {"sign", {4, sign}},           {"verify", {3, verify}}, {"seal", {4, seal}},
    {"open", {3, open}},           {"id", {1, id}},         {"public", {1, public_of}},
    {"wrap", {2, wrap}},           {"unwrap", {2, unwrap}}, {"issue", {6, issue}},
    {"check", {6, check}},         {"jwt", {2, jwt}},       {"wrap_pw", {2, wrap_pw}},
    {"unwrap_pw", {2, unwrap_pw}},
};

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream in{line};
        std::string name;
        in >> name;
        Words words;
        for (std::string each; in >> each;) words.push_back(each);
        const auto request = requests.find(name);
        if (request == requests.end() || request->second.words != words.size()) {
            std::cout << "error usage" << std::endl;
            continue;
        }
        const Answer answer = request->second.answer(words);
        if (answer) std::cout << "ok " << *answer << std::endl;
        else std::cout << "error " << safeq::name(answer.error().code) << std::endl;
    }
}
