// SPDX-License-Identifier: Apache-2.0
// safeq-release: holds opening keys, identity and job states; lets documents go to the device at which their owner is.
#include <fmt/format.h>

#include <safeq/service/admin_api.hpp>
#include <safeq/service/daemon_api.hpp>
#include <safeq/service/housekeeping.hpp>
#include <safeq/service/terminal_api.hpp>
#include <safeq/store/account_store.hpp>
#include <safeq/store/blob_folder.hpp>
#include <safeq/store/device_store.hpp>
#include <safeq/store/job_repository.hpp>
#include <safeq/store/log_folder.hpp>
#include <safeq/store/throttle_store.hpp>
#include <safeq/store/token_store.hpp>

#include "common/log.hpp"
#include "common/peppers.hpp"
#include "common/program.hpp"
#include "common/roles.hpp"
#include "common/root_key.hpp"
#include "release/folder_seeds.hpp"
#include "release/ports.hpp"

namespace safeq::daemon {
namespace {

using namespace std::chrono_literals;

// Sign-ins hash, which takes long, and anybody may try: they have threads of their own at each listener, and only so
// many at a time; the next one is told `busy` at once. So a flood holds up no release and no hand-over, one at the
// intakes none at the terminals, and an intake never has all its threads waiting for us.
constexpr std::size_t hashing_threads = 12;
constexpr std::size_t sign_ins_at_once = 24;
static_assert(hashing_threads > auth::hashing_2026.concurrent, "all hashes of the budget can be under way");
static_assert(2 * hashing_threads < auth::hashing_2026.concurrent + auth::hashing_2026.waiting,
              "the budget's line has room for every thread, and for operators who add people");
static_assert(sign_ins_at_once < Runtime::pool_threads);

// A device takes as long as it likes, up to ten minutes and a document's time: deliveries have threads of their own, so
// that devices that stand still, or mean it, hold up nothing but deliveries, and each device only so many of those. As
// many as there are threads: in line, one would wait for devices that are none of its business.
constexpr std::size_t deliveries_at_once = 128;
constexpr std::size_t deliveries_each = 4;

// Everything that the daemon is made of, in the order in which it depends on each other.
class Release {
public:
    explicit Release(const ReleaseOptions& options) : options_{options} {}

    Result<void> run() {
        SAFEQ_TRY(common_, load_common(options_.common));
        SAFEQ_TRY(contexts_, make_contexts(common_));
        SAFEQ_TRY(DevicePolicies devices, device_policies(common_));
        device_policies_.set(std::move(devices));
        SAFEQ_TRY_VOID(open_stores());
        assemble();
        SAFEQ_TRY_VOID(recorder_->daemon_started("release", version, configuration(common_)));
        SAFEQ_TRY_VOID(recorder_->pepper_in_use(peppers_->current().id()));
        SAFEQ_TRY_VOID(throttle_->load());
        SAFEQ_TRY_VOID(epochs_folder_->load(common_.tenant, ring_));
        SAFEQ_TRY_VOID(epoch_keeper_->begin());
        SAFEQ_TRY_VOID(recover());
        // An epoch that can't end yet, for a full disk or an intake that isn't known, keeps nobody from their jobs.
        housekeeping_->each_minute();
        return serve();
    }

private:
    // By what the daemon is reached; read anew at each reload, as are the policies towards devices.
    struct Contexts {
        std::shared_ptr<const tls::ServerContext> terminals, daemons;
    };

    Result<Contexts> make_contexts(const Common& common) const {
        Contexts out;
        SAFEQ_TRY(const tls::PolicyRef terminals,
                  common.policies.find("tls-policy-terminals", options_.tls_policy_terminals));
        SAFEQ_TRY(out.terminals, mutual_context(common.tls, terminals));
        SAFEQ_TRY(out.daemons, mutual_context(common.tls, common.between));
        return out;
    }

    Result<DevicePolicies> device_policies(Common& common) const {
        DevicePolicies out;
        SAFEQ_TRY(out.strict, common.policies.find("tls-policy-devices", options_.tls_policy_devices));
        SAFEQ_TRY(out.exceptions, common.policies.exceptions(options_.tls_exceptions, runtime_.clock, &common.files));
        return out;
    }

    // All that is in effect, but for keys.
    std::string configuration(const Common& common) const {
        return to_config(options_) + at_start_.lines() + common.files.lines();
    }

    Result<void> open_stores() {
        const DaemonFolder& folder = common_.folder;
        SAFEQ_TRY(keys_, store::KeyFolder::open(folder.keys()));
        SAFEQ_TRY(log_key_, read_signing_key(*keys_, log_key_file));
        SAFEQ_TRY(list_key_, read_signing_key(*keys_, list_key_file));
        SAFEQ_TRY(auto credential_key, read_xwing_key(*keys_, credential_key_file));
        opener_.emplace(std::move(credential_key), runtime_.clock);
        SAFEQ_TRY(auth::PepperRing peppers, read_peppers(*keys_));
        peppers_.emplace(std::move(peppers));
        SAFEQ_TRY_VOID(load_blocklist());
        SAFEQ_TRY(const auto root, read_key<crypto::WrapKey>(*keys_, subject_root_key_file));
        SAFEQ_TRY_VOID(load_intakes(common_.shared / intakes_public, intakes_, &common_.files));
        SAFEQ_TRY(database_, store::Database::open(folder.root / "release.db", store::Database::Purpose::release));
        SAFEQ_TRY(subject_keys_,
                  store::Database::open(folder.root / "subjects.db", store::Database::Purpose::subjects));
        subjects_.emplace(*subject_keys_, common_.tenant, root.clone(), runtime_.clock, runtime_.random,
                          database_.get());
        SAFEQ_TRY_VOID(subjects_->adopt(*database_));
        accounts_.emplace(*database_, *subjects_, root, runtime_.random);
        SAFEQ_TRY(blobs_,
                  store::BlobFolder::open(folder.spool(), store::system_file_ops(), options_.free_floor_mib << 20));
        SAFEQ_TRY(epochs_folder_, open_epochs(folder.root / "epochs", options_.root_key, runtime_.random));
        SAFEQ_TRY(log_store_, store::open_log_folder(folder.log()));
        SAFEQ_TRY(log_, audit::Log::open(*log_store_, log_origin("release", common_.tenant), *log_key_));
        SAFEQ_TRY(unseen_, service::unseen_time(*log_, runtime_.clock.now()));
        return {};
    }

    Result<void> load_blocklist() {
        if (options_.password_blocklist.empty()) return {};
        const std::filesystem::path file = common_.folder.root / options_.password_blocklist;
        SAFEQ_TRY(std::string text, read_text(file, &at_start_, auth::Blocklist::max_text_bytes));
        auto list = auth::Blocklist::parse(std::move(text));
        if (!list) return fail(Errc::config_invalid, file.string(), list.error().message());
        blocklist_.emplace(*std::move(list));
        return {};
    }

    void assemble() {
        const TenantId tenant = common_.tenant;
        const auto explain = [](std::string_view route, const Error& error) {
            log_info("refused", field("route", route) + " " + field("why", error.message()));
        };
        tokens_.emplace(*database_);
        devices_.emplace(*database_);
        repository_.emplace(*database_);
        throttle_store_.emplace(*database_);
        throttle_.emplace(auth::throttle_2026, runtime_.clock, *throttle_store_);
        recorder_.emplace(service::Recorder::Parts{.tenant = tenant,
                                                   .log = *log_,
                                                   .subjects = &*subjects_,
                                                   .clock = runtime_.clock,
                                                   .random = runtime_.random});
        password_rules_.emplace(auth::password_limits_2026, blocklist_ ? &*blocklist_ : nullptr,
                                std::vector<std::string>{"safeq"});
        hasher_.emplace(auth::argon2id_2026, *peppers_, runtime_.random, hashing_);
        authenticator_.emplace(auth::Authenticator::Parts{
            .accounts = *accounts_, .hasher = *hasher_, .peppers = *peppers_, .throttle = *throttle_});
        sessions_.emplace(*tokens_, runtime_.clock, runtime_.random, token::terminal_session_2026);
        print_tokens_.emplace(*tokens_, runtime_.clock, runtime_.random);
        sign_in_.emplace(service::SignIn::Parts{tenant, *authenticator_, *accounts_, *sessions_, *print_tokens_,
                                                *opener_, *recorder_});
        gate_.emplace(*repository_, runtime_.clock);
        jobs_.emplace(*repository_, *recorder_, runtime_.clock, runtime_.random);
        delivery_.emplace(device_policies_, *recorder_, runtime_.clock, runtime_.random, stop_.get_token());
        desk_.emplace(service::ReleaseDesk::Parts{tenant, *gate_, *jobs_, *blobs_, ring_, intakes_, *subjects_,
                                                  *recorder_, *delivery_, runtime_.clock, retention()});
        custody_.emplace(service::Custody::Parts{tenant, *blobs_, ring_, intakes_, *repository_, *jobs_, *accounts_,
                                                 *subjects_, *recorder_, *log_, runtime_.clock, runtime_.random,
                                                 retention()});
        seeds_.emplace(*epochs_folder_, ring_, tenant, runtime_.clock);
        survivors_.emplace(service::Survivors::Parts{tenant, *blobs_, ring_, intakes_, *repository_, runtime_.random});
        epoch_keeper_.emplace(service::EpochKeeper::Parts{
            .tenant = tenant,
            .seeds = *seeds_,
            .survivors = *survivors_,
            .undisturbed = [this](const auto& act) { return custody_->undisturbed(act); },
            .signer = *list_key_,
            .signer_name = std::string{list_key_name},
            .recorder = *recorder_,
            .clock = runtime_.clock,
            .rules = service::epoch_rules_2026(std::chrono::hours{options_.hold_hours + 1})});
        housekeeping_.emplace(service::Housekeeping::Parts{
            .tenant = tenant,
            .jobs = *jobs_,
            .keeper = *epoch_keeper_,
            .recorder = *recorder_,
            .clock = runtime_.clock,
            .retention = retention(),
            .unseen = unseen_,
            .discard = [this](const job::Job& job) { return desk_->discard(job); },
            .explain = [](std::string_view what, const Error& error) { log_error(what, error); }});
        key_maker_.emplace(*subjects_);
        admin_.emplace(service::Admin::Parts{tenant, *accounts_, *hasher_, *peppers_, *password_rules_, *throttle_,
                                             *key_maker_, *devices_, *repository_, *jobs_, *print_tokens_, *sessions_,
                                             *recorder_, runtime_.clock, runtime_.random,
                                             [this](const job::Job& job) { return desk_->discard(job); },
                                             [this](const auto& act) { return custody_->undisturbed(act); }});
        terminal_api_.emplace(service::TerminalApi::Parts{tenant, *sign_in_, *desk_, *devices_, explain});
        admin_api_.emplace(service::AdminApi::Parts{*admin_, *epoch_keeper_, options_.printer, explain});
        daemon_api_.emplace(service::DaemonApi::Parts{.tenant = tenant,
                                                      .sign_in = *sign_in_,
                                                      .custody = *custody_,
                                                      .desk = *desk_,
                                                      .jobs = *jobs_,
                                                      .repository = *repository_,
                                                      .subjects = *subjects_,
                                                      .recorder = *recorder_,
                                                      .clock = runtime_.clock,
                                                      .epoch_list = [this] { return epoch_keeper_->signed_list(); },
                                                      .explain = explain});
    }

    [[nodiscard]] service::Retention retention() const {
        return {.held = std::chrono::hours{options_.hold_hours},
                .kept = std::chrono::days{options_.favourite_days},
                .ended = std::chrono::days{options_.ended_days}};
    }

    // Before anything listens: attempts that were cut off, leaves that are owed, files that nobody needs.
    Result<void> recover() {
        SAFEQ_TRY(const job::Recovery found, jobs_->recover(common_.tenant));
        SAFEQ_TRY(const service::Custody::Swept swept, custody_->sweep());
        for (const auto& [job, why] : swept.left)
            log_error("files-without-a-job", Error{why.code, job.text() + ": " + why.where, why.detail});
        finish_erasures();
        log_info("recovered", fmt::format("waiting={} uncertain={} settled={} files-removed={} jobs-restored={}",
                                          found.waiting.size(), found.uncertain.size(), found.settled.size(),
                                          swept.removed, swept.restored));
        return {};
    }

    // Once a second.
    void keep_house() {
        housekeeping_->each_second();
        if (const auto published = log_->publish(); !published) log_error("publish-failed", published.error());
    }

    // Once a minute.
    void keep_long_things() {
        housekeeping_->each_minute();
        if (const auto done = sessions_->sweep(); !done) log_error("sweep-failed", done.error());
        finish_erasures();
    }

    void finish_erasures() {
        if (const auto done = admin_->finish_erasures(); !done) log_error("erasure-unfinished", done.error());
    }

    std::vector<service::Route> daemon_routes() {
        std::vector<service::Route> out = daemon_api_->routes();
        for (service::Route& route : service::log_routes(*log_store_, service::Role::report))
            out.push_back(std::move(route));
        return out;
    }

    // Everything that is served, with the role that each route needs; for operators and for the test that holds
    // docs/openapi/release.yaml against it.
    std::vector<service::Route> admin_routes() {
        std::vector<service::Route> out = admin_api_->routes();
        std::string all = net::list_routes(terminal_api_->routes()) + net::list_routes(daemon_routes()) +
                          "PUT /internal/v1/jobs/{job}/{number} intake\n" + net::list_routes(out) +
                          "GET /admin/v1/routes admin\n";
        out.push_back({.method = "GET",
                       .path = "/admin/v1/routes",
                       .role = service::Role::admin,
                       .max_body_bytes = 0,
                       .handle = [all = std::move(all)](const service::ApiCall&) {
                           return service::ApiReply{.body = all, .content_type = "text/plain; charset=utf-8"};
                       }});
        return out;
    }

    Result<void> serve() {
        const auto failed = [](std::string_view address, const Error& error) {
            log_debug("connection-ended", field("peer", address) + " " + field("why", error.message()));
        };
        net::BoundedPool at_terminals{hashing_threads, sign_ins_at_once};
        net::BoundedPool at_intakes{hashing_threads, sign_ins_at_once};
        net::BoundedPool deliveries{deliveries_at_once, deliveries_at_once, deliveries_each};
        const net::ConnectionLimits connections = runtime_.connections(2);
        net::HttpServer terminals{
            runtime_.io,
            {.tls = contexts_.terminals,
             .handler = net::serve_routes(terminal_api_->routes(), has_role, {runtime_.pool, at_terminals, deliveries}),
             .connections = connections,
             .on_failure = failed},
            runtime_.clock,
            runtime_.random};
        SAFEQ_TRY_VOID(terminals.listen(options_.listen_terminals));
        net::HttpServer daemons{runtime_.io,
                                {.tls = contexts_.daemons,
                                 .handler = net::serve_routes(daemon_routes(), has_role, {runtime_.pool, at_intakes},
                                                              receive_files(*custody_, runtime_.pool)),
                                 .connections = connections,
                                 .on_failure = failed},
                                runtime_.clock,
                                runtime_.random};
        SAFEQ_TRY_VOID(daemons.listen(options_.listen_daemons));
        net::HttpServer admin{
            runtime_.io,
            {.tls = nullptr, .handler = net::serve_routes(admin_routes(), has_role, runtime_.operators)},
            runtime_.clock,
            runtime_.random};
        SAFEQ_TRY_VOID(admin.listen_local(common_.folder.socket().string()));

        Runtime::Periodic house{1s, [this] { keep_house(); }};
        Runtime::Periodic keys{60s, [this] { keep_long_things(); }};
        log_info("listening",
                 fmt::format("terminals={} daemons={}", options_.listen_terminals, options_.listen_daemons));
        // A document on its way to a device may arrive: cut off, it would be uncertain.
        const auto reload = [&]() -> Result<TlsFiles> {
            SAFEQ_TRY(Common fresh, load_common(options_.common));
            SAFEQ_TRY(const Contexts made, make_contexts(fresh));
            SAFEQ_TRY(DevicePolicies devices, device_policies(fresh));
            spool::IntakeTable intakes;
            SAFEQ_TRY_VOID(load_intakes(fresh.shared / intakes_public, intakes, &fresh.files));
            const tls::Certificate& own = fresh.tls.credentials->certificate();
            SAFEQ_TRY_VOID(
                recorder_->credentials_reloaded("release", own.serial(), own.not_after(), configuration(fresh)));
            SAFEQ_TRY_VOID(terminals.use(made.terminals));
            SAFEQ_TRY_VOID(daemons.use(made.daemons));
            device_policies_.set(std::move(devices));
            intakes_.become(intakes);
            return std::move(fresh.tls);
        };
        runtime_.run({&terminals, &daemons, &admin}, stop_, 20s, {common_.tls.endings, reload, runtime_.clock});

        house.stop();
        keys.stop();
        SAFEQ_TRY_VOID(recorder_->daemon_stopped("release"));
        SAFEQ_TRY(const audit::SignedCheckpoint last, log_->publish());
        (void)last;
        log_info("stopped");
        return {};
    }

    const ReleaseOptions& options_;
    Common common_;
    ReadFiles at_start_;  // and not at a reload
    Runtime runtime_;
    std::stop_source stop_;
    Contexts contexts_;
    Current<DevicePolicies> device_policies_;
    std::unique_ptr<store::KeyFolder> keys_;
    std::optional<crypto::SigningKey> log_key_, list_key_;
    std::optional<service::CredentialOpener> opener_;
    std::optional<auth::PepperRing> peppers_;
    spool::IntakeTable intakes_;
    spool::EpochRing ring_;
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Database> subject_keys_;
    std::optional<store::SubjectKeys> subjects_;
    std::unique_ptr<store::BlobFolder> blobs_;
    std::unique_ptr<store::EpochFolder> epochs_folder_;
    std::unique_ptr<audit::LogStore> log_store_;
    std::unique_ptr<audit::Log> log_;
    std::chrono::milliseconds unseen_{0};
    std::optional<store::AccountStore> accounts_;
    std::optional<store::TokenStore> tokens_;
    std::optional<store::DeviceStore> devices_;
    std::optional<store::JobRepository> repository_;
    std::optional<store::ThrottleStore> throttle_store_;
    std::optional<auth::SharedThrottle> throttle_;
    auth::HashingBudget hashing_{auth::hashing_2026};
    std::optional<auth::Blocklist> blocklist_;
    std::optional<auth::PasswordRules> password_rules_;
    std::optional<auth::Hasher> hasher_;
    std::optional<service::Recorder> recorder_;
    std::optional<auth::Authenticator> authenticator_;
    std::optional<token::SessionManager> sessions_;
    std::optional<token::PrintTokens> print_tokens_;
    std::optional<service::SignIn> sign_in_;
    std::optional<job::ReleaseGate> gate_;
    std::optional<job::Jobs> jobs_;
    std::optional<IppDelivery> delivery_;
    std::optional<service::ReleaseDesk> desk_;
    std::optional<service::Custody> custody_;
    std::optional<FolderSeeds> seeds_;
    std::optional<service::Survivors> survivors_;
    std::optional<service::EpochKeeper> epoch_keeper_;
    std::optional<service::Housekeeping> housekeeping_;
    std::optional<KeyMaker> key_maker_;
    std::optional<service::Admin> admin_;
    std::optional<service::TerminalApi> terminal_api_;
    std::optional<service::AdminApi> admin_api_;
    std::optional<service::DaemonApi> daemon_api_;
};

}  // namespace

Result<void> run(const ReleaseOptions& options) { return Release{options}.run(); }

}  // namespace safeq::daemon

int main(int argc, char** argv) { return safeq::daemon::daemon_main("safeq-release", argc, argv, safeq::daemon::run); }
