// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/secret.hpp>

#include <algorithm>
#include <concepts>
#include <cstdlib>
#include <new>
#include <ostream>

#include <catch2/catch_test_macros.hpp>

#include "support/random.hpp"

using namespace safeq;
using namespace safeq::crypto;

namespace {

// What the memory of a watched array held at the moment at which it was freed.
struct Watch {
    const void* memory = nullptr;
    std::size_t size = 0;
    bool freed = false;
    bool wiped = false;
};
Watch watch;

void observe(const void* memory) noexcept {
    if (memory == nullptr || memory != watch.memory) return;
    const auto* bytes = static_cast<const std::byte*>(memory);
    watch.freed = true;
    watch.wiped = std::all_of(bytes, bytes + watch.size, [](std::byte b) { return b == std::byte{0}; });
    watch.memory = nullptr;
}

void watch_memory_of(const Secret& secret) {
    watch = {.memory = secret.expose().data(), .size = secret.size(), .freed = false, .wiped = false};
}

template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept ExposedWhenTemporary = requires(T&& value) { std::move(value).expose(); };

using RedKey = Key<32, struct RedTag>;
using BlueKey = Key<32, struct BlueTag>;
using ShortRedKey = Key<16, struct RedTag>;

static_assert(!std::copyable<Secret> && std::movable<Secret>);
static_assert(!std::copyable<RedKey> && std::movable<RedKey>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_copy_constructible_v<RedKey> && !std::is_copy_assignable_v<RedKey>);
static_assert(!Comparable<Secret> && !Comparable<RedKey>);
static_assert(!Printable<Secret> && !Printable<RedKey>);
static_assert(!ExposedWhenTemporary<Secret> && !ExposedWhenTemporary<RedKey>);
static_assert(!std::is_constructible_v<RedKey, BlueKey> && !std::is_assignable_v<RedKey&, BlueKey>);
static_assert(!std::is_constructible_v<RedKey, ShortRedKey> && !std::is_constructible_v<RedKey, Secret>);
static_assert(!std::is_constructible_v<Secret, RedKey> && !std::is_constructible_v<Secret, std::string_view>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_constructible_v<RedKey>);

bool all_zero(std::span<const std::byte> bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

// In place of the standard ones, for this program: the only way to look at memory as it is given back.
void* operator new[](std::size_t size) {
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}
void operator delete[](void* memory) noexcept {
    observe(memory);
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    observe(memory);
    std::free(memory);
}

TEST_CASE("wipe overwrites, equal compares", "[crypto]") {
    std::array<std::byte, 5> bytes;
    bytes.fill(std::byte{0xaa});
    wipe(bytes);
    CHECK(all_zero(bytes));
    wipe({});

    CHECK(equal(as_bytes("abc"), as_bytes("abc")));
    CHECK_FALSE(equal(as_bytes("abc"), as_bytes("abd")));
    CHECK_FALSE(equal(as_bytes("xbc"), as_bytes("abc")));
    CHECK_FALSE(equal(as_bytes("abc"), as_bytes("ab")));
    CHECK_FALSE(equal({}, as_bytes("a")));
    CHECK(equal({}, {}));
}

TEST_CASE("a secret holds a copy of its own", "[crypto]") {
    std::string password = "correct horse";
    const Secret secret = Secret::copy_of(password);
    password[0] = 'X';
    CHECK(as_text(secret.expose()) == "correct horse");
    CHECK(secret.size() == 13);
    CHECK_FALSE(secret.empty());

    const Secret second = secret.clone();
    CHECK(equal(second.expose(), secret.expose()));
    CHECK(second.expose().data() != secret.expose().data());

    CHECK(Secret{}.empty());
    CHECK(Secret::copy_of(std::string_view{}).empty());
    const Secret zeros = Secret::zeroed(9);
    CHECK(zeros.size() == 9);
    CHECK(all_zero(zeros.expose()));
}

TEST_CASE("a secret leaves nothing behind when moved", "[crypto]") {
    Secret from = Secret::copy_of("a secret");
    const std::byte* memory = from.expose().data();
    Secret to = std::move(from);
    CHECK(to.expose().data() == memory);
    CHECK(from.empty());  // NOLINT: what is left of it is the point
    CHECK(from.expose().data() == nullptr);

    Secret& same = to;
    to = std::move(same);
    CHECK(as_text(to.expose()) == "a secret");
}

TEST_CASE("a secret's memory is wiped before it is freed", "[crypto]") {
    SECTION("at its end") {
        {
            const Secret secret = Secret::copy_of("a secret");
            watch_memory_of(secret);
        }
        CHECK(watch.freed);
        CHECK(watch.wiped);
    }
    SECTION("when another takes its place") {
        Secret secret = Secret::copy_of("a secret");
        watch_memory_of(secret);
        secret = Secret::copy_of("another");
        CHECK(watch.freed);
        CHECK(watch.wiped);
        CHECK(as_text(secret.expose()) == "another");
    }
    SECTION("the watch itself sees what is not wiped") {
        auto plain = std::make_unique<std::byte[]>(8);
        plain[3] = std::byte{1};
        watch = {.memory = plain.get(), .size = 8, .freed = false, .wiped = false};
        plain.reset();
        CHECK(watch.freed);
        CHECK_FALSE(watch.wiped);
    }
}

TEST_CASE("a key is wiped when moved from and when destroyed", "[crypto]") {
    alignas(RedKey) std::array<std::byte, sizeof(RedKey)> memory;
    memory.fill(std::byte{0xee});
    static_assert(sizeof(RedKey) == 32);
    const std::span<const std::byte> observed{memory};

    test::SeededRandom random;
    auto* key = new (memory.data()) RedKey{RedKey::random(random)};
    const Bytes bytes = to_bytes(ByteView{key->expose()});
    CHECK(same_bytes(observed, bytes));

    SECTION("move construction") {
        const RedKey other = std::move(*key);
        CHECK(same_bytes(other.expose(), bytes));
        CHECK(all_zero(observed));
    }
    SECTION("move assignment") {
        RedKey other;
        other = std::move(*key);
        CHECK(same_bytes(other.expose(), bytes));
        CHECK(all_zero(observed));
    }
    SECTION("move to itself") {
        RedKey& same = *key;
        *key = std::move(same);
        CHECK(same_bytes(observed, bytes));
    }
    SECTION("clone") {
        const RedKey other = key->clone();
        CHECK(same_bytes(other.expose(), bytes));
        CHECK(same_bytes(observed, bytes));
    }
    key->~RedKey();
    // Volatile, because the object's life is over and the compiler could take its stores for dead.
    const volatile std::byte* after = memory.data();
    bool zero = true;
    for (std::size_t i = 0; i < memory.size(); ++i) zero = zero && after[i] == std::byte{0};
    CHECK(zero);
}

TEST_CASE("a key has its exact length", "[crypto]") {
    const Bytes bytes(33, std::byte{7});
    CHECK(RedKey::from(ByteView{bytes}.first(32)).has_value());
    CHECK(RedKey::from(bytes).error().code == Errc::key_invalid);
    CHECK(RedKey::from(ByteView{bytes}.first(31)).error().code == Errc::key_invalid);
    CHECK(RedKey::from({}).error().code == Errc::key_invalid);
    const RedKey zero;
    CHECK(all_zero(zero.expose()));
}
