// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/authenticator.hpp>

#include <algorithm>
#include <tuple>
#include <vector>

#include <safeq/core/text.hpp>

namespace safeq::auth {
namespace {

// What was presented, read into types; borrows the passwords.
struct Given {
    FactorSet kinds;
    const GivenPassword* password = nullptr;
    std::optional<Pin> pin;
    std::optional<Card> card;
    const GivenToken* token = nullptr;
};

std::unexpected<Error> wrong(std::string what) { return fail(Errc::credential_wrong, "sign-in", std::move(what)); }

// No such credential can exist anywhere, so the answer may come at once without telling anything.
std::unexpected<Error> impossible(const Error& error) { return wrong(error.where + ": " + error.detail); }

Result<FactorSet> kinds_of(std::span<const Factor> factors) {
    FactorSet kinds;
    for (const Factor& factor : factors) {
        const FactorKind kind = kind_of(factor);
        if (kinds.contains(kind)) return fail(Errc::invalid_argument, "factors", "two of one kind");
        kinds.add(kind);
    }
    return kinds;
}

Result<Given> read(std::span<const Factor> factors) {
    Given given;
    SAFEQ_TRY(given.kinds, kinds_of(factors));
    for (const Factor& factor : factors) {
        if (const auto* const password = std::get_if<GivenPassword>(&factor)) {
            if (const auto name = check_user_name(password->name); !name) return impossible(name.error());
            if (password->password.size() > max_password_bytes) return wrong("password: too long");
            given.password = password;
        } else if (const auto* const digits = std::get_if<GivenPin>(&factor)) {
            auto pin = Pin::parse(digits->digits.clone());
            if (!pin) return impossible(pin.error());
            given.pin = std::move(*pin);
        } else if (const auto* const scanned = std::get_if<GivenCard>(&factor)) {
            auto card = Card::parse(scanned->type, scanned->uid);
            if (!card) return impossible(card.error());
            given.card = std::move(*card);
        } else {
            given.token = &std::get<GivenToken>(factor);
        }
    }
    return given;
}

// Whom the presented factors name, before any of them is proved.
struct Claim {
    std::optional<Account> account;  // none where they name nobody, or not one and the same
    bool ask_directory = false;      // the name is nobody's here, and the directory may know it
    std::string detail;              // why there is no account
    std::vector<CardRecord> cards;   // under which the card may be stored
};

// Directories often ignore case; spelling a name in a thousand ways must not give a thousand times the guesses.
bool same_in_directory(std::string_view a, std::string_view b) { return ascii_lower(a) == ascii_lower(b); }

Result<std::optional<Account>> found(Result<Account> result) {
    if (result) return std::move(*result);
    if (result.error().code == Errc::not_found || result.error().code == Errc::conflict) return std::nullopt;
    return std::unexpected{std::move(result).error()};
}

class Resolver {
public:
    Resolver(const Authenticator::Parts& parts, TenantId tenant) noexcept : parts_{parts}, tenant_{tenant} {}

    Result<Claim> resolve(const Given& given) {
        if (given.card) {
            claim_.cards = card_records(parts_.peppers, tenant_, *given.card);
            std::vector<crypto::MacTag> lookups;
            for (const CardRecord& record : claim_.cards) lookups.push_back(record.lookup);
            SAFEQ_TRY(auto account, found(parts_.accounts.find_by_card(tenant_, lookups)));
            meet(std::move(account), "card");
        }
        if (given.token != nullptr) {
            SAFEQ_TRY(auto account, found(parts_.accounts.find_by_subject(tenant_, given.token->subject)));
            meet(std::move(account), "token");
        }
        if (given.password != nullptr) {
            SAFEQ_TRY(auto account, found(parts_.accounts.find_by_name(tenant_, given.password->name)));
            const bool elsewhere = parts_.directory != nullptr && (!account || !account->password);
            if (account || !elsewhere) meet(std::move(account), "name");
            // Before the directory is asked: or else one's own card would carry guesses at another's password there.
            else if (claim_.account && !same_in_directory(claim_.account->name, given.password->name))
                disagree("factors of different people");
            claim_.ask_directory = elsewhere && agree_;
        }
        if (!agree_) claim_.account.reset();
        return std::move(claim_);
    }

private:
    void meet(std::optional<Account> account, std::string_view by) {
        if (!account) disagree("nobody has this " + std::string{by});
        else if (claim_.account && claim_.account->subject != account->subject) disagree("factors of different people");
        else claim_.account = std::move(account);
    }
    void disagree(std::string why) {
        agree_ = false;
        if (claim_.detail.empty()) claim_.detail = std::move(why);
    }

    const Authenticator::Parts& parts_;
    TenantId tenant_;
    Claim claim_;
    bool agree_ = true;
};

bool steps_up(const Given& given, const Claim& claim) {
    return claim.account && given.password != nullptr && (given.card || given.token != nullptr);
}

// A card alone holds nothing secret against anything, so it has a counter of its own: its success says nothing about
// the PINs that were tried beside it, and those don't keep its owner from places that ask for the card alone.
bool is_card_alone(const Given& given) { return given.kinds == FactorSet{FactorKind::card}; }

Attempt attempt_of(TenantId tenant, const Origin& origin, const Given& given, const Claim& claim) {
    Attempt attempt{.tenant = tenant, .who = std::string{}, .origin = origin, .stepped_up = steps_up(given, claim)};
    // What the directory is asked counts for the name alone, whether there is an account of that spelling here or not.
    if (claim.account && !claim.ask_directory && !is_card_alone(given)) attempt.who = claim.account->subject;
    else if (given.password != nullptr) attempt.who = counted_by_name(given.password->name);
    else if (given.card) attempt.who = "card:" + to_hex(claim.cards.front().lookup);
    else if (given.token != nullptr) attempt.who = "token:" + given.token->subject.text();
    return attempt;
}

// Whom an attempt counts for, as text.
std::string name_of(const Attempt& attempt) {
    const auto* const subject = std::get_if<SubjectId>(&attempt.who);
    return subject != nullptr ? "subject:" + subject->text() : std::get<std::string>(attempt.who);
}

// Judges the secrets, one Argon2id computation each, whoever it is.
class Judge {
public:
    Judge(const Authenticator::Parts& parts, const Attempt& attempt, const Given& given, Claim& claim) noexcept
        : parts_{parts}, attempt_{attempt}, given_{given}, claim_{claim} {}

    Result<void> judge() {
        if (given_.password != nullptr) SAFEQ_TRY_VOID(claim_.ask_directory ? ask_directory() : password());
        if (given_.pin) SAFEQ_TRY_VOID(pin());
        if (claim_.account && claim_.account->disabled) miss("the account is disabled");
        if (!claim_.detail.empty()) miss(claim_.detail);
        return {};
    }

    // Whether a secret was held against something: then the attempt counts, even if the rest failed.
    bool judged_any() const noexcept { return judged_; }
    bool right() const noexcept { return misses_.empty(); }
    const std::string& misses() const noexcept { return misses_; }
    const std::optional<DirectoryEntry>& entry() const noexcept { return entry_; }
    bool renew_password() const noexcept { return renew_password_; }
    bool renew_pin() const noexcept { return renew_pin_; }

private:
    Result<void> password() {
        const Account* const account = claim_.account ? &*claim_.account : nullptr;
        if (account == nullptr || !account->password) return nobody(given_.password->password, "no password stored");
        return judged(parts_.hasher.verify(*account->password, given_.password->password), given_.password->password,
                      "password", renew_password_);
    }

    Result<void> pin() {
        const Account* const account = claim_.account ? &*claim_.account : nullptr;
        const crypto::Secret& digits = given_.pin->digits();
        if (account == nullptr || !account->pin) return nobody(digits, "no PIN stored");
        const PinOwner owner{.tenant = attempt_.tenant, .subject = account->subject};
        return judged(parts_.hasher.verify_pin(*account->pin, owner, *given_.pin), digits, "PIN", renew_pin_);
    }

    Result<void> ask_directory() {
        auto entry = parts_.directory->check(attempt_.tenant, given_.password->name, given_.password->password);
        if (!entry && entry.error().code != Errc::credential_wrong) return std::unexpected{std::move(entry).error()};
        judged_ = true;
        if (!entry) {
            miss("the directory refused name or password");
        } else if (claim_.account && claim_.account->subject != entry->subject) {
            miss("factors of different people");
        } else {
            if (!claim_.account) {
                SAFEQ_TRY(claim_.account, found(parts_.accounts.find_by_subject(attempt_.tenant, entry->subject)));
            }
            entry_ = std::move(*entry);
        }
        return {};
    }

    Result<void> judged(Result<PasswordCheck> check, const crypto::Secret& secret, std::string what, bool& renew) {
        if (!check) {
            // Told to peers, a pepper that is missing would say whose record is here.
            if (check.error().code == Errc::key_unknown) return nobody(secret, what + ": its pepper is not at hand");
            return std::unexpected{std::move(check).error()};
        }
        judged_ = true;
        switch (*check) {
            case PasswordCheck::mismatch: miss(std::move(what)); break;
            case PasswordCheck::match: break;
            case PasswordCheck::match_needs_rehash: renew = true; break;
        }
        return {};
    }

    Result<void> nobody(const crypto::Secret& secret, std::string why) {
        SAFEQ_TRY_VOID(parts_.hasher.verify_nobody(name_of(attempt_), secret));
        judged_ = true;
        miss(std::move(why));
        return {};
    }

    void miss(std::string what) {
        if (!misses_.empty()) misses_ += "; ";
        misses_ += what;
    }

    const Authenticator::Parts& parts_;
    const Attempt& attempt_;
    const Given& given_;
    Claim& claim_;
    std::optional<DirectoryEntry> entry_;
    std::string misses_;
    bool judged_ = false;
    bool renew_password_ = false;
    bool renew_pin_ = false;
};

// Brings what is stored up to today's costs and pepper. Its failures are nobody's concern at sign-in: the old record
// is still good, and the next sign-in tries again.
void renew(const Authenticator::Parts& parts, const Given& given, const Claim& claim, const Judge& judge) {
    const Account& account = *claim.account;
    const auto replace = [&](Verifier which, const StoredPassword& from, const Result<PhcString>& to) {
        if (to) std::ignore = parts.accounts.replace(account.tenant, account.subject, which, from, *to);
    };
    if (judge.renew_password())
        replace(Verifier::password, *account.password, parts.hasher.hash_again(given.password->password));
    if (judge.renew_pin()) {
        const PinOwner owner{.tenant = account.tenant, .subject = account.subject};
        replace(Verifier::pin, *account.pin, parts.hasher.hash_pin(owner, *given.pin));
    }
    for (std::size_t i = 1; i < claim.cards.size(); ++i) {
        if (std::ranges::find(account.cards, claim.cards[i]) != account.cards.end())
            std::ignore = parts.accounts.replace(account.tenant, account.subject, claim.cards[i], claim.cards.front());
    }
}

}  // namespace

std::string counted_by_name(std::string_view name) { return "name:" + ascii_lower(name); }

FactorKind kind_of(const Factor& factor) noexcept {
    struct Visitor {
        FactorKind operator()(const GivenCard&) const noexcept { return FactorKind::card; }
        FactorKind operator()(const GivenPassword&) const noexcept { return FactorKind::password; }
        FactorKind operator()(const GivenPin&) const noexcept { return FactorKind::pin; }
        FactorKind operator()(const GivenToken&) const noexcept { return FactorKind::token; }
    };
    return std::visit(Visitor{}, factor);
}

Error for_peer(const Error& error) {
    if (error.code == Errc::busy) return {Errc::busy, {}, {}};
    constexpr Errc about_someone[] = {Errc::credential_wrong,
                                      Errc::factor_missing,
                                      Errc::throttled,
                                      Errc::denied,
                                      Errc::expired,
                                      Errc::revoked,
                                      Errc::not_found,
                                      Errc::malformed,
                                      Errc::not_canonical,
                                      Errc::invalid_argument,
                                      Errc::conflict,
                                      Errc::duplicate,
                                      Errc::authentication_failed};
    const bool denied = std::ranges::find(about_someone, error.code) != std::end(about_someone);
    return {denied ? Errc::denied : Errc::unavailable, {}, {}};
}

Result<Authenticated> Authenticator::authenticate(TenantId tenant, const Origin& origin,
                                                  std::span<const Factor> factors, const FactorRule& rule) const {
    SAFEQ_TRY(const FactorSet kinds, kinds_of(factors));
    if (!rule.satisfied_by(kinds))
        return fail(Errc::factor_missing, "sign-in", "given '" + kinds.text() + "', asked for '" + rule.text() + "'");
    SAFEQ_TRY(const Given given, read(factors));
    SAFEQ_TRY(Claim claim, Resolver{parts_, tenant}.resolve(given));

    const Attempt attempt = attempt_of(tenant, origin, given, claim);
    SAFEQ_TRY(const Admission admission, parts_.throttle.admit(attempt));
    if (admission.verdict == Verdict::wait)
        return fail(Errc::throttled, "sign-in", "until " + to_rfc3339(admission.until));
    if (admission.verdict == Verdict::step_up)
        return fail(Errc::throttled, "sign-in",
                    "too many failures elsewhere: a password beside a card or token is needed");

    Judge judge{parts_, attempt, given, claim};
    if (auto judged = judge.judge(); !judged) {
        if (!judge.judged_any()) SAFEQ_TRY_VOID(parts_.throttle.withdraw(attempt, admission));
        return std::unexpected{std::move(judged).error()};
    }
    if (!judge.right()) return wrong(judge.misses());
    SAFEQ_TRY_VOID(is_card_alone(given) ? parts_.throttle.withdraw(attempt, admission)
                                        : parts_.throttle.succeeded(attempt, admission));

    Authenticated out{.tenant = tenant, .subject = {}, .name = {}, .display_name = {}, .factors = given.kinds};
    if (claim.account) {
        renew(parts_, given, claim, judge);
        out.subject = claim.account->subject;
        out.name = claim.account->name;
        out.display_name = claim.account->display_name;
        out.revision = claim.account->revision;
    } else {
        out.subject = judge.entry()->subject;
        out.name = judge.entry()->name;
        out.display_name = judge.entry()->display_name;
    }
    return out;
}

}  // namespace safeq::auth
