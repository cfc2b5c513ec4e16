// SPDX-License-Identifier: Apache-2.0
// A document at rest: sealed with public keys alone, read back only as authenticated bytes, erased with its key.
#include <fstream>

#include <safeq/crypto/random.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>
#include <safeq/store/blob_folder.hpp>

#include "example.hpp"

using namespace safeq;

Result<void> show() {
    const SystemClock clock;
    crypto::SystemRandom random;
    const example::Folder folder;

    // The release tier has the opening keys, by epoch, and gives out their public halves.
    spool::EpochRing release;
    crypto::XwingPrivateKey opening_key = crypto::XwingPrivateKey::generate(random);
    const spool::EpochPublicKey sealing_key = opening_key.public_key();
    SAFEQ_TRY(const spool::EpochId epoch, release.add(std::move(opening_key)));

    // The intake signs what it writes, and is known by its verifying key.
    const crypto::SigningKey intake = crypto::SigningKey::generate(random);
    const auto intake_id = InstanceId::make(clock, random);
    spool::IntakeTable known_intakes;
    known_intakes.set(intake_id, intake.verifying_key());

    const spool::Header header{.tenant = TenantId::make(clock, random),
                               .job = JobId::make(clock, random),
                               .document = 1,
                               .owner = SubjectId::make(clock, random),
                               .intake = intake_id,
                               .created = clock.now()};
    const spool::BlobName name{header.job, header.document};

    // Sealing, as the document arrives: constant memory, and nothing on the disk before `finish`.
    SAFEQ_TRY(const auto blobs, store::BlobFolder::open(folder / "spool"));
    SAFEQ_TRY(auto sink, blobs->create(name));
    SAFEQ_TRY(auto writer, spool::Writer::create(std::move(sink), header, sealing_key, intake, random));
    for (int page = 1; page <= 3; ++page)
        SAFEQ_TRY_VOID(writer.append(as_bytes(fmt::format("page {} of the payroll\f", page))));
    SAFEQ_TRY(const spool::Receipt receipt, std::move(writer).finish());
    fmt::print("{} bytes sealed in a file of {}\n", receipt.plaintext_bytes, receipt.file_bytes);

    // Opening: the file must be the one that we expect, whole and untouched, before a byte leaves.
    const auto open = [&](const spool::Header& expected) -> Result<spool::Reader> {
        SAFEQ_TRY(auto source, blobs->open(name));
        return spool::Reader::open(std::move(source), expected, release, known_intakes);
    };
    SAFEQ_TRY(auto reader, open(header));
    SAFEQ_TRY_VOID(reader.verify_all());
    std::string document;
    SAFEQ_TRY_VOID(reader.for_each([&](ByteView authentic) -> Result<void> {
        document += as_text(authentic);
        return {};
    }));
    SAFEQ_TRY_VOID(example::claim("what comes out is what went in", document.ends_with("page 3 of the payroll\f")));

    spool::Header of_another = header;
    of_another.owner = SubjectId::make(clock, random);
    SAFEQ_TRY_VOID(example::refused("as somebody else's document", open(of_another), Errc::header_mismatch));

    {
        std::fstream file{folder / "spool" / name.text(), std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(-1, std::ios::end).put('!');
    }
    SAFEQ_TRY(auto damaged, open(header));
    SAFEQ_TRY_VOID(example::refused("with its last byte changed", damaged.verify_all(), Errc::authentication_failed));

    // Destroying an epoch's key erases every document sealed to it, wherever copies of the files are.
    release.destroy(epoch);
    return example::refused("after its epoch was destroyed", open(header), Errc::key_destroyed);
}

int main() { return example::run(show); }
