// SPDX-License-Identifier: Apache-2.0
#include <safeq/token/request_proof.hpp>

#include <algorithm>

namespace safeq::token {
namespace {

constexpr std::string_view request_label = "safeq/request/v1";
constexpr std::string_view refresh_label = "safeq/refresh/v1";
constexpr std::string_view activation_label = "safeq/activation/v1";
constexpr std::size_t max_method_bytes = 32;
constexpr std::size_t max_target_bytes = 8192;

bool is_signable(const RequestToSign& request) noexcept {
    return !request.method.empty() && request.method.size() <= max_method_bytes && !request.target.empty() &&
           request.target.size() <= max_target_bytes;
}

}  // namespace

Bytes RequestProof::signed_bytes(std::string_view label, ByteView token, const RequestToSign& request,
                                 const Nonce& nonce) {
    return ByteWriter{}
        .field(label)
        .field(token)
        .field(request.method)
        .field(request.target)
        .field(request.body)
        .field(nonce)
        .take();
}

Result<RequestProof> RequestProof::make_under(const crypto::SigningKey& device_key, std::string_view label,
                                              ByteView token, const RequestToSign& request, Random& random) {
    if (!is_signable(request)) return fail(Errc::invalid_argument, "request proof", "method or target");
    RequestProof proof;
    random.fill(proof.nonce_);
    proof.signature_ = device_key.sign(signed_bytes(label, token, request, proof.nonce_));
    return proof;
}

Result<void> RequestProof::check_under(std::string_view label, ByteView token, const crypto::VerifyingKey& device_key,
                                       const RequestToSign& request) const {
    if (!is_signable(request)) return fail(Errc::signature_invalid, "request proof", "method or target");
    return device_key.verify(signed_bytes(label, token, request, nonce_), signature_);
}

Result<RequestProof> RequestProof::make(const crypto::SigningKey& device_key, TokenId token,
                                        const RequestToSign& request, Random& random) {
    return make_under(device_key, request_label, token.bytes(), request, random);
}

Result<RequestProof> RequestProof::make_for_refresh(const crypto::SigningKey& device_key, std::string_view refresh_text,
                                                    const RequestToSign& request, Random& random) {
    return make_under(device_key, refresh_label, crypto::sha256(as_bytes(refresh_text)), request, random);
}

Result<RequestProof> RequestProof::make_for_activation(const crypto::SigningKey& device_key,
                                                       std::string_view activation_text, const RequestToSign& request,
                                                       Random& random) {
    return make_under(device_key, activation_label, crypto::sha256(as_bytes(activation_text)), request, random);
}

Result<RequestProof> RequestProof::parse(std::string_view text) {
    if (text.size() != text_bytes) return fail(Errc::malformed, "request proof", "not 107 characters");
    const Result<Bytes> bytes = from_base64url(text);
    if (!bytes) return fail(bytes.error().code, "request proof");
    RequestProof proof;
    std::ranges::copy(std::span{*bytes}.first(proof.nonce_.size()), proof.nonce_.begin());
    std::ranges::copy(std::span{*bytes}.subspan(proof.nonce_.size()), proof.signature_.begin());
    return proof;
}

std::string RequestProof::text() const { return to_base64url(ByteWriter{}.bytes(nonce_).bytes(signature_).view()); }

Result<void> RequestProof::check(const Claims& claims, const crypto::VerifyingKey& device_key,
                                 const PurposeRules& rules, const RequestToSign& request, ReplayStore& replays) const {
    SAFEQ_TRY_VOID(check_under(request_label, claims.id.bytes(), device_key, request));
    return replays.spend(spending_of("request", claims.tenant, claims.id, nonce_, claims.expires + rules.clock_skew));
}

Result<void> RequestProof::check_refresh(std::string_view refresh_text, const crypto::VerifyingKey& device_key,
                                         const RequestToSign& request) const {
    return check_under(refresh_label, crypto::sha256(as_bytes(refresh_text)), device_key, request);
}

Result<void> RequestProof::check_activation(std::string_view activation_text, const crypto::VerifyingKey& device_key,
                                            const RequestToSign& request) const {
    return check_under(activation_label, crypto::sha256(as_bytes(activation_text)), device_key, request);
}

}  // namespace safeq::token
