// SPDX-License-Identifier: Apache-2.0
// Under test: store::parse_frame, store::holds_frame, store::decode_epoch_table, store::decode_sequence,
// store::decode_sealed_text, store::generation_of, report::parse_outcome.
// The first byte says what the rest is. Property: what is read is written back as the same bytes; a frame of a journal
// is read exactly when a second reader finds it whole, wherever it begins, and one bit of it changed makes it none; a
// table of epochs that isn't wrapped by our root key is refused.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include <safeq/crypto/aead.hpp>
#include <safeq/crypto/hash.hpp>

#include "store/epoch_file.hpp"
#include "store/generation.hpp"
#include "store/journal_frame.hpp"
#include "store/report_rows.hpp"

using namespace safeq;
using namespace safeq::store;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

class OneRoot final : public spool::RootKeys {
public:
    Result<std::set<std::uint64_t>> generations() override { return std::set<std::uint64_t>{1}; }
    Result<void> create(std::uint64_t) override { return {}; }
    Result<Bytes> wrap(std::uint64_t, ByteView secret) override { return crypto::wrap_key(key_, secret); }
    Result<crypto::Secret> unwrap(std::uint64_t, ByteView wrapped) override {
        return crypto::unwrap_key(key_, wrapped);
    }
    Result<void> destroy(std::uint64_t) override { return {}; }
    [[nodiscard]] bool hardware() const noexcept override { return false; }

private:
    crypto::WrapKey key_{};
};

std::uint64_t number(ByteView in, std::size_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value * 256 + std::to_integer<unsigned>(in[at + i]);
    return value;
}

// Mark, length, first index, count, entries with their lengths, half a SHA-256: how long the frame is, or nothing.
std::optional<std::size_t> whole_frame(ByteView in) {
    if (in.size() < 20 || number(in, 0, 4) != 0xf500ffc0) return std::nullopt;
    const std::uint64_t length = number(in, 4, 4), count = number(in, 16, 4);
    if (20 + length + 16 > in.size()) return std::nullopt;
    const std::size_t end = 20 + length;
    if (!same_bytes(ByteView{crypto::sha256(in.first(end))}.first(16), in.subspan(end, 16))) return std::nullopt;
    std::size_t at = 20;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (end - at < 4 || end - at - 4 < number(in, at, 4)) return std::nullopt;
        at += 4 + number(in, at, 4);
    }
    return at == end ? std::optional{end + 16} : std::nullopt;
}

void check_frame(ByteView in) {
    const auto frame = parse_frame(in);
    const auto whole = whole_frame(in);
    require(frame.has_value() == whole.has_value());
    bool somewhere = false;
    for (std::size_t at = 0; at < in.size() && !somewhere; ++at) somewhere = whole_frame(in.subspan(at)).has_value();
    require(holds_frame(in) == somewhere);
    if (!frame) return;
    require(frame->bytes == *whole);
    const Bytes again = encode_frame(frame->first, frame->entries);
    require(same_bytes(again, in.first(frame->bytes)));
    Bytes changed = again;
    const std::size_t bit = (number(in, in.size() - 1, 1) * 37) % (8 * again.size());
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    require(!parse_frame(changed));
}

// The input lacks what the fuzzer can't guess: the hash at the end.
void check_sealed_frame(ByteView in) {
    Bytes frame = to_bytes(in);
    const crypto::Sha256Digest digest = crypto::sha256(in);
    frame.insert(frame.end(), digest.begin(), digest.begin() + 16);
    check_frame(frame);
}

void check_epochs(ByteView in) {
    OneRoot roots;
    require(!decode_epoch_table(in, 1, roots));
    constexpr std::string_view line = "safeq/epochs/v1\n";
    if (in.empty()) return;  // nothing is nothing to wrap
    Bytes file = to_bytes(line);
    const Bytes wrapped = roots.wrap(1, in).value();
    file.insert(file.end(), wrapped.begin(), wrapped.end());
    const auto table = decode_epoch_table(file, 1, roots);
    if (!table) return;
    require(table->epochs.size() <= max_epochs && table->destroyed.size() <= max_destroyed_epochs);
    for (const auto& [id, entry] : table->epochs) require(spool::EpochId::of(entry.epoch.key) == id);
    const auto again = encode(*table, roots);
    require(again && *again == file);
}

// Nor can it guess the id that belongs to a seed.
void check_good_epoch(ByteView in) {
    if (in.size() < crypto::XwingSeed::size + 18) return;
    auto seed = crypto::XwingSeed::from(in.first(crypto::XwingSeed::size)).value();
    const auto key = crypto::XwingPrivateKey::from_seed(seed.clone()).public_key();
    ByteReader reader{in.subspan(crypto::XwingSeed::size)};
    const auto time = [&] { return Time{std::chrono::milliseconds{static_cast<std::int64_t>(*reader.u64("time"))}}; };
    EpochTable table;
    table.generation = 1;
    const Epoch epoch{.id = spool::EpochId::of(key),
                      .key = key,
                      .tenant = TenantId{IdBytes{std::byte{1}}},
                      .not_before = time(),
                      .not_after = time(),
                      .kept = *reader.u8("kept") % 2 == 1,
                      .ending = *reader.u8("ending") % 2 == 1};
    table.epochs.try_emplace(epoch.id, EpochSeed{epoch, std::move(seed)});
    table.destroyed.push_back({spool::EpochId{}, epoch.tenant, epoch.not_after});
    OneRoot roots;
    const Bytes file = encode(table, roots).value();
    const auto again = decode_epoch_table(file, 1, roots);
    require(again && again->epochs.size() == 1 && encode(*again, roots) == file);
    const Epoch& read = again->epochs.at(epoch.id).epoch;
    require(read.not_before == epoch.not_before && read.not_after == epoch.not_after && read.kept == epoch.kept &&
            read.ending == epoch.ending);
}

void check_names(ByteView in) {
    const std::string_view text = as_text(in);
    for (const std::string_view prefix : {root_prefix, std::string_view{"seeds."}, std::string_view{}})
        if (const auto generation = generation_of(text, prefix))
            require(*generation > 0 && generation_name(prefix, *generation) == text);
    if (const auto bound = decode_sequence(text)) require(encode_sequence(*bound) == text);
    if (const auto outcome = report::parse_outcome(text)) require(report::name(*outcome) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView input = std::as_bytes(std::span{data, size}).subspan(1);
    switch (data[0] % 5) {
        case 0: check_frame(input); break;
        case 1: check_sealed_frame(input); break;
        case 2:
            check_epochs(input);
            check_good_epoch(input);
            break;
        case 3:
            if (const auto text = decode_sealed_text(input)) require(same_bytes(encode(*text), input));
            break;
        default: check_names(input); break;
    }
    return 0;
}
