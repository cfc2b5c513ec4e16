// SPDX-License-Identifier: Apache-2.0
// Under test: ipp::decode (against libcups' ippReadIO and ippWriteIO).
// Property: what both take they take alike: they see the end of the head at the same place, and what libcups writes of
// what it read is, byte for byte, what we encode of what we decoded.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include <cups/ipp.h>

#include <safeq/ipp/codec.hpp>

using namespace safeq;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

// libcups gives all values of an attribute the syntax of the first, where both are strings, and of several that are
// out of band it writes one; we keep what came.
bool kept_otherwise(const ipp::Attribute& attribute) {
    return std::ranges::any_of(attribute.values, [&](const ipp::Value& value) {
        if (value.tag() != attribute.values.front().tag()) return true;
        if (value.out_of_band() && attribute.values.size() > 1) return true;
        const ipp::Collection* collection = value.as_collection();
        return collection != nullptr && std::ranges::any_of(collection->members(), kept_otherwise);
    });
}

// When an empty group of another kind stands between two of one kind, libcups takes those for one.
bool joined_by_libcups(const std::vector<ipp::Group>& groups) {
    return std::ranges::adjacent_find(groups, [](const ipp::Group& before, const ipp::Group& group) {
               return group.attributes.empty() && group.tag != before.tag;
           }) != groups.end();
}

struct Input {
    ByteView bytes;
    std::size_t at = 0;
};

ssize_t give(void* context, ipp_uchar_t* buffer, std::size_t size) {
    auto& in = *static_cast<Input*>(context);
    const std::size_t n = std::min(size, in.bytes.size() - in.at);
    std::memcpy(buffer, in.bytes.data() + in.at, n);
    in.at += n;
    return static_cast<ssize_t>(n);
}

ssize_t take(void* context, ipp_uchar_t* buffer, std::size_t size) {
    auto& out = *static_cast<Bytes*>(context);
    const auto* begin = reinterpret_cast<const std::byte*>(buffer);
    out.insert(out.end(), begin, begin + size);
    return static_cast<ssize_t>(size);
}

struct Delete {
    void operator()(ipp_t* message) const noexcept { ippDelete(message); }
};
using Message = std::unique_ptr<ipp_t, Delete>;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView in = std::as_bytes(std::span{data, size});
    const Result<ipp::Decoded> ours = ipp::decode(in, ipp::Limits::standard());
    Input source{in};
    const Message theirs{ippNew()};
    if (ippReadIO(&source, give, 1, nullptr, theirs.get()) != IPP_STATE_DATA || !ours) return 0;
    must(source.at == ours->consumed);
    for (const ipp::Group& group : ours->message.groups)
        if (std::ranges::any_of(group.attributes, kept_otherwise)) return 0;
    if (joined_by_libcups(ours->message.groups)) return 0;
    Bytes written;
    ippSetState(theirs.get(), IPP_STATE_IDLE);
    must(ippWriteIO(&written, take, 1, nullptr, theirs.get()) == IPP_STATE_DATA);
    // A group without attributes is nothing that libcups could keep.
    ipp::Message message = ours->message;
    std::erase_if(message.groups, [](const ipp::Group& group) { return group.attributes.empty(); });
    must(same_bytes(written, ipp::encode(message)));
    return 0;
}
