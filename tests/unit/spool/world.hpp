// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <catch2/catch_test_macros.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>

#include "support/memory_spool.hpp"
#include "support/random.hpp"

namespace safeq::test {

/// One tenant with one intake, one epoch and a spool in memory.
struct World {
    SeededRandom random{7};
    ManualClock clock{Time{std::chrono::milliseconds{1795384800123}}};
    crypto::SigningKey intake_key = crypto::SigningKey::generate(random);
    spool::EpochRing epochs;
    spool::EpochPublicKey epoch{};
    spool::EpochId epoch_id;
    spool::IntakeTable intakes;
    MemoryBlobStore blobs;
    spool::Header header;
    spool::BlobName name;

    World() {
        header = {.tenant = TenantId::make(clock, random),
                  .job = JobId::make(clock, random),
                  .document = 1,
                  .owner = SubjectId::make(clock, random),
                  .intake = InstanceId::make(clock, random),
                  .created = clock.now()};
        name = {header.job, header.document};
        intakes.set(header.intake, intake_key.verifying_key());
        epoch = add_epoch();
        epoch_id = spool::EpochId::of(epoch);
    }

    spool::EpochPublicKey add_epoch() {
        crypto::XwingPrivateKey key = crypto::XwingPrivateKey::generate(random);
        const spool::EpochPublicKey public_key = key.public_key();
        REQUIRE(epochs.add(std::move(key)));
        return public_key;
    }

    Bytes text(std::size_t size) {
        Bytes bytes(size);
        random.fill(bytes);
        return bytes;
    }

    /// Seals `plaintext` in pieces of `piece` bytes.
    spool::Receipt seal_as(const spool::Header& as, ByteView plaintext, std::size_t piece = 50000) {
        auto sink = blobs.create({as.job, as.document});
        REQUIRE(sink);
        auto writer = spool::Writer::create(std::move(*sink), as, epoch, intake_key, random);
        REQUIRE(writer);
        while (!plaintext.empty()) {
            const std::size_t n = std::min(piece, plaintext.size());
            REQUIRE(writer->append(plaintext.first(n)));
            plaintext = plaintext.subspan(n);
        }
        auto receipt = std::move(*writer).finish();
        REQUIRE(receipt);
        return *receipt;
    }

    Bytes sealed(const spool::Header& as, ByteView plaintext) {
        seal_as(as, plaintext);
        return blobs.bytes({as.job, as.document});
    }
    Bytes sealed(ByteView plaintext) { return sealed(header, plaintext); }

    Result<spool::Reader> open(Bytes file, const spool::Header& expected) {
        return spool::Reader::open(std::make_unique<MemoryBlobSource>(std::move(file)), expected, epochs, intakes);
    }
    Result<spool::Reader> open(Bytes file) { return open(std::move(file), header); }

    /// Everything that can be read, and the error that ended it, if any.
    std::pair<Bytes, std::optional<Errc>> read(Bytes file) {
        Bytes got;
        auto reader = open(std::move(file));
        if (!reader) return {got, reader.error().code};
        const auto outcome = reader->for_each([&](ByteView piece) -> Result<void> {
            got.insert(got.end(), piece.begin(), piece.end());
            return {};
        });
        if (!outcome) return {got, outcome.error().code};
        return {got, std::nullopt};
    }
};

/// The error of a result that must have failed.
template <class T>
[[nodiscard]] Errc code_of(const Result<T>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
}

}  // namespace safeq::test
