// SPDX-License-Identifier: Apache-2.0
// Sealing and opening on one core, against Botan's raw AES-256-GCM over the same buffers, 16 KiB at a time.
#include <botan/aead.h>

#include <memory>

#include <safeq/crypto/random.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>

#include "bench/figure.hpp"
#include "bench/must.hpp"

namespace safeq::bench {
namespace {

constexpr std::size_t document_bytes = 64 * 1024 * 1024;
constexpr int pairs = 101;  // of 30 ms: a virtual machine's neighbours are loud
constexpr double mib = document_bytes / 1048576.0;

// A place for the sealed file that was touched beforehand, so that no page fault is measured.
struct Memory {
    Bytes bytes = Bytes(document_bytes + document_bytes / 512 + 65536);
    std::size_t used = 0;
};

class MemorySink final : public spool::BlobSink {
public:
    explicit MemorySink(Memory& memory) : memory_{memory} { memory_.used = 0; }
    Result<void> write(ByteView bytes) override {
        std::memcpy(memory_.bytes.data() + memory_.used, bytes.data(), bytes.size());
        memory_.used += bytes.size();
        return {};
    }
    Result<void> commit() override { return {}; }

private:
    Memory& memory_;
};

class MemorySource final : public spool::BlobSource {
public:
    explicit MemorySource(const Memory& memory) : memory_{memory} {}
    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        const std::size_t n =
            std::min<std::size_t>(out.size(), memory_.used - std::min<std::size_t>(memory_.used, offset));
        if (n > 0) std::memcpy(out.data(), memory_.bytes.data() + offset, n);
        return n;
    }
    Result<std::uint64_t> size() override { return memory_.used; }

private:
    const Memory& memory_;
};

struct Scene {
    SystemClock clock;
    crypto::SystemRandom random;
    crypto::SigningKey signer = crypto::SigningKey::generate(random);
    crypto::XwingPrivateKey epoch = crypto::XwingPrivateKey::generate(random);
    spool::Header header{.tenant = TenantId::make(clock, random),
                         .job = JobId::make(clock, random),
                         .document = 1,
                         .owner = SubjectId::make(clock, random),
                         .intake = InstanceId::make(clock, random),
                         .created = clock.now()};
    Bytes document = Bytes(document_bytes);
    Memory sealed;
    spool::EpochRing ring;
    spool::IntakeTable intakes;

    Scene() {
        random.fill(document);
        intakes.set(header.intake, signer.verifying_key());
        (void)must(ring.add(epoch_copy()));
    }

    crypto::XwingPrivateKey epoch_copy() const { return crypto::XwingPrivateKey::from_seed(epoch.seed().clone()); }

    void seal() {
        auto writer = must(
            spool::Writer::create(std::make_unique<MemorySink>(sealed), header, epoch.public_key(), signer, random));
        must(writer.append(document));
        (void)must(std::move(writer).finish());
    }

    void open(Bytes& plain) {
        auto reader = must(spool::Reader::open(std::make_unique<MemorySource>(sealed), header, ring, intakes));
        std::size_t at = 0;
        must(reader.for_each([&](ByteView piece) {
            std::memcpy(plain.data() + at, piece.data(), piece.size());
            at += piece.size();
            return Result<void>{};
        }));
    }
};

// Raw AES-256-GCM over 16 KiB pieces, from source to destination, with a nonce and a tag each: copied into their place
// and worked on there, which is the fastest that Botan offers.
class Raw {
public:
    explicit Raw(Botan::Cipher_Dir direction)
        : mode_{Botan::AEAD_Mode::create_or_throw("AES-256/GCM", direction)},
          sealing_{direction == Botan::Cipher_Dir::Encryption} {
        const std::vector<std::uint8_t> key(32, 7);
        mode_->set_key(key);
    }

    // `pieces` pieces of 16 KiB of plaintext; sealed, each has its tag behind it.
    void run(const Bytes& in, Bytes& out, std::size_t pieces) {
        constexpr std::size_t piece = 16384, tag = 16;
        const std::size_t step_in = sealing_ ? piece : piece + tag;
        const std::size_t step_out = sealing_ ? piece + tag : piece;
        Botan::secure_vector<std::uint8_t> last;
        last.reserve(2 * tag);
        std::array<std::uint8_t, 12> nonce{};
        for (std::size_t i = 0; i < pieces; ++i) {
            std::memcpy(nonce.data(), &i, sizeof i);
            const auto* from = reinterpret_cast<const std::uint8_t*>(in.data()) + i * step_in;
            auto* to = reinterpret_cast<std::uint8_t*>(out.data()) + i * step_out;
            std::memcpy(to, from, piece);
            mode_->start(nonce);
            mode_->process({to, piece});
            if (sealing_) last.clear();
            else last.assign(from + piece, from + piece + tag);
            mode_->finish(last);
            if (sealing_) std::memcpy(to + piece, last.data(), tag);
        }
    }

private:
    std::unique_ptr<Botan::AEAD_Mode> mode_;
    bool sealing_;
};

std::vector<Figure> seal_and_open(bool opening) {
    Scene scene;
    constexpr std::size_t piece = 16384;
    constexpr std::size_t pieces = document_bytes / piece;
    Bytes raw_sealed(pieces * (piece + 16));
    Bytes plain(document_bytes);
    Raw seal{Botan::Cipher_Dir::Encryption};
    seal.run(scene.document, raw_sealed, pieces);
    Raw open{Botan::Cipher_Dir::Decryption};
    scene.seal();

    const Pair rate = opening
                          ? median_of_pairs(
                                pairs, [&] { return mib / seconds([&] { scene.open(plain); }); },
                                [&] { return mib / seconds([&] { open.run(raw_sealed, plain, pieces); }); })
                          : median_of_pairs(
                                pairs, [&] { return mib / seconds([&] { scene.seal(); }); },
                                [&] { return mib / seconds([&] { seal.run(scene.document, raw_sealed, pieces); }); });
    return {{.name = opening ? "spool.open" : "spool.seal",
             .ours = rate.ours,
             .unit = "MiB/s",
             .against = "botan AES-256/GCM, 16 KiB pieces, from 64 MiB to 64 MiB",
             .theirs = rate.theirs}};
}

}  // namespace

std::vector<Benchmark> spool_benchmarks() {
    return {{"spool.seal", [] { return seal_and_open(false); }}, {"spool.open", [] { return seal_and_open(true); }}};
}

}  // namespace safeq::bench
