// SPDX-License-Identifier: Apache-2.0
#include "common/peppers.hpp"

#include "common/files.hpp"
#include "common/layout.hpp"

namespace safeq::daemon {
namespace {

constexpr std::string_view previous_prefix = "pepper.previous";
constexpr std::string_view previous_suffix = ".key";

Result<void> add_previous(auth::PepperRing& ring, const store::KeyFolder& keys) {
    SAFEQ_TRY(const std::vector<std::string> names, keys.list());
    for (const std::string& name : names) {
        if (!name.starts_with(previous_prefix) || !name.ends_with(previous_suffix)) continue;
        SAFEQ_TRY(const auto previous, read_key<auth::PepperKey>(keys, name));
        const auto added = ring.add_previous(auth::Pepper{previous});
        // Twice, where a rotation was cut off between its two steps.
        if (!added && added.error().code != Errc::duplicate)
            return fail(added.error().code, (keys.path() / name).string(), added.error().message());
    }
    return {};
}

}  // namespace

Result<auth::PepperRing> read_peppers(const store::KeyFolder& keys) {
    SAFEQ_TRY(const auto current, read_key<auth::PepperKey>(keys, pepper_key_file));
    auth::PepperRing ring{auth::Pepper{current}};
    SAFEQ_TRY_VOID(add_previous(ring, keys));
    return ring;
}

Result<auth::PepperRing> rotate_pepper(store::KeyFolder& keys, Random& random) {
    SAFEQ_TRY(const auto before, read_key<auth::PepperKey>(keys, pepper_key_file));
    const auth::PepperKey fresh = auth::PepperKey::random(random);
    auth::Pepper last{before};
    const std::string name = std::string{previous_prefix} + "." + last.id().text() + std::string{previous_suffix};
    auth::PepperRing ring{auth::Pepper{fresh}};
    SAFEQ_TRY_VOID(ring.add_previous(std::move(last)));
    SAFEQ_TRY_VOID(add_previous(ring, keys));
    SAFEQ_TRY_VOID(keys.write(name, before.expose()));
    SAFEQ_TRY_VOID(keys.write(pepper_key_file, fresh.expose()));
    return ring;
}

}  // namespace safeq::daemon
