// SPDX-License-Identifier: Apache-2.0
// safeq's sealed credentials as a peer for credential_test.py: one request a line, its words apart by spaces, "-" for
// no bytes; one answer a line, "ok …" or "error CODE".
#include <algorithm>
#include <charconv>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <safeq/auth/sealed_credential.hpp>
#include <safeq/crypto/random.hpp>

using namespace safeq;
using namespace safeq::auth;

namespace {

using Words = std::vector<std::string>;
using Answer = Result<std::string>;

crypto::SystemRandom system_random;
SystemClock system_clock;
CredentialOpener opener{crypto::XwingPrivateKey::generate(system_random), "safeq-release/sign-in", nonces_2026,
                        system_clock};

Result<Bytes> bytes(const std::string& word) { return word == "-" ? Bytes{} : from_hex(word); }
Result<std::string> text(const std::string& word) {
    SAFEQ_TRY(const Bytes decoded, bytes(word));
    return std::string{as_text(decoded)};
}

// TENANT device|listener PLACE FACTOR USER ADDRESS AUDIENCE MADE NONCE
constexpr std::size_t context_words = 9;
Result<CredentialContext> context_of(const Words& in) {
    CredentialContext out{.tenant = {}, .place = DeviceId{}, .factor = FactorKind::password};
    SAFEQ_TRY(out.tenant, TenantId::parse(in[0]));
    if (in[1] == "device") {
        SAFEQ_TRY(out.place, DeviceId::parse(in[2]));
    } else {
        SAFEQ_TRY(out.place, InstanceId::parse(in[2]));
    }
    const auto factor = std::ranges::find(all_factor_kinds, in[3], [](FactorKind kind) { return name(kind); });
    if (factor == all_factor_kinds.end()) return fail(Errc::malformed, "factor");
    out.factor = *factor;
    SAFEQ_TRY(out.user, text(in[4]));
    SAFEQ_TRY(out.address, text(in[5]));
    SAFEQ_TRY(out.audience, text(in[6]));
    std::int64_t made = 0;
    if (std::from_chars(in[7].data(), in[7].data() + in[7].size(), made).ec != std::errc{})
        return fail(Errc::malformed, "made");
    out.made = Time{std::chrono::milliseconds{made}};
    SAFEQ_TRY(const Bytes nonce, bytes(in[8]));
    if (nonce.size() != out.nonce.size()) return fail(Errc::malformed, "nonce");
    std::ranges::copy(nonce, out.nonce.begin());
    return out;
}

// open CONTEXT SEALED
Answer open(const Words& in) {
    SealedCredential sealed;
    SAFEQ_TRY(sealed.context, context_of(in));
    SAFEQ_TRY(const Bytes both, bytes(in[context_words]));
    if (both.size() < sealed.enc.size()) return fail(Errc::truncated, "sealed credential");
    const auto middle = both.begin() + static_cast<std::ptrdiff_t>(sealed.enc.size());
    std::copy(both.begin(), middle, sealed.enc.begin());
    sealed.ciphertext.assign(middle, both.end());
    SAFEQ_TRY(const crypto::Secret secret, opener.open(sealed));
    return to_hex(secret.expose());
}

// seal CONTEXT TO SECRET
Answer seal(const Words& in) {
    SAFEQ_TRY(CredentialContext context, context_of(in));
    SAFEQ_TRY(const Bytes key, bytes(in[context_words]));
    crypto::XwingPublicKey to{};
    if (key.size() != to.size()) return fail(Errc::key_invalid, "to");
    std::ranges::copy(key, to.begin());
    SAFEQ_TRY(const Bytes secret, bytes(in[context_words + 1]));
    SAFEQ_TRY(const SealedCredential sealed,
              seal_credential(to, std::move(context), crypto::Secret::copy_of(ByteView{secret}), system_random));
    return to_hex(sealed.enc) + to_hex(sealed.ciphertext);
}

Answer answer(const std::string& name, const Words& words) {
    if (name == "public" && words.empty()) return to_hex(opener.public_key());
    if (name == "open" && words.size() == context_words + 1) return open(words);
    if (name == "seal" && words.size() == context_words + 2) return seal(words);
    return fail(Errc::unsupported, "request");
}

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream in{line};
        std::string name;
        in >> name;
        Words words;
        for (std::string each; in >> each;) words.push_back(each);
        const Answer told = answer(name, words);
        if (told) std::cout << "ok " << *told << std::endl;
        else std::cout << "error " << safeq::name(told.error().code) << std::endl;
    }
}
