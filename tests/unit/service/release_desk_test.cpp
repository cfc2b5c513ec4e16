// SPDX-License-Identifier: Apache-2.0
// Who may release, and what becomes of a release when somebody else decides about its job meanwhile.
#include <safeq/service/release_desk.hpp>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <safeq/audit/schema.hpp>
#include <safeq/store/job_repository.hpp>

#include "support/temporary_folder.hpp"
#include "world.hpp"

using namespace safeq;
using namespace std::chrono_literals;
using test::must;
using test::World;

namespace {

constexpr std::size_t chunk = 16 * 1024;

/// A device that does something before it takes the piece with a given number.
class Interrupted final : public service::Delivery {
public:
    service::Delivered deliver(const service::Consignment& consignment) override {
        ++deliveries;
        for (std::size_t number = 0;; ++number) {
            if (before) before(number);
            const auto piece = consignment.next();
            if (!piece) {
                why = piece.error().code;
                return {.outcome = {.kind = job::Outcome::Kind::lost}, .detail = piece.error().message()};
            }
            if (piece->empty()) break;
            got.insert(got.end(), piece->begin(), piece->end());
        }
        ++complete;
        return {.outcome = {.kind = job::Outcome::Kind::printed}, .detail = {}};
    }

    std::function<void(std::size_t number)> before;
    std::optional<Errc> why;  ///< it ended early
    Bytes got;
    std::atomic<int> deliveries = 0;
    int complete = 0;
};

/// A release server over the world's files and log, with a device and a steady clock of its own.
struct Server {
    World& world;
    job::Repository& repository;
    Interrupted device;
    std::chrono::steady_clock::time_point steady{};
    job::Jobs jobs{repository, world.release->recorder, world.clock, world.random};
    job::ReleaseGate gate{repository, world.clock};
    service::ReleaseDesk desk{{world.tenant,
                               gate,
                               jobs,
                               world.release_blobs,
                               world.ring,
                               world.intakes,
                               world.subjects,
                               world.release->recorder,
                               device,
                               world.clock,
                               {72h},
                               [this] { return steady; }}};

    Server(World& w, job::Repository& r) : world{w}, repository{r} {}
    explicit Server(World& w) : Server{w, w.repository} {}

    Result<service::Released> release(JobId job, job::Wish wish = job::Wish::print) {
        return desk.release(world.session_of(world.alice), world.mfd, job, wish);
    }
};

/// A job of alice's with a document of many chunks.
struct Long {
    World world;
    Bytes pdf = test::make_pdf(1, std::string(20 * chunk, 'x'));
    JobId job = world.print(pdf, world.alice, "alice").uuid;

    Long() { REQUIRE(world.intake->handover.run().taken == 1); }
    job::Job row() {
        const auto unit = must(world.repository.begin());
        return must(unit->find(world.tenant, job));
    }
    std::size_t records(audit::Kind kind) {
        std::size_t found = 0;
        for (audit::Index at = 0; at < world.release->log->size(); ++at)
            found += must(audit::decode(must(world.release->log->entry(at)))).kind == audit::KindName{kind} ? 1U : 0U;
        return found;
    }
};

}  // namespace

TEST_CASE("HOSTILE 10: who comes to after a pause of a second sends nothing more of a job that was taken away",
          "[service]") {
    Long it;
    Server paused{it.world};
    paused.device.before = [&](std::size_t number) {
        if (number != 3) return;
        (void)must(it.world.release->jobs.recover(it.world.tenant));
        paused.steady += 1s;
    };
    CHECK(paused.release(it.job).error().code == Errc::fenced);
    CHECK(paused.device.why == Errc::fenced);
    CHECK(paused.device.got.size() == 3 * chunk);
    CHECK(it.row().state == job::State::uncertain);
    CHECK(it.records(audit::Kind::job_printed) == 0);
}

TEST_CASE("HOSTILE 10: a pause that ends within the second doesn't get the last chunk out", "[service]") {
    Long it;
    Server paused{it.world};
    const auto pause = GENERATE(0ms, 999ms);
    paused.device.before = [&](std::size_t number) {
        if (number != 3) return;
        (void)must(it.world.release->jobs.recover(it.world.tenant));
        paused.steady += pause;
    };
    CHECK(paused.release(it.job).error().code == Errc::fenced);
    CHECK(paused.device.why == Errc::fenced);
    CHECK(paused.device.complete == 0);
    // Everything but the last.
    CHECK(paused.device.got.size() == (it.pdf.size() - 1) / chunk * chunk);
    CHECK(it.row().state == job::State::uncertain);
}

TEST_CASE("HOSTILE 10: while one server pauses another prints the job, and it comes out once", "[service]") {
    Long it;
    Server paused{it.world};
    Server other{it.world};
    const auto pause = GENERATE(0ms, 1s, 120s);
    paused.device.before = [&](std::size_t number) {
        if (number != 5) return;
        (void)must(other.jobs.recover(it.world.tenant));
        CHECK(must(other.release(it.job, job::Wish::print_again)).state == job::State::printed);
        paused.steady += pause;
    };
    CHECK(paused.release(it.job).error().code == Errc::fenced);
    CHECK(paused.device.complete + other.device.complete == 1);
    CHECK(other.device.got == it.pdf);
    CHECK(paused.device.got.size() < it.pdf.size());
    CHECK(it.row().state == job::State::printed);
    CHECK(it.row().attempt == 2);
    CHECK(it.records(audit::Kind::job_releasing) == 2);
    CHECK(it.records(audit::Kind::job_printed) == 1);
}

TEST_CASE("HOSTILE 10: of a thousand releases at once exactly one delivers", "[service]") {
    constexpr int releases = 1000;
    Long it;
    const test::TemporaryFolder root;
    const auto database = must(store::Database::open(root / "release.db", store::Database::Purpose::release));
    store::JobRepository rows{*database};
    const bool on_disk = GENERATE(false, true);
    Server server{it.world, on_disk ? static_cast<job::Repository&>(rows) : it.world.repository};
    if (on_disk) REQUIRE(must(server.jobs.take(it.row())) == job::Insertion::inserted);

    std::atomic<int> printed = 0, refused = 0, others = 0;
    // The one that is let through waits for all the others to be turned away.
    server.device.before = [&](std::size_t number) {
        const auto end = std::chrono::steady_clock::now() + 300s;
        while (number == 0 && refused + others < releases - 1 && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
    };
    std::latch all{releases};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < releases; ++i)
            threads.emplace_back([&] {
                all.arrive_and_wait();
                const auto done = server.release(it.job);
                if (done) ++printed;
                else if (done.error().code == Errc::conflict || done.error().code == Errc::illegal_transition)
                    ++refused;
                else ++others;
            });
    }
    CHECK(printed == 1);
    CHECK(refused == releases - 1);
    CHECK(others == 0);
    CHECK(server.device.deliveries == 1);
    CHECK(server.device.got == it.pdf);
    CHECK(it.records(audit::Kind::job_releasing) == 1);
    CHECK(it.records(audit::Kind::job_printed) == 1);
    CHECK(server.release(it.job).error().code == Errc::illegal_transition);
}

TEST_CASE("what passes, or an operator can mend, costs no job", "[service]") {
    /// Fails as a port over storage may.
    class Failing final : public spool::KnownIntakes {
    public:
        explicit Failing(Errc code) : code_{code} {}
        Result<crypto::VerifyingKey> verifying_key(const InstanceId&) override { return fail(code_, "intakes"); }

    private:
        Errc code_;
    };
    Long it;
    World& world = it.world;
    const auto release_failing_with = [&](Errc code) {
        Failing intakes{code};
        service::ReleaseDesk desk{{world.tenant,
                                   world.release->gate,
                                   world.release->jobs,
                                   world.release_blobs,
                                   world.ring,
                                   intakes,
                                   world.subjects,
                                   world.release->recorder,
                                   world.device,
                                   world.clock,
                                   {72h}}};
        return must(desk.release(world.session_of(world.alice), world.mfd, it.job, job::Wish::print)).state;
    };
    for (const Errc code :
         {Errc::io_failed, Errc::disk_full, Errc::out_of_memory, Errc::permission, Errc::locked, Errc::busy,
          Errc::unavailable, Errc::timed_out, Errc::key_unknown, Errc::epoch_unknown, Errc::internal}) {
        CAPTURE(name(code));
        CHECK(release_failing_with(code) == job::State::held);
        CHECK(it.row().state == job::State::held);
    }
    // An intake that isn't in public/intakes, until it is.
    world.intakes.remove(world.instance);
    Server server{world};
    CHECK(must(server.release(it.job)).state == job::State::held);
    world.intakes.set(world.instance, world.signer.verifying_key());
    // A file that names an unknown epoch, until it is put back.
    const Bytes good = world.release_blobs.bytes({it.job, 1});
    Bytes strange = good;
    strange[100] ^= std::byte{1};
    world.release_blobs.put({it.job, 1}, strange);
    CHECK(must(server.release(it.job)).state == job::State::held);
    CHECK(server.device.deliveries == 0);
    world.release_blobs.put({it.job, 1}, good);
    CHECK(must(server.release(it.job)).state == job::State::printed);
    CHECK(server.device.got == it.pdf);
}

TEST_CASE("a document that stays as it is ends its job", "[service]") {
    // In the header's intake: such an intake won't ever be known. In the envelope, the signature, the body.
    const std::size_t at = GENERATE(70U, 200U, 1300U, 5000U);
    CAPTURE(at);
    Long it;
    Bytes file = it.world.release_blobs.bytes({it.job, 1});
    file[at] ^= std::byte{1};
    it.world.release_blobs.put({it.job, 1}, file);
    Server server{it.world};
    CHECK(must(server.release(it.job)).state == job::State::aborted);
    CHECK(server.device.deliveries == 0);
    CHECK_FALSE(it.world.release_blobs.has({it.job, 1}));
}

TEST_CASE("another tenant's session or device is denied, whatever it asks for", "[service]") {
    World world;
    const ipp::JobInfo info = world.print(test::make_pdf(1, "x"), world.alice, "alice");
    REQUIRE(world.intake->handover.run().taken == 1);
    service::ReleaseDesk& desk = world.release->desk;
    // The same person, as far as the ids go.
    const token::Session own = world.session_of(world.alice);
    token::Session strange = own;
    strange.tenant = TenantId::make(world.clock, world.random);
    job::Device elsewhere = world.mfd;
    elsewhere.tenant = strange.tenant;
    const std::uint64_t size = world.release->log->size();
    CHECK(desk.jobs(strange).error().code == Errc::denied);
    CHECK(desk.release(strange, world.mfd, info.uuid, job::Wish::print).error().code == Errc::denied);
    CHECK(desk.release(own, elsewhere, info.uuid, job::Wish::print).error().code == Errc::denied);
    CHECK(desk.accept_as_printed(strange, info.uuid).error().code == Errc::denied);
    CHECK(desk.keep(strange, info.uuid, true).error().code == Errc::denied);
    CHECK(desk.remove(strange, info.uuid).error().code == Errc::denied);
    CHECK(world.device.deliveries == 0);
    CHECK(world.release->log->size() == size);
    CHECK(must(desk.jobs(own)).size() == 1);
    CHECK(must(desk.release(own, world.mfd, info.uuid, job::Wish::print)).state == job::State::printed);
}
