// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/token/verifier.hpp>

namespace safeq::token {

/// A request as its sender signs it.
struct RequestToSign {
    std::string_view method;  ///< "POST"
    std::string_view target;  ///< the path with its query, byte for byte as sent
    crypto::Sha256Digest body{};
};

/// Shows that a request comes from the holder of a device's key: an Ed25519 signature over token, method, target, hash
/// of the body and a nonce. Whoever only has the token can't make one.
class RequestProof final {
public:
    static constexpr std::size_t text_bytes = 107;

    /// For the device: a proof with a fresh nonce. *Errors*: `invalid_argument` for a method or target of no or too
    /// many bytes (32, 8192).
    [[nodiscard]] static Result<RequestProof> make(const crypto::SigningKey& device_key, TokenId token,
                                                   const RequestToSign& request, Random& random);

    /// For the device: a proof for the request in which it changes a refresh token for the next. *Errors*: as `make`.
    [[nodiscard]] static Result<RequestProof> make_for_refresh(const crypto::SigningKey& device_key,
                                                               std::string_view refresh_text,
                                                               const RequestToSign& request, Random& random);

    /// For the device: a proof for the request in which it redeems an activation link. *Errors*: as `make`.
    [[nodiscard]] static Result<RequestProof> make_for_activation(const crypto::SigningKey& device_key,
                                                                  std::string_view activation_text,
                                                                  const RequestToSign& request, Random& random);

    /// Takes exactly what `text()` writes. *Errors*: `malformed`, `not_canonical`.
    [[nodiscard]] static Result<RequestProof> parse(std::string_view text);

    [[nodiscard]] std::string text() const;

    /// For the server: that the proof is of this request under this token, and is seen for the first time.
    /// *Errors*: `signature_invalid`; `duplicate`; `too_many`, `busy` when no more nonces can be remembered; the
    /// store's. Peers are told `denied`.
    template <Purpose P>
        requires(P::rules.holder == TokenHolder::key)
    [[nodiscard]] Result<void> check(const Verified<P>& token, const RequestToSign& request,
                                     ReplayStore& replays) const {
        return check(*token, token.device_key(), P::rules, request, replays);
    }

    /// For the server: that the proof is of this request under this refresh token. Its nonce needn't be remembered,
    /// because the refresh token is good once. *Errors*: `signature_invalid`.
    [[nodiscard]] Result<void> check_refresh(std::string_view refresh_text, const crypto::VerifyingKey& device_key,
                                             const RequestToSign& request) const;

    /// For the server: that the proof is of this request under this activation link, which is good once as well.
    /// *Errors*: `signature_invalid`.
    [[nodiscard]] Result<void> check_activation(std::string_view activation_text,
                                                const crypto::VerifyingKey& device_key,
                                                const RequestToSign& request) const;

private:
    using Nonce = std::array<std::byte, 16>;

    RequestProof() = default;
    [[nodiscard]] static Result<RequestProof> make_under(const crypto::SigningKey& device_key, std::string_view label,
                                                         ByteView token, const RequestToSign& request, Random& random);
    [[nodiscard]] Result<void> check_under(std::string_view label, ByteView token,
                                           const crypto::VerifyingKey& device_key, const RequestToSign& request) const;
    [[nodiscard]] static Bytes signed_bytes(std::string_view label, ByteView token, const RequestToSign& request,
                                            const Nonce& nonce);
    [[nodiscard]] Result<void> check(const Claims& claims, const crypto::VerifyingKey& device_key,
                                     const PurposeRules& rules, const RequestToSign& request,
                                     ReplayStore& replays) const;

    Nonce nonce_{};
    crypto::Signature signature_{};
};

}  // namespace safeq::token
