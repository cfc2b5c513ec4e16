// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/audit/record.hpp>

namespace safeq::audit {

/// What a kind of record tells about.
enum class Family : std::uint8_t { jobs, authentication, administration, keys, policy, privacy, operation };

/// How much an event asks of whoever watches.
enum class Gravity : std::uint8_t { normal, notable, alarming };

/// What a field holds: a number up to `max_number`, or a text.
enum class FieldType : std::uint8_t { number, text };

/// A field, which means the same in every kind of record that has it.
struct FieldRule {
    std::string_view name;
    FieldType type;
    std::string_view meaning;
};

/// One kind of record: what must be in it, what may be, and nothing else. The lists are names with a space between;
/// a `?` behind a name says that it may be absent.
struct KindRule {
    Kind kind;
    std::string_view name;
    Family family;
    Gravity gravity;
    std::string_view ids;       ///< of `job`, `subject` and `device`
    std::string_view fields;    ///< of `field_rules()`
    std::string_view personal;  ///< sealed under the key of the person
    std::string_view meaning;
};

/// A name in one of a rule's lists.
struct Use {
    std::string_view name;
    bool optional = false;

    friend bool operator==(const Use&, const Use&) = default;
};
/// The names in such a list.
[[nodiscard]] std::vector<Use> uses(std::string_view list);

/// Every kind, in the order of the enumeration: the one table from which names, checks, exports and the documentation
/// are made.
[[nodiscard]] std::span<const KindRule> schema() noexcept;
/// The rule of one kind.
[[nodiscard]] const KindRule& rule(Kind kind) noexcept;
/// Every field that some kind has, personal ones too.
[[nodiscard]] std::span<const FieldRule> field_rules() noexcept;
/// Null when no kind has such a field.
[[nodiscard]] const FieldRule* find_field_rule(std::string_view name) noexcept;

/// The word for it in docs/audit_events.md, for example "authentication".
/// @{
[[nodiscard]] std::string_view name(Family family) noexcept;
[[nodiscard]] std::string_view name(Gravity gravity) noexcept;
/// @}

/// Whether the record is what its kind says: the ids, fields and personal fields that must be there, none that may not,
/// each of its type, no id nil. *Errors*: `unsupported` for a kind that this version doesn't know; `malformed`, naming
/// what is wrong.
[[nodiscard]] Result<void> check_schema(const Record& record);

/// Strict: a record in its one form and of its schema. Whoever follows a log uses `Record::parse`, which lets pass what
/// a later version wrote. *Errors*: those of `Record::parse` and `check_schema`.
[[nodiscard]] Result<Record> decode(ByteView json);

/// The tables of docs/audit_events.md.
[[nodiscard]] std::string schema_markdown();

}  // namespace safeq::audit
