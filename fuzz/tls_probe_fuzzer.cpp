// SPDX-License-Identifier: Apache-2.0
// Under test: tls::ProbeReader::take, tls::read_ssl2_answer. The first byte says into which
// pieces the rest is cut.
// Property: an answer is read the same in pieces of any size and with anything after it; a reader that failed stays
// failed; what is read keeps the bounds that the header promises.
#include <cstdint>
#include <cstdlib>

#include <safeq/tls/probe.hpp>

using namespace safeq;
using tls::ProbeReply;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

void check(const ProbeReply& reply, std::size_t received) {
    if (reply.kind == ProbeReply::Kind::alert) return;
    require(reply.version >= 0x0300 && reply.version <= 0x0304);
    require(reply.certificates.size() <= 16);
    std::size_t held = 0;
    for (const Bytes& der : reply.certificates) {
        require(!der.empty());
        held += der.size();
    }
    require(held <= received);
    if (reply.kind == ProbeReply::Kind::retry) require(reply.version == 0x0304);
    if (reply.version == 0x0304) require(reply.group && reply.certificates.empty() && !reply.dh_bits);
    if (reply.scheme) require(reply.version == 0x0303);
    if (reply.dh_bits) require(*reply.dh_bits <= 8 * received && !reply.group);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = data[0] % 64 + std::size_t{1};
    const ByteView answer = std::as_bytes(std::span{data, size}).subspan(1);

    // Once an SSL 2.0 answer is complete, more bytes don't change it.
    const auto ssl2 = tls::read_ssl2_answer(answer);
    const auto first = tls::read_ssl2_answer(answer.first(answer.size() / 2));
    if (first && *first != tls::Ssl2Answer::incomplete) require(ssl2 && *ssl2 == *first);
    if (!first) require(!ssl2 && ssl2.error().code == first.error().code);

    tls::ProbeReader at_once;
    const auto whole = at_once.take(answer);
    if (whole && *whole) check(at_once.reply(), answer.size());

    tls::ProbeReader by_pieces;
    Result<bool> last = false;
    bool settled = false;
    for (std::size_t at = 0; at < answer.size(); at += piece) {
        last = by_pieces.take(answer.subspan(at, std::min(piece, answer.size() - at)));
        if (settled) require(!last || *last);
        settled = !last || *last;
    }
    if (answer.size() > 128 * 1024) return 0;  // over the budget at once, and perhaps read before by pieces
    require(last.has_value() == whole.has_value());
    if (!whole) {
        require(last.error().code == whole.error().code);
        require(!at_once.take({}) && !by_pieces.take({}));
        return 0;
    }
    require(*last == *whole);
    if (!*whole) return 0;
    require(by_pieces.reply() == at_once.reply());
    const ProbeReply before = at_once.reply();
    require(at_once.take(answer).value_or(false) && at_once.reply() == before);
    return 0;
}
