// SPDX-License-Identifier: Apache-2.0
// An audit log: appended durably, published as a signed tree, proved to strangers, and silent about whom was erased.
#include <safeq/audit/log.hpp>
#include <safeq/audit/personal.hpp>
#include <safeq/audit/proof_file.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/store/log_folder.hpp>

#include "example.hpp"

using namespace safeq;

Result<void> show() {
    const SystemClock clock;
    crypto::SystemRandom random;
    const example::Folder folder;
    const crypto::SigningKey key = crypto::SigningKey::generate(random);
    SAFEQ_TRY(const auto store, store::open_log_folder(folder / "log"));
    SAFEQ_TRY(const auto log, audit::Log::open(*store, "log.example/release", key));
    fmt::print("the log's public key: {}\n", log->verifier().text());

    // What says something about a person is sealed under that person's key, for this record of this log alone.
    const auto alice = SubjectId::make(clock, random);
    const audit::SubjectKey alices_key = audit::SubjectKey::random(random);
    audit::Record record{.id = RecordId::make(clock, random),
                         .at = clock.now(),
                         .kind = audit::Kind::job_held,
                         .tenant = TenantId::make(clock, random),
                         .job = JobId::make(clock, random),
                         .subject = alice};
    const audit::PersonalContext context{log->origin(), record.id};
    record.add(audit::field::format, "application/pdf").add(audit::field::bytes, 48'000);
    SAFEQ_TRY(auto title, audit::seal_personal(alices_key, context, alice, audit::field::title, "Payroll.pdf", random));
    record.personal.push_back(std::move(title));

    // `append` returns when the record is on the disk; the same id again is the same entry.
    SAFEQ_TRY(const audit::Index at, log->append(record));
    SAFEQ_TRY(const audit::Index again, log->append(record));
    SAFEQ_TRY_VOID(example::claim("appending is idempotent", at == again && log->size() == 1));
    SAFEQ_TRY(const audit::SignedCheckpoint first, log->publish());
    for (int i = 0; i < 9; ++i) {
        record.id = RecordId::make(clock, random);
        record.personal.clear();
        SAFEQ_TRY_VOID(log->append(record));
    }
    SAFEQ_TRY(const audit::SignedCheckpoint latest, log->publish());
    fmt::print("{}", latest.encode());

    // A proof is one text; whoever has the public key needs neither the log nor a network.
    SAFEQ_TRY(const auto proof, audit::prove_entry(*store, log->verifier(), latest.encode(), at));
    SAFEQ_TRY(const auto received, audit::ProofFile::parse(proof.encode()));
    SAFEQ_TRY(const auto commits, audit::check_proof(received, log->verifier()));
    SAFEQ_TRY_VOID(example::claim("the entry is in the signed tree", commits == latest));
    audit::ProofFile forged = received;
    forged.entry.back() ^= std::byte{1};
    SAFEQ_TRY_VOID(
        example::refused("one bit changed", audit::check_proof(forged, log->verifier()), Errc::proof_invalid));

    // Whoever kept an old checkpoint can ask for proof that the log has only grown since.
    SAFEQ_TRY(const auto growth, audit::prove_growth(*store, log->verifier(), first, latest.encode()));
    SAFEQ_TRY(const auto newer, audit::check_growth(growth, first, log->verifier()));
    SAFEQ_TRY_VOID(example::claim("the log only grew", newer.checkpoint.head.size == 10));

    SAFEQ_TRY(const audit::Record entry, audit::Record::parse(received.entry));
    SAFEQ_TRY(const std::string opened, audit::open_personal(alices_key, context, *entry.sealed(audit::field::title)));
    SAFEQ_TRY_VOID(example::claim("with alice's key the title opens", opened == "Payroll.pdf"));
    // To erase alice is to destroy her key: the log and its proofs stay as they are.
    return example::refused("without it",
                            audit::open_personal(audit::SubjectKey::random(random), context, entry.personal.front()),
                            Errc::authentication_failed);
}

int main() { return example::run(show); }
