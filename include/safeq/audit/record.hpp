// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/id.hpp>

namespace safeq::audit {

inline constexpr std::size_t max_record_bytes = 32 * 1024;
inline constexpr std::size_t max_fields = 64;  ///< and as many personal ones
inline constexpr std::size_t max_field_text_bytes = 4096;
inline constexpr std::size_t max_sealed_bytes = 8192;
/// Numbers stay within what every JSON reader keeps exactly.
inline constexpr std::uint64_t max_number = (std::uint64_t{1} << 53) - 1;

/// What happened.
enum class Kind : std::uint8_t {
    job_accepted,  ///< by an intake
    job_held,      ///< by the release server, waiting for its owner
    job_releasing,
    job_printed,
    job_failed,
    job_uncertain,
    job_deleted,
    job_cancelled,
    job_expired,
    sign_in,
    sign_in_refused,
    user_added,
    user_changed,
    user_erased,
    device_added,
    device_changed,
    token_issued,
    token_revoked,
    key_created,
    key_destroyed,
    daemon_started,
    daemon_stopped,
    orphan_removed,
    policy_exception_used,
    time_changed,
    job_restricted,        ///< frozen by a privacy officer: neither shown nor released
    job_unrestricted,      ///< as before again
    quota_refused,         ///< a document for which its owner had no room left
    credentials_reloaded,  ///< certificates, revocation lists and policies, read anew by a daemon that runs
    key_retired,           ///< nothing new is sealed to an epoch's key, and its end is set
    job_kept,              ///< a favourite: it stays when it has been printed
    job_unkept,            ///< an ordinary job again
    job_restored,          ///< held anew from its sealed files, for the database didn't have it
    user_unlocked,         ///< an operator had the throttle forget the failures at somebody's account
    concurrent_use,        ///< a card signs in at one device while its owner is signed in at another
    pepper_changed,        ///< passwords, PINs and cards are stored under another pepper than was last recorded
    device_removed,        ///< its terminal is known no more, nor where it prints
};

/// Every kind, in the order of the enumeration.
[[nodiscard]] std::span<const Kind> all_kinds() noexcept;
/// The kind as records write it, for example "job_accepted".
[[nodiscard]] std::string_view name(Kind kind) noexcept;

/// The kind of a record, also one of a later version that this one doesn't know.
class KindName {
public:
    KindName() : KindName{Kind::job_accepted} {}
    KindName(Kind kind) : text_{name(kind)}, known_{kind} {}  // implicit: a kind is a kind name

    /// *Errors*: `malformed` when not 1 to 40 of a-z, 0-9 and `_`.
    [[nodiscard]] static Result<KindName> parse(std::string_view text);

    [[nodiscard]] std::optional<Kind> known() const noexcept { return known_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    friend bool operator==(const KindName& a, const KindName& b) noexcept { return a.text_ == b.text_; }

private:
    explicit KindName(std::string text) : text_{std::move(text)} {}
    std::string text_;
    std::optional<Kind> known_;
};

/// The names of the fields that the library's own records use; see docs/formats/audit_v1.md.
namespace field {
inline constexpr std::string_view format = "format";        ///< text: MIME media type
inline constexpr std::string_view bytes = "bytes";          ///< number: of all documents, before sealing
inline constexpr std::string_view pages = "pages";          ///< number: of one copy, or as counted by the device
inline constexpr std::string_view copies = "copies";        ///< number
inline constexpr std::string_view documents = "documents";  ///< number
inline constexpr std::string_view attempt = "attempt";      ///< number: fencing number of a release
inline constexpr std::string_view reason = "reason";        ///< text: a token, why
inline constexpr std::string_view actor = "actor";          ///< text: "owner", "operator" or "system"
inline constexpr std::string_view factors = "factors";      ///< text: "card+pin"
inline constexpr std::string_view changed = "changed";      ///< text: "pin+cards", "uri+rule"
inline constexpr std::string_view name = "name";            ///< text: of a device or daemon
inline constexpr std::string_view version = "version";      ///< text
inline constexpr std::string_view configuration = "configuration";  ///< text: SHA-256 of the options in effect
inline constexpr std::string_view message = "message";              ///< text: a device's last answer
inline constexpr std::string_view token = "token";                  ///< text: a token's id
inline constexpr std::string_view key = "key";                      ///< text: a key's id
inline constexpr std::string_view assurance = "assurance";          ///< text: "hardware" or "best-effort"
inline constexpr std::string_view moved = "moved";                  ///< number: files re-sealed to another key
inline constexpr std::string_view lost = "lost";                    ///< number: of jobs that can't be read any more
inline constexpr std::string_view jobs = "jobs";                    ///< text: ids of jobs, with a space between
inline constexpr std::string_view policy = "policy";                ///< text: a TLS policy's name
inline constexpr std::string_view title = "title";                  ///< personal: of a job
inline constexpr std::string_view user_name = "user_name";          ///< personal
inline constexpr std::string_view method = "method";                ///< text: how somebody proved who they are
inline constexpr std::string_view expires = "expires";              ///< text: RFC 3339
inline constexpr std::string_view direction = "direction";          ///< text: "forward" or "back"
inline constexpr std::string_view by_ms = "by_ms";                  ///< number: milliseconds
inline constexpr std::string_view other_device = "other_device";    ///< text: id of a device, beside the record's own
}  // namespace field

/// Something of a record that says nothing about a person: a number, or a short text (a token, a format, a device).
struct Field {
    std::string name;  ///< 1 to 40 of a-z, 0-9 and `_`
    std::variant<std::uint64_t, std::string> value;

    friend bool operator==(const Field&, const Field&) = default;
};

/// Something about a person, sealed under that person's key; see `personal.hpp`.
struct SealedField {
    std::string name;
    SubjectId subject;
    Bytes sealed;

    friend bool operator==(const SealedField&, const SealedField&) = default;
};

/// One entry of the log. Its JSON has one form only, so that its hash means one thing.
struct Record {
    RecordId id;  ///< makes appending it idempotent
    Time at;
    KindName kind;
    TenantId tenant;
    std::optional<JobId> job = {};
    std::optional<SubjectId> subject = {};
    std::optional<DeviceId> device = {};
    std::vector<Field> fields = {};
    std::vector<SealedField> personal = {};

    /// *Errors*: `invalid_argument`, `too_large`, `too_many`, `duplicate`, `invalid_utf8`, `control_character`, naming
    /// the field.
    [[nodiscard]] Result<Bytes> encode() const;
    /// Accepts exactly what `encode()` writes, kinds unknown included.
    /// *Errors*: `too_large`, `malformed`, `bad_version`, `not_canonical`, and those of `encode()`.
    [[nodiscard]] static Result<Record> parse(ByteView json);

    /// Puts a field at the end; `encode` checks it.
    /// @{
    Record& add(std::string_view name, std::uint64_t number);
    Record& add(std::string_view name, std::string_view text);
    /// @}

    /// Null when there is no such field, or it is of the other type.
    /// @{
    [[nodiscard]] const std::uint64_t* number(std::string_view name) const noexcept;
    [[nodiscard]] const std::string* text(std::string_view name) const noexcept;
    [[nodiscard]] const SealedField* sealed(std::string_view name) const noexcept;
    /// @}

    friend bool operator==(const Record&, const Record&) = default;
};

/// The id of an encoded record, without parsing the rest. *Errors*: `malformed`.
[[nodiscard]] Result<RecordId> record_id(ByteView json);

/// What every record begins with.
struct RecordHead {
    RecordId id;
    Time at{};
    KindName kind;
    TenantId tenant;
    std::optional<JobId> job;

    friend bool operator==(const RecordHead&, const RecordHead&) = default;
};

/// The beginning of an encoded record, without parsing the rest: for who looks through a log, whose entries were
/// parsed when they were appended. *Errors*: `malformed`, and those of the members.
[[nodiscard]] Result<RecordHead> record_head(ByteView json);

/// A record id that follows from what the record is about, for acts that may be recorded twice: "accepted" of a job.
[[nodiscard]] RecordId derive_record_id(Kind kind, TenantId tenant, ByteView about);

}  // namespace safeq::audit
