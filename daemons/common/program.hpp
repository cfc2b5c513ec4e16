// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/thread_pool.hpp>

#include <safeq/core/clock.hpp>
#include <safeq/crypto/random.hpp>
#include <safeq/net/http_server.hpp>
#include <safeq/tls/credentials.hpp>

#include "common/files.hpp"
#include "common/layout.hpp"
#include "common/listener_tickets.hpp"
#include "common/log.hpp"
#include "common/policies.hpp"
#include "common/upkeep.hpp"
#include "config/options.hpp"

namespace safeq::daemon {

/// What every daemon has in common once its options are read.
struct Common {
    DaemonFolder folder;
    std::filesystem::path shared;
    TenantId tenant;
    InstanceId instance;
    TlsFiles tls;
    TlsPolicies policies;
    tls::PolicyRef between;  ///< holds between servers of ours
    ReadFiles files;         ///< of which these are made
};
/// *Errors*: `config_invalid`, and those of the files, each with a sentence for people.
[[nodiscard]] Result<Common> load_common(const CommonOptions& options);

/// A context for a listener that asks for client certificates from our authority.
[[nodiscard]] Result<std::shared_ptr<const tls::ServerContext>> mutual_context(const TlsFiles& files,
                                                                               tls::PolicyRef policy);

/// A context for a listener that asks nobody for a certificate; its sessions are resumed by `tickets`, as the policy
/// says, or never where that is null.
[[nodiscard]] Result<std::shared_ptr<const tls::ServerContext>> open_context(const Common& common,
                                                                             tls::PolicyRef policy,
                                                                             ListenerTickets* tickets);

/// A context for calling another daemon of ours, which must bear `name`.
[[nodiscard]] Result<std::shared_ptr<const tls::ClientContext>> client_context(const Common& common, std::string name);

/// Threads and signals of a daemon: runs until SIGTERM or SIGINT, then `stop`, then waits for what is at work. SIGHUP
/// asks for a reload; one that came since the program began, too.
class Runtime {
public:
    static constexpr std::size_t pool_threads = 32;
    static constexpr std::size_t operator_threads = 4;

    Runtime();
    ~Runtime();
    asio::io_context io;
    asio::thread_pool pool;
    asio::thread_pool operators;  ///< of the admin socket alone: whatever holds up the others, who mends it is served
    SystemClock clock;
    crypto::SystemRandom random;

    /// For each of the daemon's `listeners` on the network, out of the descriptors that it may have; logged.
    [[nodiscard]] net::ConnectionLimits connections(std::size_t listeners) const;

    /// A loop on a thread of its own: `turn` is called again after `interval`, or when `wake` is called.
    class Periodic {
    public:
        Periodic(std::chrono::milliseconds interval, std::function<void()> turn);
        void wake();
        void stop();

    private:
        std::chrono::milliseconds interval_;
        std::function<void()> turn_;
        std::mutex mutex_;
        std::condition_variable_any condition_;
        bool woken_ = false;
        std::jthread thread_;
    };

    /// Says ready, serves until a signal comes, then stops the listeners and waits for their connections. What still
    /// waits for another server or a device after `grace` is ended by `stop`. Meanwhile `upkeep` has a thread.
    void run(const std::vector<net::HttpServer*>& listeners, std::stop_source& stop, std::chrono::seconds grace,
             Upkeep upkeep);

private:
    void wait_for_signal(const std::function<void()>& reload, const std::function<void(int)>& end);

    asio::signal_set signals_{io, SIGHUP};
};

/// From now on a SIGHUP waits until there is a `Runtime`, instead of ending the program.
void hold_hang_up() noexcept;

/// No core file, and no tracing by processes of the same user: both would show keys. Blocks of 1 MiB and more are
/// mapped anew each time, those that hash passwords among them: they lie alike whatever was allocated before.
void keep_memory_private() noexcept;

/// Runs `body` and turns its failure into one sentence on standard error and exit status 1.
int guarded(std::string_view program, const std::function<Result<void>()>& body);

/// A daemon's `main`: reads its options, starts its log, runs it. Exit status 0 or 1.
template <class Options>
int daemon_main(std::string_view program, int argc, char** argv, Result<void> (*run)(const Options&)) {
    hold_hang_up();
    return guarded(program, [&]() -> Result<void> {
        SAFEQ_TRY(const std::optional<Options> options, from_command_line<Options>(argc, argv));
        if (!options) return {};
        keep_memory_private();
        start_logging(program, options->common.verbose);
        return run(*options);
    });
}

}  // namespace safeq::daemon
