// SPDX-License-Identifier: Apache-2.0
#include "common/program.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <atomic>
#include <cstdio>

#include <fmt/format.h>

#include "common/log.hpp"
#include "common/readiness.hpp"

namespace safeq::daemon {

Result<Common> load_common(const CommonOptions& options) {
    Common out;
    const std::filesystem::path config{options.config};
    out.folder.root =
        options.data.empty() ? std::filesystem::absolute(config).parent_path() : std::filesystem::path{options.data};
    out.shared =
        options.shared.empty() ? out.folder.root.parent_path() / "public" : std::filesystem::path{options.shared};
    const auto tenant = TenantId::parse(options.tenant);
    if (!tenant) return fail(Errc::config_invalid, "tenant", "not an id");
    const auto instance = InstanceId::parse(options.instance);
    if (!instance) return fail(Errc::config_invalid, "instance", "not an id");
    out.tenant = *tenant;
    out.instance = *instance;
    SAFEQ_TRY(out.tls, read_tls(out.folder.tls(), &out.files));
    // It is served all the same: who looks at the list refuses it, and a daemon that doesn't start helps nobody else.
    if (const tls::Certificate* const own = out.tls.revoked())
        log_error("revoked what=certificate",
                  Error{Errc::certificate_revoked, out.tls.own_file.string(),
                        fmt::format("serial {} is on the revocation list: others of ours refuse this server, and no "
                                    "session with it is resumed; put another certificate in its place, then SIGHUP",
                                    own->serial())});
    SAFEQ_TRY(out.policies,
              TlsPolicies::read(options.tls_policies.empty() ? out.shared / "tls-policies"
                                                             : std::filesystem::path{options.tls_policies},
                                &out.files));
    SAFEQ_TRY(out.between, out.policies.find("tls-policy-daemons", options.tls_policy_daemons));
    return out;
}

Result<std::shared_ptr<const tls::ServerContext>> mutual_context(const TlsFiles& files, tls::PolicyRef policy) {
    return tls::ServerContext::create({.policy = std::move(policy),
                                       .credentials = files.credentials,
                                       .client_auth = tls::ClientAuth::required,
                                       .client_anchors = files.anchors,
                                       .alpn = {}});
}

Result<std::shared_ptr<const tls::ServerContext>> open_context(const Common& common, tls::PolicyRef policy,
                                                               ListenerTickets* tickets) {
    std::shared_ptr<tls::TicketKeys> keys;
    if (tickets != nullptr) {
        SAFEQ_TRY(keys, tickets->keys(common.tenant, policy));
    }
    return tls::ServerContext::create({.policy = std::move(policy),
                                       .credentials = common.tls.credentials,
                                       .client_auth = tls::ClientAuth::none,
                                       .client_anchors = nullptr,
                                       .alpn = {},
                                       .tickets = std::move(keys),
                                       .own_anchors = common.tls.anchors});
}

Result<std::shared_ptr<const tls::ClientContext>> client_context(const Common& common, std::string name) {
    return tls::ClientContext::create({.policy = common.between,
                                       .server_name = {},
                                       .check = tls::Anchored{.anchors = common.tls.anchors, .name = std::move(name)},
                                       .own = common.tls.credentials,
                                       .alpn = {}});
}

namespace {
constexpr std::chrono::hours between_looks{1};

// Memory, most likely: it ends what it happened to, not the thread that others depend on.
void report(std::string_view event, const std::exception& failure) noexcept {
    try {
        log_error(event, Error{Errc::internal, "unforeseen", failure.what()});
    } catch (const std::exception&) {
    }
}

void run_all(asio::io_context& io) {
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception& failure) {
            report("handler ended", failure);
        }
    }
}

void change_hang_up(int how) noexcept {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, nullptr);
}
}  // namespace

Runtime::Runtime() : pool{pool_threads}, operators{operator_threads} {
    std::signal(SIGPIPE, SIG_IGN);
    change_hang_up(SIG_UNBLOCK);  // `signals_` has it now
}
Runtime::~Runtime() = default;

net::ConnectionLimits Runtime::connections(std::size_t listeners) const {
    const std::size_t descriptors = net::raise_descriptor_limit();
    const auto out = net::ConnectionLimits::share(descriptors, listeners);
    log_info("connections",
             fmt::format("descriptors={} each-listener={} each-stranger={}", descriptors, out.all, out.strangers_each));
    return out;
}

Runtime::Periodic::Periodic(std::chrono::milliseconds interval, std::function<void()> turn)
    : interval_{interval}, turn_{std::move(turn)}, thread_{[this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
              {
                  const crypto::StackWiper after;
                  try {
                      turn_();
                  } catch (const std::exception& failure) {
                      report("turn ended", failure);
                  }
              }
              std::unique_lock lock{mutex_};
              condition_.wait_for(lock, stop, interval_, [this] { return woken_; });
              woken_ = false;
          }
      }} {}

void Runtime::Periodic::wake() {
    {
        const std::scoped_lock lock{mutex_};
        woken_ = true;
    }
    condition_.notify_one();
}

void Runtime::Periodic::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

// One wait after the other, so that the set is never used by two threads.
void Runtime::wait_for_signal(const std::function<void()>& reload, const std::function<void(int)>& end) {
    signals_.async_wait([this, &reload, &end](const asio::error_code& error, int signal) {
        if (error) return;
        if (signal != SIGHUP) return end(signal);
        reload();
        wait_for_signal(reload, end);
    });
}

void Runtime::run(const std::vector<net::HttpServer*>& listeners, std::stop_source& stop, std::chrono::seconds grace,
                  Upkeep upkeep) {
    std::jthread hurry;
    std::atomic<bool> asked{false};
    Periodic keeper{between_looks, [&] {
                        if (asked.exchange(false)) upkeep.reload();
                        upkeep.look();
                    }};
    const std::function<void()> reload = [&] {
        asked = true;
        keeper.wake();
    };
    const std::function<void(int)> end = [&](int signal) {
        log_info("stopping", fmt::format("signal={}", signal));
        notify_stopping();
        hurry = std::jthread{[&stop, grace](const std::stop_token& done) {
            std::mutex mutex;
            std::condition_variable_any condition;
            std::unique_lock lock{mutex};
            condition.wait_for(lock, done, grace, [] { return false; });
            stop.request_stop();
        }};
        for (net::HttpServer* listener : listeners) listener->stop();
    };
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    wait_for_signal(reload, end);
    notify_ready();
    std::jthread second{[this] { run_all(io); }};
    run_all(io);
    second.join();
    pool.join();
    operators.join();
}  // ends `hurry`, which asks `stop` in any case

void hold_hang_up() noexcept { change_hang_up(SIG_BLOCK); }

// Where Argon2id's memory lies among smaller blocks, how it lies to the cache's lines depends on what was allocated
// before it, and so on whether an account was read: its time told.
constexpr int mapped_anew_bytes = 1 << 20;

void keep_memory_private() noexcept {
    const rlimit none{0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)mallopt(M_MMAP_THRESHOLD, mapped_anew_bytes);
}

int guarded(std::string_view program, const std::function<Result<void>()>& body) {
    try {
        const auto done = body();
        if (done) return 0;
        fmt::print(stderr, "{}: {}\n", program, done.error().message());
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}\n", program, error.what());
    }
    return 1;
}

}  // namespace safeq::daemon
