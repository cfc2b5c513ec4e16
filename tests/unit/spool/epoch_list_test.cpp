// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/epoch_list.hpp>

#include "world.hpp"

using namespace safeq;
using namespace safeq::test;
using namespace std::chrono_literals;
using spool::EpochList;

namespace {

struct Lists {
    World world;
    crypto::SigningKey key = crypto::SigningKey::generate(world.random);
    crypto::NoteKey pinned{"release.example/epochs", key.verifying_key()};
    Time now = world.clock.now();
    EpochList list;

    Lists() {
        list = EpochList::issue(world.header.tenant, 41, now,
                                {{world.epoch, now - 1h, now + 24h, false},
                                 {world.add_epoch(), now + 23h, now + 48h, false},
                                 {world.add_epoch(), now - 100h, now + 1000h, true}});
    }

    std::string note() const { return note_of(list); }
    std::string note_of(const EpochList& of) const {
        auto text = of.encode_signed(key, pinned.name);
        REQUIRE(text);
        return *text;
    }
    /// Any text, properly signed.
    std::string signed_text(std::string text) const {
        auto made = crypto::SignedNote::of(std::move(text));
        REQUIRE(made);
        REQUIRE(made->sign(pinned.name, key));
        return made->encode();
    }
    Result<EpochList> open(std::string_view text) const {
        return EpochList::open(text, pinned, world.header.tenant, 0, now);
    }
    std::string text() const {
        const std::string whole = note();
        return whole.substr(0, whole.rfind("\n\n") + 1);
    }
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a signed list is read as it was written") {
    const Lists lists;
    const auto got = lists.open(lists.note());
    REQUIRE(got);
    CHECK(*got == lists.list);
    CHECK(got->expires == lists.now + 48h);
    CHECK(lists.note_of(*got) == lists.note());
    CHECK(lists.text().starts_with("safeq/spool/v1/epochs\ntenant " + lists.world.header.tenant.text() +
                                   "\nsequence 41\nissued " + to_rfc3339(lists.now) + "\nexpires " +
                                   to_rfc3339(lists.now + 48h) + "\nkey rotating "));
    const EpochList empty = EpochList::issue(lists.world.header.tenant, 42, lists.now, {});
    CHECK(lists.open(lists.note_of(empty)) == empty);
}

TEST_CASE("only the pinned key's lists count") {
    Lists lists;
    const std::string note = lists.note();
    const crypto::SigningKey other = crypto::SigningKey::generate(lists.world.random);
    const auto with = [&](const crypto::NoteKey& pinned) {
        return EpochList::open(note, pinned, lists.world.header.tenant, 0, lists.now);
    };
    CHECK(code_of(with({lists.pinned.name, other.verifying_key()})) == Errc::signature_invalid);
    CHECK(code_of(with({"release.example/audit", lists.pinned.key})) == Errc::signature_invalid);

    // No signature at all.
    CHECK(code_of(lists.open(lists.text())) == Errc::malformed);
    CHECK(code_of(lists.open(lists.text() + "\n")) == Errc::malformed);
    // Somebody else's signature under the right name.
    auto forged = crypto::SignedNote::of(lists.text());
    REQUIRE(forged->sign(lists.pinned.name, other));
    CHECK(code_of(lists.open(forged->encode())) == Errc::signature_invalid);
    // The right signature over another list.
    CHECK(code_of(lists.open(replaced(note, "sequence 41", "sequence 42"))) == Errc::signature_invalid);
    CHECK(code_of(lists.open(replaced(note, "rotating", "kept"))) == Errc::signature_invalid);
    // More signatures, of keys that nobody knows, do no harm.
    auto more = crypto::SignedNote::parse(note, {.max_bytes = 100'000});
    REQUIRE(more);
    REQUIRE(more->sign("witness.example", other));
    CHECK(lists.open(more->encode()) == lists.list);
}

TEST_CASE("an older list is refused, the same one is not") {
    const Lists lists;
    const auto least = [&](std::uint64_t sequence) {
        return EpochList::open(lists.note(), lists.pinned, lists.world.header.tenant, sequence, lists.now);
    };
    CHECK(least(40));
    CHECK(least(41));
    CHECK(code_of(least(42)) == Errc::rollback);
    CHECK(code_of(least(~std::uint64_t{0})) == Errc::rollback);
}

TEST_CASE("a list of another tenant is refused") {
    Lists lists;
    const TenantId other = TenantId::make(lists.world.clock, lists.world.random);
    CHECK(code_of(EpochList::open(lists.note(), lists.pinned, other, 0, lists.now)) == Errc::header_mismatch);
}

TEST_CASE("a list has its time") {
    const Lists lists;
    const auto at = [&](Time now) {
        return EpochList::open(lists.note(), lists.pinned, lists.world.header.tenant, 0, now);
    };
    CHECK(at(lists.now + 48h - 1ms));
    CHECK(code_of(at(lists.now + 48h)) == Errc::epoch_expired);
    CHECK(code_of(at(lists.now + 24h * 3650)) == Errc::epoch_expired);
    CHECK(at(lists.now - 5min));
    CHECK(code_of(at(lists.now - 5min - 1ms)) == Errc::epoch_expired);
    CHECK(code_of(at(Time{})) == Errc::epoch_expired);
}

TEST_CASE("the current key is the latest whose time it is") {
    const Lists lists;
    const EpochList& list = lists.list;
    CHECK(*list.current(lists.now) == &list.keys[0]);
    CHECK(*list.current(lists.now + 23h - 1ms) == &list.keys[0]);
    CHECK(*list.current(lists.now + 23h) == &list.keys[1]);
    CHECK(*list.current(lists.now + 48h - 1ms) == &list.keys[1]);
    CHECK(code_of(list.current(lists.now + 48h)) == Errc::epoch_expired);
    CHECK(code_of(list.current(lists.now - 1h - 1ms)) == Errc::epoch_expired);
    CHECK(*list.kept(lists.now) == &list.keys[2]);
    CHECK(code_of(list.kept(lists.now - 101h)) == Errc::epoch_expired);
    CHECK(list.find(lists.world.epoch_id) == &list.keys[0]);
    CHECK(list.find(spool::EpochId{}) == nullptr);
    EpochList none = list;
    none.keys = {list.keys[2]};
    CHECK(code_of(none.current(lists.now)) == Errc::epoch_expired);
    // Within its 48 hours, a list may outlive its keys.
    none.keys = {list.keys[0]};
    CHECK(code_of(none.current(lists.now + 24h)) == Errc::epoch_expired);
}

TEST_CASE("a list that no honest release tier writes is refused, even signed") {
    const Lists lists;
    const std::string text = lists.text();
    const auto refuse = [&](std::string_view from, std::string_view to) {
        return code_of(lists.open(lists.signed_text(replaced(text, from, to))));
    };
    REQUIRE(lists.open(lists.signed_text(text)));
    CHECK(refuse("safeq/spool/v1/epochs", "safeq/spool/v2/epochs") == Errc::bad_version);
    CHECK(refuse("safeq/spool/v1/epochs", "example.com/log") == Errc::malformed);
    CHECK(refuse("tenant ", "Tenant ") == Errc::malformed);
    CHECK(refuse("tenant ", "tenant  ") == Errc::malformed);
    CHECK(refuse("sequence 41", "sequence 041") == Errc::not_canonical);
    CHECK(refuse("sequence 41", "sequence -1") == Errc::malformed);
    CHECK(refuse("sequence 41", "sequence 18446744073709551616") == Errc::malformed);
    CHECK(refuse("sequence 41", "sequence ") == Errc::malformed);
    CHECK(refuse("sequence 41\n", "") == Errc::malformed);
    CHECK(refuse("issued 2", "issued 3") == Errc::malformed);
    CHECK(refuse("issued " + to_rfc3339(lists.now), "issued " + to_rfc3339(lists.now - 1ms)) == Errc::malformed);
    CHECK(refuse("expires " + to_rfc3339(lists.now + 48h), "expires " + to_rfc3339(lists.now)) == Errc::malformed);
    CHECK(refuse("expires " + to_rfc3339(lists.now + 48h), "expires tomorrow") == Errc::malformed);
    CHECK(refuse("rotating", "spare") == Errc::malformed);
    CHECK(refuse("rotating ", "rotating") == Errc::malformed);
    CHECK(refuse(to_rfc3339(lists.now - 1h), to_rfc3339(lists.now + 24h)) == Errc::malformed);
    CHECK(refuse(to_base64(lists.world.epoch), "AAAA") == Errc::malformed);
    CHECK(refuse(to_base64(lists.world.epoch), to_base64(lists.world.epoch) + " ") == Errc::malformed);
    CHECK(refuse(to_base64(lists.world.epoch), to_base64(lists.list.keys[1].key)) == Errc::duplicate);
    CHECK(refuse("\nkey kept", "\n\nkey kept") == Errc::malformed);
    CHECK(refuse("\nkey kept", "\nnote hello\nkey kept") == Errc::malformed);
    CHECK(code_of(lists.open(lists.signed_text("\n"))) == Errc::malformed);
    CHECK(code_of(lists.open(lists.signed_text("safeq/spool/v1/epochs\n"))) == Errc::malformed);
    CHECK(code_of(lists.open("")) == Errc::malformed);
}

TEST_CASE("a list's size is bounded") {
    Lists lists;
    EpochList many = lists.list;
    many.keys.clear();
    for (std::size_t i = 0; i < spool::max_epoch_list_keys; ++i) {
        spool::EpochKeyEntry entry = lists.list.keys[0];
        entry.key[0] = static_cast<std::byte>(i);
        entry.key[1] ^= std::byte{1};
        many.keys.push_back(entry);
    }
    const std::string note = lists.note_of(many);
    CHECK(note.size() <= spool::max_epoch_list_bytes);
    CHECK(lists.open(note) == many);
    many.keys.push_back(lists.list.keys[0]);
    CHECK(code_of(many.encode_signed(lists.key, lists.pinned.name)) == Errc::too_many);
    const std::string text = note.substr(0, note.rfind("\n\n") + 1);
    const std::string line = "key rotating " + to_rfc3339(lists.now) + ' ' + to_rfc3339(lists.now + 1h) + ' ' +
                             to_base64(lists.world.epoch) + '\n';
    CHECK(code_of(lists.open(lists.signed_text(text + line))) == Errc::too_many);
    std::string huge = lists.text();
    while (huge.size() < spool::max_epoch_list_bytes) huge += line;
    CHECK(code_of(lists.open(lists.signed_text(huge))) == Errc::too_large);
}

TEST_CASE("a list is not signed unless it can be opened") {
    const Lists lists;
    const auto refuse = [&](const EpochList& list) {
        return code_of(list.encode_signed(lists.key, lists.pinned.name));
    };
    EpochList list = lists.list;
    list.expires = list.issued + 48h + 1ms;
    CHECK(refuse(list) == Errc::invalid_argument);
    list.expires = list.issued;
    CHECK(refuse(list) == Errc::invalid_argument);
    list = lists.list;
    list.keys[1] = list.keys[0];
    CHECK(refuse(list) == Errc::invalid_argument);
    list = lists.list;
    list.keys[1].not_after = list.keys[1].not_before;
    CHECK(refuse(list) == Errc::invalid_argument);
    list = lists.list;
    list.keys[1].not_after = Time::max();
    CHECK(refuse(list) == Errc::invalid_argument);
    list.issued = Time::min();
    list.expires = Time::max();
    CHECK(refuse(list) == Errc::invalid_argument);
    CHECK(code_of(lists.list.encode_signed(lists.key, "a name")) == Errc::malformed);
}
