// SPDX-License-Identifier: Apache-2.0
// Argon2id against the reference implementation's library; and whether the time of a refused sign-in tells who exists.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <thread>

#include <argon2.h>

#include <safeq/auth/authenticator.hpp>
#include <safeq/crypto/password_hash.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/store/account_store.hpp>
#include <safeq/store/subject_keys.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"
#include "bench/scratch.hpp"
#include "support/memory_auth.hpp"

namespace safeq::bench {
namespace {

using namespace auth;

std::vector<Figure> argon2id() {
    constexpr int pairs = 15;
    constexpr Argon2Parameters cost = argon2id_2026;
    // The backend computes lanes on as many threads as the machine has.
    const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1u, cost.lanes);
    std::array<std::byte, 32> password{};
    std::array<std::byte, 16> salt{};
    std::array<std::byte, 32> ours{};
    std::array<std::byte, 32> theirs{};
    const auto raw = [](auto& array) { return reinterpret_cast<std::uint8_t*>(array.data()); };
    const auto reference = [&] {
        argon2_context context{};
        context.out = raw(theirs);
        context.outlen = theirs.size();
        context.pwd = raw(password);
        context.pwdlen = password.size();
        context.salt = raw(salt);
        context.saltlen = salt.size();
        context.t_cost = cost.passes;
        context.m_cost = cost.memory_kib;
        context.lanes = cost.lanes;
        context.threads = threads;
        context.version = ARGON2_VERSION_13;
        context.flags = ARGON2_DEFAULT_FLAGS;
        if (argon2id_ctx(&context) != ARGON2_OK) std::exit(1);
    };
    const Pair time = median_of_pairs(
        pairs,
        [&] { return 1000 * seconds([&] { must(crypto::argon2id(ours, password, crypto::Salt{salt}, cost)); }); },
        [&] { return 1000 * seconds(reference); });
    if (ours != theirs) {
        fmt::print(stderr, "benchmark: the two hashes differ\n");
        std::exit(1);
    }
    return {{.name = "auth.argon2id",
             .ours = time.ours,
             .unit = "ms",
             .against = fmt::format("libargon2, 64 MiB, t=3, p=4, {} threads", threads),
             .theirs = time.theirs,
             .higher_is_better = false}};
}

// What a guesser measures: the same wrong secret for somebody who exists and for somebody who doesn't.
class Door {
public:
    std::vector<Figure> measure() {
        int pairs = 10'000;
        if (const char* fewer = std::getenv("SAFEQ_BENCH_PAIRS")) pairs = std::max(std::atoi(fewer), 100);
        const auto name = [](bool known, int i) { return fmt::format("{}{:02}", known ? "person" : "nobody", i); };
        const auto uid = [](bool known, int i) { return fmt::format("04a1b2c3{}{:02}", known ? "01" : "02", i); };
        for (int i = 0; i < people; ++i) add(name(true, i), uid(true, i));
        const Difference user = welch(pairs, [&](bool known, int i) {
            std::vector<Factor> factors;
            factors.emplace_back(GivenPassword{name(known, i), crypto::Secret::copy_of(to_hex(random_.bytes<8>()))});
            return factors;
        });
        const Difference card = welch(pairs, [&](bool known, int i) {
            std::vector<Factor> factors;
            factors.emplace_back(GivenCard{"uid", uid(known, i)});
            factors.emplace_back(GivenPin{crypto::Secret::copy_of(wrong_pin())});
            return factors;
        });
        const std::string bound = fmt::format("bound, {} pairs at 19 MiB, t=2, p=1", pairs);
        const auto figure = [&](std::string what, const Difference& between) {
            return Figure{.name = std::move(what),
                          .ours = between.t,
                          .unit = "|t|",
                          .against = bound,
                          .theirs = 4.5,
                          .higher_is_better = false};
        };
        const auto time = [](std::string what, const Difference& between) {
            return Figure{.name = std::move(what), .ours = between.seconds * 1e6, .unit = "µs"};
        };
        return {figure("auth.enumeration.user", user), time("auth.enumeration.user.more", user),
                figure("auth.enumeration.card", card), time("auth.enumeration.card.more", card)};
    }

private:
    static constexpr int people = 16;

    static ThrottleRules patient() {
        ThrottleRules rules = throttle_2026;
        rules.free_at_origin = rules.at_origin = rules.step_up = rules.unfamiliar.size = rules.device.size = 1u << 30;
        return rules;
    }

    void add(std::string name, std::string_view uid) {
        Account account{.tenant = tenant_, .subject = SubjectId::make(clock_, random_), .name = std::move(name)};
        account.password = must(hasher_.hash(crypto::Secret::copy_of("the right password")));
        const Pin pin = must(Pin::parse(crypto::Secret::copy_of("4711")));
        account.pin = must(hasher_.hash_pin({.tenant = tenant_, .subject = account.subject}, pin));
        account.cards = {card_record(peppers_, tenant_, must(Card::parse("uid", uid)))};
        (void)must(subjects_.create(account.subject));
        must(accounts_.save(account));
    }

    std::string wrong_pin() {
        std::uint32_t number = 0;
        random_.fill(std::as_writable_bytes(std::span{&number, 1}));
        return fmt::format("{:08}", number % 100'000'000);  // the right one is shorter
    }

    double once(const std::vector<Factor>& factors) {
        return seconds([&] {
            if (authenticator_.authenticate(tenant_, origin_, factors, rule_).error().code != Errc::credential_wrong)
                std::exit(1);
        });
    }

    struct Difference {
        double t;        // Welch's
        double seconds;  // that those who exist take longer
    };

    // Between the times of those who exist and those who don't, in pairs of random order. Each attempt has a secret of
    // its own, because what Argon2id takes depends a little on what it is given.
    template <class Make>
    Difference welch(int pairs, Make&& make) {
        struct Sums {
            double n = 0, mean = 0, squares = 0;
            void add(double x) {
                n += 1;
                const double from = x - mean;
                mean += from / n;
                squares += from * (x - mean);
            }
            double error() const { return squares / (n - 1) / n; }
        };
        std::array<Sums, 2> sums;
        for (int i = -50; i < pairs; ++i) {
            const bool first = (random_.bytes<1>()[0] & std::byte{1}) != std::byte{0};
            for (const bool known : {first, !first}) {
                const double took = once(make(known, (i + 50) % people));
                if (i >= 0) sums[known ? 1 : 0].add(took);
            }
        }
        const double more = sums[1].mean - sums[0].mean;
        return {std::abs(more) / std::sqrt(sums[0].error() + sums[1].error()), more};
    }

    Scratch scratch_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    TenantId tenant_ = TenantId::make(clock_, random_);
    Origin origin_{.device = DeviceId::make(clock_, random_), .address = {}};
    FactorRule rule_ = must(FactorRule::parse("card+pin|password"));
    PepperRing peppers_{Pepper{PepperKey::random(random_)}};
    HashingBudget budget_{hashing_2026};
    Hasher hasher_{argon2_floor, peppers_, random_, budget_};
    std::unique_ptr<store::Database> database_ =
        must(store::Database::open(scratch_.path() / "db", store::Database::Purpose::release));
    crypto::WrapKey root_ = crypto::WrapKey::random(random_);
    store::SubjectKeys subjects_{*database_, tenant_, root_.clone(), clock_, random_};
    store::AccountStore accounts_{*database_, subjects_, root_, random_};
    test::MemoryThrottleStore counters_;
    SharedThrottle throttle_{patient(), clock_, counters_};
    Authenticator authenticator_{
        {.accounts = accounts_, .hasher = hasher_, .peppers = peppers_, .throttle = throttle_}};
};

}  // namespace

std::vector<Benchmark> auth_benchmarks() {
    return {{"auth.argon2id", argon2id}, {"auth.enumeration", [] { return Door{}.measure(); }}};
}

}  // namespace safeq::bench
