// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include <safeq/audit/personal.hpp>

#include "support/memory_audit.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace safeq::audit;

namespace {

template <class Id>
Id id(std::string_view last) {
    return *Id::parse("01890000-0000-7000-8000-0000000000" + std::string{last});
}

}  // namespace

TEST_CASE("a personal field opens at its place only") {
    test::SeededRandom random;
    const SubjectKey key = SubjectKey::random(random);
    const PersonalContext here{"log.example/release", id<RecordId>("01")};
    const auto sealed = seal_personal(key, here, id<SubjectId>("02"), "title", "Kündigung.pdf", random);
    REQUIRE(sealed);
    CHECK(sealed->name == "title");
    CHECK(sealed->sealed.size() == 12 + 14 + 16);
    CHECK(as_text(sealed->sealed).find("ndigung") == std::string_view::npos);
    CHECK(open_personal(key, here, *sealed) == "Kündigung.pdf");

    const auto refused = [&](const SubjectKey& k, const PersonalContext& context, SealedField field) {
        const auto opened = open_personal(k, context, field);
        return !opened && opened.error().code == Errc::authentication_failed;
    };
    CHECK(refused(SubjectKey::random(random), here, *sealed));
    CHECK(refused(key, {"log.example/intake", here.record}, *sealed));
    CHECK(refused(key, {here.origin, id<RecordId>("03")}, *sealed));
    CHECK(refused(key, here, {"user_name", sealed->subject, sealed->sealed}));
    CHECK(refused(key, here, {"title", id<SubjectId>("03"), sealed->sealed}));
    for (std::size_t i = 0; i < sealed->sealed.size(); ++i) {
        SealedField changed = *sealed;
        changed.sealed[i] ^= std::byte{1};
        REQUIRE(refused(key, here, changed));
        changed.sealed.resize(i);
        REQUIRE(!open_personal(key, here, changed));
    }
    // Another nonce each time.
    CHECK(*seal_personal(key, here, sealed->subject, "title", "Kündigung.pdf", random) != *sealed);
}

TEST_CASE("what may be sealed") {
    test::SeededRandom random;
    const SubjectKey key = SubjectKey::random(random);
    const PersonalContext here{"o", id<RecordId>("01")};
    const auto subject = id<SubjectId>("02");
    CHECK(open_personal(key, here, *seal_personal(key, here, subject, "t", "", random)) == "");
    CHECK(open_personal(key, here, *seal_personal(key, here, subject, "t", "a\nb", random)) == "a\nb");
    CHECK(seal_personal(key, here, subject, "t", "\xff", random).error().code == Errc::invalid_utf8);
    CHECK(seal_personal(key, here, subject, "t", std::string(4097, 'a'), random).error().code == Errc::too_large);
    const auto longest = seal_personal(key, here, subject, "t", std::string(4096, 'a'), random);
    REQUIRE(longest);
    Record record{.id = here.record, .at = Time{}, .kind = Kind::job_held, .tenant = id<TenantId>("03")};
    record.personal = {*longest};
    CHECK(record.encode());

    // Bytes that an older or foreign writer sealed and that are no text.
    const Bytes elsewhere = seal_under(key, {as_bytes("\xff")}, {as_bytes("row")}, random);
    CHECK(same_bytes(*open_under(key, elsewhere, {as_bytes("row")}), as_bytes("\xff")));
    CHECK(open_under(key, elsewhere, {as_bytes("other row")}).error().code == Errc::authentication_failed);
    CHECK(open_under(key, ByteView{elsewhere}.first(27), {as_bytes("row")}).error().code == Errc::truncated);
}

TEST_CASE("a destroyed key erases") {
    test::SeededRandom random;
    test::MemorySubjectKeys keys;
    const auto subject = id<SubjectId>("02");
    CHECK(keys.key(subject).error().code == Errc::key_unknown);
    keys.put(subject, SubjectKey::random(random));
    CHECK(keys.key(subject));
    keys.destroy(subject);
    CHECK(keys.key(subject).error().code == Errc::key_destroyed);
}
