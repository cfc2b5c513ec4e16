// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/pepper.hpp>

#include <algorithm>

namespace safeq::auth {
namespace {

constexpr std::size_t most_peppers = 8;

}  // namespace

Result<PepperId> PepperId::parse(std::string_view text) {
    SAFEQ_TRY(const Bytes decoded, from_hex(text));
    PepperId id;
    if (decoded.size() != id.bytes.size()) return fail(Errc::malformed, "pepper id", "not 16 hexadecimal digits");
    std::ranges::copy(decoded, id.bytes.begin());
    if (id.text() != text) return fail(Errc::not_canonical, "pepper id", "capital digits");
    return id;
}

Pepper::Pepper(const PepperKey& key)
    : password_{crypto::derive_key<PasswordPepper>(key.expose(), "password/v1")},
      pin_{crypto::derive_key<PinPepper>(key.expose(), "pin/v1")},
      card_{crypto::derive_key<CardPepper>(key.expose(), "card/v1")},
      import_{crypto::derive_key<ImportPepper>(key.expose(), "import/v1")},
      nobody_{crypto::derive_key<NobodyPepper>(key.expose(), "nobody/v1")} {
    crypto::hkdf_sha256(id_.bytes, key.expose(), crypto::Salt{}, crypto::Info{as_bytes("id/v1")});
}

PepperRing::PepperRing(Pepper current) { peppers_.push_back(std::move(current)); }

Result<void> PepperRing::add_previous(Pepper previous) {
    if (find(previous.id()) != nullptr) return fail(Errc::duplicate, "pepper", previous.id().text());
    if (peppers_.size() >= most_peppers) return fail(Errc::too_many, "peppers", "at most 8");
    peppers_.push_back(std::move(previous));
    return {};
}

const Pepper* PepperRing::find(const PepperId& id) const noexcept {
    const auto found = std::ranges::find(peppers_, id, &Pepper::id);
    return found == peppers_.end() ? nullptr : &*found;
}

}  // namespace safeq::auth
