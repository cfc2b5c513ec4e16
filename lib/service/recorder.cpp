// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/recorder.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <safeq/core/text.hpp>
#include <safeq/crypto/hash.hpp>
#include <safeq/service/clock_journal.hpp>

#include "service/bounded.hpp"
#include "service/clock_change.hpp"

namespace safeq::service {
namespace {

namespace field = audit::field;
using audit::Kind;

Result<void> durable(const Result<audit::Index>& index) {
    if (index) return {};
    if (index.error().code == Errc::log_unavailable) return std::unexpected(index.error());
    return fail(Errc::log_unavailable, index.error().where, index.error().message());
}

std::string_view name_of(SignInMethod method) {
    switch (method) {
        case SignInMethod::terminal: return "terminal";
        case SignInMethod::password: return "password";
        case SignInMethod::print_token: return "print_token";
    }
    return {};
}

}  // namespace

audit::Record Recorder::record(Kind kind) const {
    return {.id = RecordId::make(parts_.clock, parts_.random),
            .at = parts_.clock.now(),
            .kind = kind,
            .tenant = parts_.tenant};
}

Result<void> Recorder::write(const audit::Record& record) { return durable(parts_.log.append(record)); }

Result<void> Recorder::add_personal(audit::Record& record, SubjectId subject, std::string_view name,
                                    std::string_view text) {
    if (parts_.subjects == nullptr) return {};
    SAFEQ_TRY(const audit::SubjectKey key, parts_.subjects->key(subject));
    SAFEQ_TRY(audit::SealedField sealed,
              audit::seal_personal(key, {parts_.log.origin(), record.id}, subject, name, text, parts_.random));
    record.personal.push_back(std::move(sealed));
    return {};
}

Result<void> Recorder::signed_in(SubjectId subject, const SignInPlace& place, std::string_view factors) {
    audit::Record out = record(Kind::sign_in);
    out.subject = subject;
    out.device = place.device;
    out.add(field::method, name_of(place.method)).add(field::factors, factors);
    return write(out);
}

Result<void> Recorder::sign_in_refused(const SignInPlace& place, std::string_view reason) {
    audit::Record out = record(Kind::sign_in_refused);
    out.device = place.device;
    out.add(field::method, name_of(place.method)).add(field::reason, reason);
    return write(out);
}

Result<void> Recorder::concurrent_use(SubjectId subject, DeviceId here, DeviceId other) {
    audit::Record out = record(Kind::concurrent_use);
    out.subject = subject;
    out.device = here;
    out.add(field::other_device, other.text());
    return write(out);
}

Result<void> Recorder::account_added(SubjectId subject, std::string_view user_name) {
    audit::Record out = record(Kind::user_added);
    out.subject = subject;
    SAFEQ_TRY_VOID(add_personal(out, subject, field::user_name, user_name));
    return write(out);
}

Result<void> Recorder::account_changed(SubjectId subject, std::string_view user_name,
                                       std::span<const std::string_view> changed) {
    audit::Record out = record(Kind::user_changed);
    out.subject = subject;
    out.add(field::changed, fmt::format("{}", fmt::join(changed, "+")));
    SAFEQ_TRY_VOID(add_personal(out, subject, field::user_name, user_name));
    return write(out);
}

Result<void> Recorder::user_unlocked(SubjectId subject) {
    audit::Record out = record(Kind::user_unlocked);
    out.subject = subject;
    return write(out);
}

Result<void> Recorder::user_erased(SubjectId subject) {
    audit::Record out = record(Kind::user_erased);
    out.id = audit::derive_record_id(Kind::user_erased, parts_.tenant, subject.bytes());
    out.subject = subject;
    return write(out);
}

Result<void> Recorder::write_device(Kind kind, DeviceId device, std::string_view name) {
    audit::Record out = record(kind);
    out.device = device;
    out.add(field::name, name);
    return write(out);
}

Result<void> Recorder::device_added(DeviceId device, std::string_view name) {
    return write_device(Kind::device_added, device, name);
}

Result<void> Recorder::device_changed(DeviceId device, std::string_view name,
                                      std::span<const std::string_view> changed) {
    audit::Record out = record(Kind::device_changed);
    out.device = device;
    out.add(field::name, name);
    out.add(field::changed, fmt::format("{}", fmt::join(changed, "+")));
    return write(out);
}

Result<void> Recorder::device_removed(DeviceId device, std::string_view name) {
    return write_device(Kind::device_removed, device, name);
}

Result<void> Recorder::write_print_token(Kind kind, SubjectId subject, token::TokenId token) {
    audit::Record out = record(kind);
    out.subject = subject;
    out.add(field::token, token.text());
    return write(out);
}

Result<void> Recorder::print_token_issued(SubjectId subject, token::TokenId token) {
    return write_print_token(Kind::token_issued, subject, token);
}

Result<void> Recorder::print_token_revoked(SubjectId subject, token::TokenId token) {
    return write_print_token(Kind::token_revoked, subject, token);
}

Result<void> Recorder::epoch_created(const spool::EpochId& epoch) {
    audit::Record out = record(Kind::key_created);
    out.id = audit::derive_record_id(Kind::key_created, parts_.tenant, epoch.bytes);
    out.add(field::key, epoch.text());
    return write(out);
}

Result<void> Recorder::epoch_retired(const spool::EpochId& epoch, Time ends) {
    audit::Record out = record(Kind::key_retired);
    out.add(field::key, epoch.text()).add(field::expires, to_rfc3339(ends));
    return write(out);
}

Result<void> Recorder::epoch_destroyed(const spool::EpochId& epoch, std::uint64_t moved, std::span<const JobId> lost,
                                       Assurance assurance) {
    constexpr std::size_t named_at_once = 100;
    std::uint32_t part = 0;
    for (auto rest = lost; part == 0 || !rest.empty(); ++part) {
        const auto named = rest.first(std::min(rest.size(), named_at_once));
        rest = rest.subspan(named.size());
        audit::Record out = record(Kind::key_destroyed);
        ByteWriter about;
        about.bytes(epoch.bytes);
        if (part > 0) about.u32(part);
        out.id = audit::derive_record_id(Kind::key_destroyed, parts_.tenant, about.take());
        out.add(field::key, epoch.text())
            .add(field::assurance, assurance == Assurance::hardware ? "hardware" : "best-effort")
            .add(field::moved, moved)
            .add(field::lost, std::uint64_t{lost.size()});
        std::string jobs;
        for (const JobId& job : named) {
            if (!jobs.empty()) jobs += ' ';
            jobs += job.text();
        }
        if (!jobs.empty()) out.add(field::jobs, jobs);
        SAFEQ_TRY_VOID(write(out));
    }
    return {};
}

// The latest time of which the log's last records tell, from the last change of the clock on.
Result<Time> Recorder::last_time() const {
    constexpr std::uint64_t looked_at = 256;
    const std::uint64_t size = parts_.log.size();
    Time latest{};
    SAFEQ_TRY_VOID(parts_.log.scan(size - std::min(size, looked_at), [&](audit::Index, ByteView entry) -> Result<void> {
        SAFEQ_TRY(const audit::RecordHead head, audit::record_head(entry));
        latest = head.kind == audit::KindName{Kind::time_changed} ? head.at : std::max(latest, head.at);
        return {};
    }));
    return latest;
}

Result<void> Recorder::daemon_started(std::string_view daemon, std::string_view version,
                                      std::string_view configuration) {
    SAFEQ_TRY(const Time before, last_time());
    const auto back = before - parts_.clock.now();
    if (back > ClockJournal::tolerance) SAFEQ_TRY_VOID(time_changed(-back));
    audit::Record out = record(Kind::daemon_started);
    out.add(field::name, daemon).add(field::version, version);
    out.add(field::configuration, to_hex(crypto::sha256(as_bytes(configuration))));
    return write(out);
}

Result<void> Recorder::daemon_stopped(std::string_view daemon) {
    audit::Record out = record(Kind::daemon_stopped);
    out.add(field::name, daemon);
    return write(out);
}

Result<void> Recorder::credentials_reloaded(std::string_view daemon, std::string_view serial, Time expires,
                                            std::string_view configuration) {
    audit::Record out = record(Kind::credentials_reloaded);
    out.add(field::name, daemon).add(field::key, serial).add(field::expires, to_rfc3339(expires));
    out.add(field::configuration, to_hex(crypto::sha256(as_bytes(configuration))));
    return write(out);
}

Result<void> Recorder::pepper_in_use(const auth::PepperId& pepper) {
    constexpr std::uint64_t looked_at = 65'536;
    const std::uint64_t size = parts_.log.size();
    std::string last;
    const auto look = [&](audit::Index, ByteView entry) -> Result<void> {
        if (!as_text(entry).contains(audit::name(Kind::pepper_changed))) return {};
        SAFEQ_TRY(const audit::Record found, audit::Record::parse(entry));
        const std::string* const key = found.text(field::key);
        if (found.kind == audit::KindName{Kind::pepper_changed} && found.tenant == parts_.tenant && key != nullptr)
            last = *key;
        return {};
    };
    SAFEQ_TRY_VOID(parts_.log.scan(size - std::min(size, looked_at), look));
    if (last == pepper.text()) return {};
    audit::Record out = record(Kind::pepper_changed);
    out.add(field::key, pepper.text());
    return write(out);
}

Result<void> Recorder::policy_exception_used(DeviceId device, std::string_view policy, std::string_view reason,
                                             std::optional<Time> expires) {
    audit::Record out = record(Kind::policy_exception_used);
    out.device = device;
    out.add(field::policy, policy).add(field::reason, bounded(reason));
    if (expires) out.add(field::expires, to_rfc3339(*expires));
    return write(out);
}

Result<void> Recorder::time_changed(std::chrono::milliseconds by) {
    audit::Record out = record(Kind::time_changed);
    add_clock_change(out, by);
    return write(out);
}

Result<void> Recorder::ready() { return parts_.log.ready(); }

Result<void> Recorder::append(const job::Intent& intent) {
    return durable(parts_.log.append_encoded(intent.record_json));
}

Result<bool> Recorder::holds(RecordId record) {
    SAFEQ_TRY(const auto index, parts_.log.find(record));
    return index.has_value();
}

}  // namespace safeq::service
