// SPDX-License-Identifier: Apache-2.0
#include "x25519.hpp"

#include <botan/x25519.h>

#include "botan_bytes.hpp"
#include "seam.hpp"

namespace safeq::crypto {

struct X25519Key::Impl {
    Botan::X25519_PrivateKey key;
};

X25519Key::X25519Key(const X25519Scalar& scalar) {
    never_fails("X25519", [&] {
        impl_ = std::make_unique<Impl>(Impl{Botan::X25519_PrivateKey{to_botan(scalar.expose())}});
        copy_from_botan(public_, impl_->key.raw_public_key_bits());
    });
}

X25519Key::X25519Key(X25519Key&&) noexcept = default;
X25519Key& X25519Key::operator=(X25519Key&&) noexcept = default;
X25519Key::~X25519Key() = default;

X25519Shared X25519Key::agree(const X25519Public& peer) const {
    return never_fails("X25519", [&] {
        const auto point = to_botan(peer);
        const auto agreed = impl_->key.agree(point.data(), point.size());
        X25519Shared shared;
        copy_from_botan(shared.fill(), agreed);
        return shared;
    });
}

}  // namespace safeq::crypto
