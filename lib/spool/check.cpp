// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/check.hpp>

#include <safeq/spool/reader.hpp>

#include "unseal.hpp"

namespace safeq::spool {
namespace {

// Where the parts of a file begin: docs/formats/spool_v1.md, "The file".
constexpr std::uint64_t at_magic = 0;
constexpr std::uint64_t at_header = 12;
constexpr std::uint64_t at_envelope = at_header + Header::encoded_bytes;
constexpr std::uint64_t at_signature = at_envelope + Envelope::encoded_bytes;
constexpr std::uint64_t at_commitment = at_signature + sizeof(crypto::Signature) + sizeof(Salt);

std::uint64_t place_in_beginning(const Error& error, std::uint64_t file_bytes) noexcept {
    switch (error.code) {
        case Errc::truncated: return file_bytes;
        case Errc::bad_version: return at_header;
        default: return file_bytes < at_header || error.detail == "not a spool file" ? at_magic : at_header;
    }
}

std::uint64_t place_after_signature(const Error& error) noexcept {
    return error.code == Errc::commitment_mismatch ? at_commitment : at_envelope;
}

FileReport damaged(FileReport report, std::uint64_t offset, Error error) {
    report.damage = Damage{offset, std::move(error)};
    return report;
}

}  // namespace

bool is_damage(Errc code) noexcept {
    switch (code) {
        case Errc::truncated:
        case Errc::trailing_data:
        case Errc::malformed:
        case Errc::not_canonical:
        case Errc::too_large:
        case Errc::bad_version:
        case Errc::authentication_failed:
        case Errc::signature_invalid:
        case Errc::crypto_failed:  // an encapsulated key that is none
        case Errc::header_mismatch:
        case Errc::commitment_mismatch: return true;
        default: return false;
    }
}

Result<FileReport> check_file(std::unique_ptr<BlobSource> source, const BlobName& name, KnownIntakes& intakes,
                              EpochKeys* epochs) {
    FileReport report{.name = name};
    if (source == nullptr) return fail(Errc::invalid_argument, "spool check", "no source");
    SAFEQ_TRY(report.file_bytes, source->size());
    auto file = inspect(*source);
    if (!file) {
        if (!is_damage(file.error().code)) return std::unexpected(std::move(file).error());
        const std::uint64_t place = place_in_beginning(file.error(), report.file_bytes);
        return damaged(std::move(report), place, std::move(file).error());
    }
    report.file = *file;
    report.depth = Depth::beginning;
    const Header& header = file->header();
    if (header.job != name.job || header.document != name.document)
        return damaged(std::move(report), at_header,
                       {Errc::header_mismatch, "spool file", "it is " + BlobName{header.job, header.document}.text()});
    if (auto signature = verify_signature(file->preamble, intakes); !signature) {
        if (signature.error().code == Errc::key_unknown) {
            report.unreadable = std::move(signature).error();
            return report;
        }
        if (!is_damage(signature.error().code)) return std::unexpected(std::move(signature).error());
        return damaged(std::move(report), at_signature, std::move(signature).error());
    }
    report.depth = Depth::signature;
    if (epochs == nullptr) return report;

    auto reader = Reader::open(std::move(source), header, *epochs, intakes);
    if (!reader) {
        const Errc code = reader.error().code;
        if (code == Errc::epoch_unknown || code == Errc::key_destroyed) {
            report.unreadable = std::move(reader).error();
            return report;
        }
        if (is_damage(code)) {
            const std::uint64_t place = place_after_signature(reader.error());
            return damaged(std::move(report), place, std::move(reader).error());
        }
        return std::unexpected(std::move(reader).error());
    }
    for (std::uint64_t i = 0; i < reader->chunk_count(); ++i) {
        if (const auto chunk = reader->chunk(i); !chunk) {
            if (!is_damage(chunk.error().code)) return std::unexpected(chunk.error());
            return damaged(std::move(report), Preamble::encoded_bytes + i * sealed_chunk_bytes, chunk.error());
        }
    }
    report.depth = Depth::whole;
    return report;
}

}  // namespace safeq::spool
