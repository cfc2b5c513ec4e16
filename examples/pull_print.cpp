// SPDX-License-Identifier: Apache-2.0
// Pull printing from end to end in one process: sealed, held, released to its owner at a device, audited.
#include <safeq/auth/authenticator.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/job/lifecycle.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/spool/reader.hpp>
#include <safeq/spool/writer.hpp>
#include <safeq/store/blob_folder.hpp>
#include <safeq/store/log_folder.hpp>
#include <safeq/store/release_stores.hpp>

#include "example.hpp"

using namespace safeq;

Result<void> show() {
    const SystemClock clock;
    crypto::SystemRandom random;
    const example::Folder folder;
    const auto tenant = TenantId::make(clock, random);
    const auto lobby = DeviceId::make(clock, random);
    const auto root = crypto::WrapKey::random(random);  // in a server: out of a key folder
    SAFEQ_TRY(const auto stores, store::ReleaseStores::open(folder / "release.db", {tenant, root, clock, random}));
    SAFEQ_TRY(const auto blobs, store::BlobFolder::open(folder / "spool"));
    SAFEQ_TRY(const auto log_store, store::open_log_folder(folder / "log"));
    const auto log_key = crypto::SigningKey::generate(random);
    SAFEQ_TRY(const auto log, audit::Log::open(*log_store, "log.example/release", log_key));
    service::Recorder recorder{{tenant, *log, nullptr, clock, random}};
    job::Jobs jobs{stores->jobs, recorder, clock, random};
    // Alice has a password.
    const auth::PepperRing peppers{auth::Pepper{auth::PepperKey::random(random)}};
    auth::HashingBudget budget{auth::hashing_2026};
    const auth::Hasher hasher{auth::argon2id_2026, peppers, random, budget};
    auth::Account alice{.tenant = tenant, .subject = SubjectId::make(clock, random), .name = "alice"};
    SAFEQ_TRY(alice.password, hasher.hash(crypto::Secret::copy_of("correct horse")));
    SAFEQ_TRY_VOID(stores->subjects.create(alice.subject));
    SAFEQ_TRY_VOID(stores->accounts.save(alice));
    // 1. The intake seals her document with a public key, and signs it; it can't read it back.
    auto epoch = crypto::XwingPrivateKey::generate(random);
    const auto intake_key = crypto::SigningKey::generate(random);
    job::Job job{.id = JobId::make(clock, random), .tenant = tenant, .owner = alice.subject, .created = clock.now()};
    const spool::Header header{tenant, job.id, 1, job.owner, InstanceId::make(clock, random), job.created};
    SAFEQ_TRY(auto sink, blobs->create({header.job, 1}));
    SAFEQ_TRY(auto writer, spool::Writer::create(std::move(sink), header, epoch.public_key(), intake_key, random));
    SAFEQ_TRY_VOID(writer.append(as_bytes("Payroll of November\f")));
    SAFEQ_TRY_VOID(std::move(writer).finish());
    SAFEQ_TRY_VOID(recorder.job_accepted({header.job, alice.subject, "text/plain", 20, 1, 1, 1}));
    // 2. The release server holds the job, and the keys that open it.
    job.expires = job.created + std::chrono::hours{72};
    SAFEQ_TRY_VOID(jobs.take(job));
    spool::EpochRing epochs;
    SAFEQ_TRY_VOID(epochs.add(std::move(epoch)));
    spool::IntakeTable intakes;
    intakes.set(header.intake, intake_key.verifying_key());
    // 3. She signs in at the device in the lobby.
    auth::SharedThrottle throttle{auth::throttle_2026, clock, stores->throttle};
    const auth::Authenticator authenticator{{stores->accounts, hasher, peppers, throttle}};
    SAFEQ_TRY(const auto rule, auth::FactorRule::parse("password"));
    std::array<auth::Factor, 1> factors{auth::GivenPassword{"alice", crypto::Secret::copy_of("correct horse")}};
    SAFEQ_TRY(const auto person, authenticator.authenticate(tenant, {lobby, ""}, factors, rule));
    SAFEQ_TRY_VOID(recorder.signed_in(person.subject, {service::SignInMethod::terminal, lobby}, person.factors.text()));
    // 4. A grant, an attempt whose leaf is durable, then authenticated bytes. `service::ReleaseDesk` has these rules.
    SAFEQ_TRY(auto grant, job::ReleaseGate{stores->jobs, clock}.request(person.subject, tenant, header.job, lobby));
    SAFEQ_TRY(auto running, jobs.release(std::move(grant)));
    SAFEQ_TRY(auto source, blobs->open({header.job, 1}));
    SAFEQ_TRY(auto reader, spool::Reader::open(std::move(source), header, epochs, intakes));
    SAFEQ_TRY_VOID(reader.verify_all());
    SAFEQ_TRY_VOID(reader.for_each([&](ByteView authentic) -> Result<void> {
        fmt::print("  device: {}\n", as_text(authentic));
        return jobs.check_fence(running);
    }));
    SAFEQ_TRY(const auto done, jobs.finish(std::move(running), {job::Outcome::Kind::printed, {.pages = 1}}));
    SAFEQ_TRY_VOID(blobs->remove({header.job, 1}));
    // 5. Accepted, signed in, releasing, printed: each record was durable before the next step, and is now published.
    SAFEQ_TRY_VOID(log->publish());
    return example::claim("printed, in four records", done.job.state == job::State::printed && log->size() == 4);
}

int main() { return example::run(show); }
