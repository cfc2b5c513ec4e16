// SPDX-License-Identifier: Apache-2.0
// Under test: spool::Reader (whole and by ranges, over a file that an attacker changed), spool::ChunkOpener. The input
// is a list of changes, five bytes each: what to do, and a 32-bit argument. Property: a changed file is always refused,
// by opening or by reading it; before that, only the original's own chunks come out, each at its place. An unchanged
// file reads whole.
#include <algorithm>
#include <cstdlib>

#include <safeq/spool/reader.hpp>
#include <safeq/spool/reseal.hpp>
#include <safeq/spool/writer.hpp>

#include "../tests/support/memory_spool.hpp"
#include "../tests/support/random.hpp"

namespace {

using namespace safeq;

void hold(bool property) {
    if (!property) std::abort();
}

template <class T>
T take(Result<T> result) {
    hold(result.has_value());
    return std::move(*result);
}

/// Two documents of one header, so that exchanging their parts is part of the game.
struct Originals {
    test::SeededRandom random{3};
    crypto::SigningKey intake = crypto::SigningKey::generate(random);
    spool::EpochRing epochs;
    spool::IntakeTable intakes;
    spool::Header header{.tenant = TenantId{random.bytes<16>()},
                         .job = JobId{random.bytes<16>()},
                         .document = 1,
                         .owner = SubjectId{random.bytes<16>()},
                         .intake = InstanceId{random.bytes<16>()},
                         .created = Time{std::chrono::milliseconds{1795384800123}}};
    Bytes text = Bytes(2 * spool::chunk_bytes + 1000);
    Bytes file;
    Bytes other;

    Originals() {
        random.fill(text);
        intakes.set(header.intake, intake.verifying_key());
        crypto::XwingPrivateKey key = crypto::XwingPrivateKey::generate(random);
        const spool::EpochPublicKey epoch = key.public_key();
        take(epochs.add(std::move(key)));
        file = seal(epoch);
        other = seal(epoch);
    }

    Bytes seal(const spool::EpochPublicKey& epoch) {
        test::MemoryBlobStore blobs;
        const spool::BlobName name{header.job, header.document};
        auto writer = take(spool::Writer::create(take(blobs.create(name)), header, epoch, intake, random));
        hold(writer.append(text).has_value());
        take(std::move(writer).finish());
        return blobs.bytes(name);
    }
};

ByteView chunk_of(ByteView bytes, std::uint64_t index, std::size_t begin, std::size_t step) {
    const std::size_t at = begin + static_cast<std::size_t>(index) * step;
    if (at >= bytes.size()) return {};
    return bytes.subspan(at, std::min(step, bytes.size() - at));
}

void overwrite(Bytes& file, std::size_t at, ByteView with) {
    if (at >= file.size()) return;
    const std::size_t n = std::min(with.size(), file.size() - at);
    std::copy_n(with.begin(), n, file.begin() + static_cast<std::ptrdiff_t>(at));
}

void change(Bytes& file, const Originals& originals, unsigned what, std::uint32_t argument) {
    constexpr std::size_t begin = spool::Preamble::encoded_bytes;
    constexpr std::size_t step = spool::sealed_chunk_bytes;
    const std::size_t i = argument & 3;
    const std::size_t j = argument >> 2 & 3;
    switch (what % 8) {
        case 0:
            if (!file.empty()) file[(argument >> 3) % file.size()] ^= static_cast<std::byte>(1U << (argument & 7));
            break;
        case 1: file.resize(std::min<std::size_t>(file.size(), argument % (originals.file.size() + 1))); break;
        case 2: file.resize(std::min<std::size_t>(file.size() + argument % (2 * step), 300'000)); break;
        case 3: {
            const Bytes first = to_bytes(chunk_of(file, i, begin, step));
            const Bytes second = to_bytes(chunk_of(file, j, begin, step));
            overwrite(file, begin + i * step, second);
            overwrite(file, begin + j * step, first);
            break;
        }
        case 4: overwrite(file, begin + i * step, chunk_of(originals.other, j, begin, step)); break;
        case 5: overwrite(file, begin + i * step, chunk_of(originals.file, j, begin, step)); break;
        case 6: {
            const std::size_t at = argument % begin;
            overwrite(file, at, ByteView{originals.other}.subspan(at, begin - at));
            break;
        }
        case 7: {
            const Bytes last = to_bytes(chunk_of(originals.file, i, begin, step));
            if (file.size() < 300'000) file.insert(file.end(), last.begin(), last.end());
            break;
        }
        default: break;
    }
}

}  // namespace

// Chunks of any size, at any index, under keys of any length: nothing of it was sealed by anybody.
void check_chunks(ByteView in) {
    const ByteView key =
        in.first(std::min<std::size_t>(in.size(), in.empty() ? 0 : std::to_integer<std::size_t>(in[0]) % 40));
    auto cipher = spool::ChunkCipher::derive(key, {}, spool::ChunkContext{in});
    hold(cipher.has_value() == (key.size() == 16 || key.size() == 32));
    if (!cipher) return;
    const spool::Commitment commitment = cipher->commitment();
    for (const std::size_t size : {in.size(), spool::sealed_chunk_bytes + 1}) {
        const Bytes sealed(size, std::byte{7});
        Bytes out(size < 16 ? 0 : size - 16, std::byte{1});
        for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1} << 38}) {
            hold(!cipher->open(index, out, sealed));
            hold(std::ranges::all_of(out, [](std::byte b) { return b == std::byte{0}; }));
        }
    }
    const auto layout = spool::ChunkLayout::of_sealed(in.size());
    if (!layout) return;
    spool::Commitment other = commitment;
    other[0] ^= std::byte{1};
    hold(!spool::ChunkOpener::create(*spool::ChunkCipher::derive(key, {}, spool::ChunkContext{in}), other, *layout));
    auto opener = take(spool::ChunkOpener::create(std::move(*cipher), commitment, *layout));
    Bytes out(3, std::byte{1});
    hold(!opener.open(layout->chunks, out, in) && out == Bytes(3));
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Originals originals;
    check_chunks(std::as_bytes(std::span{data, size}));
    Bytes file = originals.file;
    for (std::size_t at = 0; at + 5 <= std::min<std::size_t>(size, 80); at += 5) {
        std::uint32_t argument = 0;
        for (std::size_t k = 1; k < 5; ++k) argument = argument << 8 | data[at + k];
        change(file, originals, data[at], argument);
    }
    // The other file, whole, is a good file of the same place: that replay is for the job's row to refuse.
    if (same_bytes(file, originals.other)) return 0;

    const bool changed = !same_bytes(file, originals.file);
    auto reader = spool::Reader::open(std::make_unique<test::MemoryBlobSource>(std::move(file)), originals.header,
                                      originals.epochs, originals.intakes);
    if (!reader) {
        hold(changed);
        return 0;
    }
    for (std::uint64_t i = reader->chunk_count(); i-- > 0;) {
        if (const auto chunk = reader->chunk(i))
            hold(same_bytes(*chunk, chunk_of(originals.text, i, 0, spool::chunk_bytes)));
    }
    // A range across the border of two chunks, and all of it.
    for (const std::size_t wanted : {std::size_t{3000}, originals.text.size()}) {
        const std::size_t begin = wanted == originals.text.size() ? 0 : spool::chunk_bytes - 1000;
        Bytes range(wanted);
        if (reader->read_range(begin, range)) hold(same_bytes(range, ByteView{originals.text}.subspan(begin, wanted)));
        else hold(same_bytes(range, Bytes(wanted)));
    }
    hold(reader->verify_ends().has_value() || changed);
    Bytes released;
    const auto outcome = reader->for_each([&](ByteView piece) -> Result<void> {
        released.insert(released.end(), piece.begin(), piece.end());
        return {};
    });
    hold(released.size() <= originals.text.size());
    hold(same_bytes(released, ByteView{originals.text}.first(released.size())));
    hold(outcome.has_value() == !changed);
    hold(changed || same_bytes(released, originals.text));
    hold(reader->verify_all().has_value() == !changed);
    return 0;
}
