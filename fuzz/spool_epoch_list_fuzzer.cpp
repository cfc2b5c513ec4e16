// SPDX-License-Identifier: Apache-2.0
// Under test: spool::EpochList::open (over the input as a note, and over the input as a text that the pinned key
// signed).
// Property: without the key's signature nothing is accepted; what is accepted is written back as the same note.
#include <cstdlib>

#include <safeq/spool/epoch_list.hpp>

#include "../tests/support/random.hpp"

namespace {

using namespace safeq;

void hold(bool property) {
    if (!property) std::abort();
}

struct Tier {
    test::SeededRandom random{5};
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    crypto::NoteKey pinned{"release.example/epochs", key.verifying_key()};
    TenantId tenant{IdBytes{std::byte{1}}};
    Time now{std::chrono::milliseconds{1795384800123}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Tier tier;
    const std::string_view input = as_text(std::as_bytes(std::span{data, size}));
    const auto open = [&](std::string_view note) {
        return spool::EpochList::open(note, tier.pinned, tier.tenant, 7, tier.now);
    };
    hold(!open(input).has_value());

    auto note = crypto::SignedNote::of(std::string{input});
    if (!note) return 0;
    hold(note->sign(tier.pinned.name, tier.key).has_value());
    const auto list = open(note->encode());
    if (!list) return 0;
    hold(list->tenant == tier.tenant && list->sequence >= 7 && list->expires > tier.now);
    const auto again = list->encode_signed(tier.key, tier.pinned.name);
    hold(again.has_value() && *again == note->encode());
    if (const auto current = list->current(tier.now)) hold(!(*current)->kept && (*current)->covers(tier.now));
    if (const auto kept = list->kept(tier.now)) hold((*kept)->kept && (*kept)->covers(tier.now));
    return 0;
}
