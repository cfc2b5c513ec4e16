// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/epoch_list.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

#include "bindings.hpp"

namespace safeq::spool {
namespace {

constexpr std::string_view where = "epoch list";
constexpr std::string_view family = "safeq/spool/";
constexpr std::string_view title = "safeq/spool/v1/epochs";
constexpr std::string_view word_rotating = "rotating";
constexpr std::string_view word_kept = "kept";

std::unexpected<Error> malformed(std::string detail) {
    return fail(Errc::malformed, std::string{where}, std::move(detail));
}

/// Takes the text before the next `end` off the front; none when there is no such mark.
std::optional<std::string_view> take_until(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at + 1);
    return taken;
}

/// Takes a line "name value" off the front and returns the value.
Result<std::string_view> take_field(std::string_view& text, std::string_view name) {
    std::string_view rest = text;
    const auto word = take_until(rest, ' ');
    if (word != name) return malformed("no line '" + std::string{name} + "' where it must be");
    const auto value = take_until(rest, '\n');
    if (!value) return malformed("the last line has no newline");
    text = rest;
    return *value;
}

Result<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return malformed("not a number");
    return number;
}

Result<EpochKeyEntry> parse_entry(std::string_view line) {
    EpochKeyEntry entry;
    const auto kind = take_until(line, ' ');
    const auto not_before = take_until(line, ' ');
    const auto not_after = take_until(line, ' ');
    if (!kind || !not_before || !not_after) return malformed("a key line has too few words");
    if (*kind != word_rotating && *kind != word_kept) return malformed("a key is neither rotating nor kept");
    entry.kept = *kind == word_kept;
    SAFEQ_TRY(entry.not_before, parse_rfc3339(*not_before));
    SAFEQ_TRY(entry.not_after, parse_rfc3339(*not_after));
    SAFEQ_TRY(const Bytes key, from_base64(line));
    if (key.size() != entry.key.size()) return malformed("a key of another size");
    std::ranges::copy(key, entry.key.begin());
    return entry;
}

std::string encode_text(const EpochList& list) {
    std::string text{title};
    text += "\ntenant " + list.tenant.text();
    text += "\nsequence " + std::to_string(list.sequence);
    text += "\nissued " + to_rfc3339(list.issued);
    text += "\nexpires " + to_rfc3339(list.expires);
    for (const EpochKeyEntry& entry : list.keys) {
        text += "\nkey ";
        text += entry.kept ? word_kept : word_rotating;
        text += ' ' + to_rfc3339(entry.not_before) + ' ' + to_rfc3339(entry.not_after) + ' ' + to_base64(entry.key);
    }
    text += '\n';
    return text;
}

/// What holds of every list, read or written.
Result<void> check(const EpochList& list) {
    if (list.keys.size() > max_epoch_list_keys) return fail(Errc::too_many, std::string{where}, "keys");
    if (list.expires <= list.issued || list.expires - list.issued > epoch_list_lifetime)
        return malformed("it is valid for more than 48 hours, or for no time");
    std::vector<EpochId> seen;
    for (const EpochKeyEntry& entry : list.keys) {
        if (entry.not_after <= entry.not_before) return malformed("a key's time ends before it begins");
        const EpochId id = entry.id();
        if (std::ranges::find(seen, id) != seen.end()) return fail(Errc::duplicate, std::string{where}, id.text());
        seen.push_back(id);
    }
    return {};
}

Result<EpochList> parse_text(const std::string_view text) {
    std::string_view rest = text;
    const auto first = take_until(rest, '\n');
    if (first != title) {
        if (first && first->starts_with(family) && first->ends_with("/epochs"))
            return fail(Errc::bad_version, std::string{where}, std::string{*first});
        return malformed("not an epoch list");
    }
    EpochList list;
    SAFEQ_TRY(const std::string_view tenant, take_field(rest, "tenant"));
    SAFEQ_TRY(list.tenant, TenantId::parse(tenant));
    SAFEQ_TRY(const std::string_view sequence, take_field(rest, "sequence"));
    SAFEQ_TRY(list.sequence, parse_number(sequence));
    SAFEQ_TRY(const std::string_view issued, take_field(rest, "issued"));
    SAFEQ_TRY(list.issued, parse_rfc3339(issued));
    SAFEQ_TRY(const std::string_view expires, take_field(rest, "expires"));
    SAFEQ_TRY(list.expires, parse_rfc3339(expires));
    while (!rest.empty()) {
        if (list.keys.size() == max_epoch_list_keys) return fail(Errc::too_many, std::string{where}, "keys");
        SAFEQ_TRY(const std::string_view line, take_field(rest, "key"));
        SAFEQ_TRY(EpochKeyEntry entry, parse_entry(line));
        list.keys.push_back(std::move(entry));
    }
    SAFEQ_TRY_VOID(check(list));
    if (encode_text(list) != text) return fail(Errc::not_canonical, std::string{where});
    return list;
}

// Signed for that tenant, whenever that was.
Result<EpochList> authentic(std::string_view note, const crypto::NoteKey& pinned, const TenantId& tenant) {
    SAFEQ_TRY(const crypto::SignedNote parsed, crypto::SignedNote::parse(note, {.max_bytes = max_epoch_list_bytes}));
    SAFEQ_TRY_VOID(parsed.verify(pinned));
    SAFEQ_TRY(EpochList list, parse_text(parsed.text));
    if (list.tenant != tenant) return fail(Errc::header_mismatch, std::string{where}, "of another tenant");
    return list;
}

Result<const EpochKeyEntry*> pick(const EpochList& list, Time now, bool kept) {
    if (now >= list.expires) return fail(Errc::epoch_expired, std::string{where}, "the list is over");
    const EpochKeyEntry* best = nullptr;
    for (const EpochKeyEntry& entry : list.keys) {
        if (entry.kept != kept || !entry.covers(now)) continue;
        if (best == nullptr || entry.not_before > best->not_before) best = &entry;
    }
    if (best == nullptr) return fail(Errc::epoch_expired, std::string{where}, "no key for this time");
    return best;
}

}  // namespace

EpochList EpochList::issue(const TenantId& tenant, std::uint64_t sequence, Time issued,
                           std::vector<EpochKeyEntry> keys) {
    return {tenant, sequence, issued, issued + epoch_list_lifetime, std::move(keys)};
}

Result<std::string> EpochList::encode_signed(const crypto::SigningKey& key, std::string_view key_name) const {
    bool times_fit = can_be_written(issued) && can_be_written(expires);
    for (const EpochKeyEntry& entry : keys)
        times_fit = times_fit && can_be_written(entry.not_before) && can_be_written(entry.not_after);
    if (!times_fit) return fail(Errc::invalid_argument, std::string{where}, "a time before 1970 or after 9999");
    if (auto sound = check(*this); !sound) {
        if (sound.error().code == Errc::too_many) return std::unexpected{sound.error()};
        return fail(Errc::invalid_argument, std::string{where}, sound.error().detail);
    }
    SAFEQ_TRY(crypto::SignedNote note, crypto::SignedNote::of(encode_text(*this)));
    SAFEQ_TRY_VOID(note.sign(key_name, key));
    return note.encode();
}

Result<std::uint64_t> EpochList::sequence_of(std::string_view note, const crypto::NoteKey& pinned,
                                             const TenantId& tenant) {
    SAFEQ_TRY(const EpochList list, authentic(note, pinned, tenant));
    return list.sequence;
}

Result<EpochList> EpochList::open(std::string_view note, const crypto::NoteKey& pinned, const TenantId& tenant,
                                  std::uint64_t least_sequence, Time now) {
    SAFEQ_TRY(EpochList list, authentic(note, pinned, tenant));
    if (list.sequence < least_sequence)
        return fail(Errc::rollback, std::string{where},
                    "sequence " + std::to_string(list.sequence) + " after " + std::to_string(least_sequence));
    if (now >= list.expires)
        return fail(Errc::epoch_expired, std::string{where}, "over since " + to_rfc3339(list.expires));
    if (now < list.issued && list.issued - now > epoch_list_clock_skew)
        return fail(Errc::epoch_expired, std::string{where}, "issued in the future, " + to_rfc3339(list.issued));
    return list;
}

Result<const EpochKeyEntry*> EpochList::current(Time now) const& { return pick(*this, now, false); }

Result<const EpochKeyEntry*> EpochList::kept(Time now) const& { return pick(*this, now, true); }

const EpochKeyEntry* EpochList::find(const EpochId& epoch) const& {
    const auto at = std::ranges::find_if(keys, [&](const EpochKeyEntry& entry) { return entry.id() == epoch; });
    return at == keys.end() ? nullptr : &*at;
}

}  // namespace safeq::spool
