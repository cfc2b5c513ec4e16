// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include <valgrind/memcheck.h>

#include <safeq/auth/hasher.hpp>
#include <safeq/auth/pepper.hpp>
#include <safeq/auth/pin.hpp>

#include "support/random.hpp"

// What the cases share.
namespace safeq::secrets {

/// One operation with its secret hidden, by the name that it is asked for.
struct Case {
    std::string_view name;
    void (*run)();
};
/// Calls of the library that compare something, whole, and what they are made of.
[[nodiscard]] std::span<const Case> comparing_cases();
/// What is computed with a key.
[[nodiscard]] std::span<const Case> computing_cases();
/// Each must be caught.
[[nodiscard]] std::span<const Case> leaky_cases();

/// How often the library compared by `crypto::equal`.
inline int comparisons = 0;

inline void hide(std::span<const std::byte> memory) { (void)VALGRIND_MAKE_MEM_UNDEFINED(memory.data(), memory.size()); }
inline void publish(std::span<const std::byte> memory) {
    (void)VALGRIND_MAKE_MEM_DEFINED(memory.data(), memory.size());
}

template <class T>
void publish_object(const T& object) {
    (void)VALGRIND_MAKE_MEM_DEFINED(&object, sizeof(object));
}

inline void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "secrets: %s\n", what);
    std::exit(2);
}

inline test::SeededRandom& source() {
    static test::SeededRandom random;
    return random;
}

// What stands at the end of an object that shows it to nobody.
template <class T>
void hide_at_end(const T& object, std::span<const std::byte> bytes) {
    const auto memory = std::as_bytes(std::span{&object, 1}).last(bytes.size());
    check(same_bytes(memory, bytes), "the object doesn't end with these bytes");
    hide(memory);
}

template <class Key>
Key hidden_key() {
    Key key = Key::random(source());
    hide(key.expose());
    return key;
}

inline const auth::PinOwner& owner() {
    static const auth::PinOwner made{.tenant = TenantId{source().bytes<16>()},
                                     .subject = SubjectId{source().bytes<16>()}};
    return made;
}

inline auth::Pin some_pin() {
    auto pin = auth::Pin::parse(crypto::Secret::copy_of("48151623"));
    check(pin.has_value(), "digits are no PIN");
    return *std::move(pin);
}

// What the cases check passwords and PINs with, as cheap as it may be.
struct Hashing {
    auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(source())}};
    auth::HashingBudget budget{auth::hashing_2026};
    auth::Hasher hasher{{.memory_kib = 19 * 1024, .passes = 2, .lanes = 1}, peppers, source(), budget};
};

}  // namespace safeq::secrets
