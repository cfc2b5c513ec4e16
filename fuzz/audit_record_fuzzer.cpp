// SPDX-License-Identifier: Apache-2.0
// Under test: audit::Record::parse, audit::Record::encode, audit::KindName::parse, audit::record_id,
// audit::record_head, audit::parse_bundle, audit::parse_hashes.
// Property: a record has one form: what is accepted encodes to itself, byte for byte, and its id and head are found
// without parsing the rest; the entries of a bundle make up the bundle, and the hashes of a tile the tile.
#include <cstdint>
#include <cstdlib>

#include <safeq/audit/record.hpp>
#include <safeq/audit/tile.hpp>

using namespace safeq;
using namespace safeq::audit;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = std::as_bytes(std::span{data, size});
    if (const auto record = Record::parse(input)) {
        const auto encoded = record->encode();
        require(encoded.has_value());
        require(same_bytes(*encoded, input));
        require(*record_id(input) == record->id);
        require(*record_head(input) == RecordHead{record->id, record->at, record->kind, record->tenant, record->job});
    }
    if (const auto head = record_head(input)) require(*record_id(input) == head->id);
    if (const auto id = record_id(input)) require(!id->text().empty());
    if (size == 0) return 0;
    const unsigned width = 1 + data[0];
    if (const auto entries = parse_bundle(input.subspan(1), width)) {
        require(entries->size() == width);
        Bytes bundle;
        for (const ByteView entry : *entries) require(append_to_bundle(bundle, entry).has_value());
        require(same_bytes(bundle, input.subspan(1)));
    }
    const auto hashes = parse_hashes(input.subspan(1), width);
    require(hashes.has_value() == (size - 1 == width * sizeof(Hash)));
    if (hashes) require(same_bytes(encode_hashes(*hashes), input.subspan(1)));
    return 0;
}
