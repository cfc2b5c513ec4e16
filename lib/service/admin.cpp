// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/admin.hpp>

#include <algorithm>

#include <safeq/auth/authenticator.hpp>
#include <safeq/auth/factor.hpp>
#include <safeq/auth/import_file.hpp>
#include <safeq/core/fail_point.hpp>

#include "service/must_be_free.hpp"

namespace safeq::service {
namespace {

constexpr std::size_t page = 256;
constexpr std::string_view erased_prefix = "erased-";

// What a refusal says of a person's name: errors go to the log of operators, which no erasure reaches.
constexpr std::string_view taken = "the name is taken";

// Ids and names are meant by one word, and who was erased is called by their id: no name may be taken for either.
Result<void> check_new_name(std::string_view name) {
    SAFEQ_TRY_VOID(auth::check_user_name(name));
    if (SubjectId::parse(name) || name.starts_with(erased_prefix))
        return fail(Errc::invalid_argument, "user name", "of the form of an id, or of an erased person");
    return {};
}

// An empty display name is none.
std::optional<std::string> given(std::optional<std::string> name) {
    return name && name->empty() ? std::nullopt : std::move(name);
}

}  // namespace

// A name that is there is meant before an id.
Result<auth::Account> Admin::find_account(std::string_view who) {
    auto account = parts_.accounts.find_by_name(parts_.tenant, who);
    if (!account && account.error().code == Errc::not_found)
        if (const auto subject = SubjectId::parse(who)) return parts_.accounts.find_by_subject(parts_.tenant, *subject);
    return account;
}

Result<void> Admin::sign_out(SubjectId subject) {
    SAFEQ_TRY_VOID(parts_.sessions.close_all(parts_.tenant, subject));
    return parts_.end_others ? parts_.end_others(subject) : Result<void>{};
}

Result<void> Admin::set_password(auth::Account& account, const crypto::Secret& password) const {
    const std::array<std::string_view, 2> about{
        account.name, account.display_name ? std::string_view{*account.display_name} : std::string_view{}};
    SAFEQ_TRY_VOID(parts_.password_rules.check(password, auth::PasswordUse::alone, about));
    SAFEQ_TRY(auth::PhcString hash, parts_.hasher.hash(password));
    account.password = std::move(hash);
    return {};
}

Result<void> Admin::set_pin(auth::Account& account, const crypto::Secret& digits) const {
    SAFEQ_TRY(const auth::Pin pin, auth::Pin::parse(digits.clone()));
    SAFEQ_TRY(auth::PhcString hash, parts_.hasher.hash_pin({parts_.tenant, account.subject}, pin));
    account.pin = std::move(hash);
    return {};
}

Result<void> Admin::set_cards(auth::Account& account, const std::vector<std::string>& cards) const {
    account.cards.clear();
    for (const std::string& text : cards) {
        SAFEQ_TRY(const auth::Card card, auth::Card::parse(text));
        // It may be stored under an older pepper.
        std::vector<crypto::MacTag> lookups;
        for (const auth::CardRecord& record : auth::card_records(parts_.peppers, parts_.tenant, card))
            lookups.push_back(record.lookup);
        const auto has_it = parts_.accounts.find_by_card(parts_.tenant, lookups);
        if (!has_it || has_it->subject != account.subject) SAFEQ_TRY_VOID(must_be_free(has_it, "card", "of another"));
        account.cards.push_back(auth::card_record(parts_.peppers, parts_.tenant, card));
    }
    return {};
}

Result<auth::Account> Admin::add_user(NewUser user) {
    if (!user.password && !user.pin && user.cards.empty())
        return fail(Errc::invalid_argument, "user", "without a password, PIN or card nobody could ever sign in");
    SAFEQ_TRY_VOID(check_new_name(user.name));
    const std::scoped_lock lock{accounts_};
    SAFEQ_TRY_VOID(must_be_free(parts_.accounts.find_by_name(parts_.tenant, user.name), "user", taken));

    auth::Account account{.tenant = parts_.tenant,
                          .subject = SubjectId::make(parts_.clock, parts_.random),
                          .name = std::move(user.name),
                          .display_name = given(std::move(user.display_name)),
                          .password = std::nullopt,
                          .pin = std::nullopt,
                          .cards = {},
                          .created = parts_.clock.now()};
    if (user.password) SAFEQ_TRY_VOID(set_password(account, *user.password));
    if (user.pin) SAFEQ_TRY_VOID(set_pin(account, *user.pin));
    SAFEQ_TRY_VOID(set_cards(account, user.cards));
    SAFEQ_TRY_VOID(auth::check(account));
    SAFEQ_TRY_VOID(parts_.subjects.create(account.subject));
    SAFEQ_FAIL_POINT("admin.subject_made");
    SAFEQ_TRY_VOID(parts_.recorder.account_added(account.subject, account.name));
    SAFEQ_FAIL_POINT("admin.user_recorded");
    SAFEQ_TRY_VOID(parts_.accounts.save(account));
    return account;
}

Result<auth::Account> Admin::change_user(std::string_view who, const UserChange& change) {
    const std::scoped_lock lock{accounts_};
    SAFEQ_TRY(auth::Account account, find_account(who));
    std::vector<std::string_view> changed;
    if (change.display_name) {
        account.display_name = given(change.display_name);
        changed.push_back("display_name");
    }
    if (change.without_password) account.password.reset();
    else if (change.password) SAFEQ_TRY_VOID(set_password(account, *change.password));
    if (change.without_password || change.password) changed.push_back("password");
    if (change.without_pin) account.pin.reset();
    else if (change.pin) SAFEQ_TRY_VOID(set_pin(account, *change.pin));
    if (change.without_pin || change.pin) changed.push_back("pin");
    if (change.cards) {
        SAFEQ_TRY_VOID(set_cards(account, *change.cards));
        changed.push_back("cards");
    }
    if (change.disabled) {
        account.disabled = *change.disabled;
        changed.push_back(account.disabled ? "disabled" : "enabled");
    }
    if (changed.empty()) return fail(Errc::invalid_argument, "user", "nothing to change is named");
    if (!account.password && !account.pin && account.cards.empty())
        return fail(Errc::invalid_argument, "user",
                    "without a password, PIN or card nobody could sign in: disable the account instead");
    SAFEQ_TRY_VOID(auth::check(account));
    SAFEQ_TRY_VOID(parts_.recorder.account_changed(account.subject, account.name, changed));
    SAFEQ_FAIL_POINT("admin.user_change_recorded");
    SAFEQ_TRY_VOID(parts_.accounts.save(account));
    SAFEQ_FAIL_POINT("admin.user_changed");
    SAFEQ_TRY_VOID(sign_out(account.subject));
    return account;
}

Result<std::size_t> Admin::import_users(std::string_view file) {
    SAFEQ_TRY(const std::vector<auth::ImportedUser> users, auth::parse_import_file(file));
    const std::scoped_lock lock{accounts_};
    for (const auth::ImportedUser& user : users) {
        if (const auto good = check_new_name(user.name); !good)
            return fail(good.error().code, "line " + std::to_string(user.line), good.error().message());
        SAFEQ_TRY_VOID(must_be_free(parts_.accounts.find_by_name(parts_.tenant, user.name),
                                    "line " + std::to_string(user.line), taken));
    }
    std::vector<auth::Account> accounts;
    for (const auth::ImportedUser& user : users)
        accounts.push_back({.tenant = parts_.tenant,
                            .subject = SubjectId::make(parts_.clock, parts_.random),
                            .name = user.name,
                            .display_name = std::nullopt,
                            .password = parts_.hasher.adopt(user.password),
                            .pin = std::nullopt,
                            .cards = {},
                            .created = parts_.clock.now()});
    for (const auth::Account& account : accounts) {
        SAFEQ_TRY_VOID(parts_.subjects.create(account.subject));
        SAFEQ_TRY_VOID(parts_.recorder.account_added(account.subject, account.name));
    }
    SAFEQ_TRY_VOID(parts_.accounts.add_all(accounts));
    return accounts.size();
}

Result<std::vector<auth::Account>> Admin::users() { return parts_.accounts.list(parts_.tenant); }

Result<SubjectId> Admin::unlock_user(std::string_view who) {
    SAFEQ_TRY(const auth::Account account, find_account(who));
    SAFEQ_TRY_VOID(parts_.recorder.user_unlocked(account.subject));
    SAFEQ_TRY_VOID(parts_.throttle.forgive(parts_.tenant, account.subject));
    SAFEQ_TRY_VOID(parts_.throttle.forgive(parts_.tenant, auth::counted_by_name(account.name)));
    return account.subject;
}

Result<void> Admin::check_erasable(SubjectId subject) {
    job::JobFilter filter{.owner = subject, .states = job::StateSet::open(), .limit = page};
    for (;;) {
        SAFEQ_TRY(const auto unit, parts_.repository.begin());
        SAFEQ_TRY(const std::vector<job::Job> open, unit->list(parts_.tenant, filter));
        for (const job::Job& job : open) {
            if (job::is_running(job.state))
                return fail(Errc::conflict, "user", "job " + job.id.text() + " is on its way to a device");
            if (job.restricted)
                return fail(Errc::conflict, "user",
                            "job " + job.id.text() + " is restricted: lift that first, if it may be erased");
        }
        if (open.size() < page) return {};
        filter.after = open.back().id;
    }
}

// For the person, who wants nothing of theirs to stay, but by an operator; nobody can begin a release any more.
Result<void> Admin::end_jobs(SubjectId subject) {
    for (;;) {
        std::vector<job::Job> open;
        {
            SAFEQ_TRY(const auto unit, parts_.repository.begin());
            SAFEQ_TRY(open,
                      unit->list(parts_.tenant, {.owner = subject, .states = job::StateSet::open(), .limit = page}));
        }
        if (open.empty()) return {};
        for (const job::Job& job : open) {
            SAFEQ_TRY(const job::Settled ended,
                      parts_.lifecycle.remove(parts_.tenant, subject, job.id, job::Actor::operator_));
            if (ended.leaf == job::Leaf::durable) SAFEQ_TRY_VOID(parts_.discard(ended.job));
        }
    }
}

Result<SubjectId> Admin::erase_user(std::string_view who) {
    const std::scoped_lock lock{accounts_};
    SAFEQ_TRY(const auth::Account account, find_account(who));
    SAFEQ_TRY_VOID(erase(account));
    return account.subject;
}

// Marked first: what is on record is done, also where the server dies in between.
Result<void> Admin::erase(const auth::Account& account) {
    const SubjectId subject = account.subject;
    SAFEQ_TRY_VOID(check_erasable(subject));
    SAFEQ_TRY_VOID(parts_.recorder.ready());
    auth::Account begun = account;
    begun.erasing = true;
    SAFEQ_TRY_VOID(parts_.accounts.save(begun));
    SAFEQ_FAIL_POINT("admin.erasure_begun");
    if (const auto recorded = parts_.recorder.user_erased(subject); !recorded) {
        // Refused, and so not to be done later by itself; but a log that doesn't go on may have the record.
        if (!account.erasing && parts_.recorder.ready()) SAFEQ_TRY_VOID(parts_.accounts.save(account));
        return recorded;
    }
    SAFEQ_FAIL_POINT("admin.erasure_recorded");
    auth::Account left{.tenant = parts_.tenant,
                       .subject = subject,
                       .name = std::string{erased_prefix} + subject.text(),
                       .disabled = true,
                       .created = account.created,
                       .erasing = true};
    SAFEQ_TRY_VOID(parts_.accounts.save(left));
    SAFEQ_FAIL_POINT("admin.account_erased");
    // After the account, as with every change: a sign-in under way sees either that, or its session closed.
    SAFEQ_TRY_VOID(sign_out(subject));
    SAFEQ_TRY(const auto tokens, parts_.print_tokens.list(parts_.tenant, subject));
    for (const token::PrintToken& token : tokens)
        SAFEQ_TRY_VOID(parts_.print_tokens.revoke(parts_.tenant, subject, token.id));
    // What is being taken over is held before this looks for jobs, and what comes later finds no key.
    const auto end = [&]() -> Result<void> {
        SAFEQ_TRY_VOID(end_jobs(subject));
        SAFEQ_FAIL_POINT("admin.jobs_ended");
        // Last, because it also empties the database's write-ahead log, where what was written over still stands.
        return parts_.subjects.destroy(subject);
    };
    SAFEQ_TRY_VOID(parts_.undisturbed(end));
    SAFEQ_FAIL_POINT("admin.key_erased");
    left.erasing = false;
    return parts_.accounts.save(left);
}

Result<void> Admin::finish_erasures() {
    const std::scoped_lock lock{accounts_};
    SAFEQ_TRY(const std::vector<SubjectId> begun, parts_.accounts.erasing(parts_.tenant));
    Result<void> out;
    for (const SubjectId subject : begun) {
        const auto account = parts_.accounts.find_by_subject(parts_.tenant, subject);
        const Result<void> finished = account ? erase(*account) : std::unexpected{account.error()};
        // One that must wait holds up no other.
        if (!finished && out) out = finished;
    }
    return out;
}

Result<token::IssuedPrintToken> Admin::issue_print_token(std::string_view who, std::string_view label,
                                                         std::optional<std::chrono::days> lifetime) {
    SAFEQ_TRY(const auth::Account account, find_account(who));
    const std::optional<Time> expires = lifetime ? std::optional{parts_.clock.now() + *lifetime} : std::nullopt;
    SAFEQ_TRY(token::IssuedPrintToken issued,
              parts_.print_tokens.issue(parts_.tenant, account.subject, label, expires));
    SAFEQ_FAIL_POINT("admin.token_made");
    if (auto recorded = parts_.recorder.print_token_issued(account.subject, issued.token.id); !recorded) {
        // A token that isn't in the log must not be good.
        SAFEQ_TRY_VOID(parts_.print_tokens.revoke(parts_.tenant, account.subject, issued.token.id));
        return std::unexpected(recorded.error());
    }
    return issued;
}

Result<std::vector<token::PrintToken>> Admin::print_tokens(std::string_view who) {
    SAFEQ_TRY(const auth::Account account, find_account(who));
    return parts_.print_tokens.list(parts_.tenant, account.subject);
}

Result<void> Admin::revoke_print_token(std::string_view who, token::TokenId id) {
    SAFEQ_TRY(const auth::Account account, find_account(who));
    SAFEQ_TRY(const auto theirs, parts_.print_tokens.list(parts_.tenant, account.subject));
    if (std::ranges::find(theirs, id, &token::PrintToken::id) == theirs.end())
        return fail(Errc::not_found, "print token");
    SAFEQ_TRY_VOID(parts_.recorder.print_token_revoked(account.subject, id));
    return parts_.print_tokens.revoke(parts_.tenant, account.subject, id);
}

Result<std::vector<job::Job>> Admin::jobs(job::StateSet states, std::size_t limit) {
    SAFEQ_TRY(const auto unit, parts_.repository.begin());
    return unit->list(parts_.tenant, {.states = states, .limit = limit});
}

Result<job::Job> Admin::job(JobId id) {
    SAFEQ_TRY(const auto unit, parts_.repository.begin());
    return unit->find(parts_.tenant, id);
}

Result<job::Job> Admin::cancel_job(JobId id) {
    SAFEQ_TRY(const job::Settled ended, parts_.lifecycle.cancel_as_operator(parts_.tenant, id));
    if (ended.leaf == job::Leaf::durable) SAFEQ_TRY_VOID(parts_.discard(ended.job));
    return ended.job;
}

Result<job::Job> Admin::restrict_job(JobId id, bool restricted) {
    SAFEQ_TRY(const job::Job found, job(id));
    if (found.restricted == restricted) return found;
    SAFEQ_TRY_VOID(parts_.recorder.job_restricted(found, restricted));
    auto done = parts_.lifecycle.restrict_processing(parts_.tenant, id, restricted);
    // It moved on in between: the record of what was not done is taken back by the one of how it is.
    if (!done) SAFEQ_TRY_VOID(parts_.recorder.job_restricted(found, !restricted));
    return done;
}

}  // namespace safeq::service
