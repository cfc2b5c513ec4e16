// SPDX-License-Identifier: Apache-2.0
// A small IPPS printer written with the SDK: it keeps what it "prints" in a folder. For the demo and the tests.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>

#include <safeq/crypto/random.hpp>
#include <safeq/document/page_counter.hpp>
#include <safeq/net/ipp_server.hpp>
#include <safeq/tls/authority.hpp>

using namespace safeq;

namespace {

struct Options {
    std::filesystem::path folder = "printed";
    std::string address = "127.0.0.1";
    unsigned port = 8700;
    std::uint64_t hang_up_after = 0;
};

/// A printer that writes each document to a file and calls that printing.
class FolderPrinter final : public ipp::PrinterService {
public:
    FolderPrinter(Options options, const Clock& clock, Random& random)
        : options_{std::move(options)},
          clock_{clock},
          random_{random},
          started_{clock.now()},
          uuid_{InstanceId::make(clock, random)} {}

    void set_uri(std::string uri) { uri_ = std::move(uri); }

    ipp::PrinterInfo printer(const ipp::Caller&) override {
        ipp::PrinterInfo out;
        out.uris = {{.uri = uri_, .authentication = "none"}};
        out.uuid = uuid_;
        out.name = "Virtual MFD";
        out.make_and_model = "safeq virtual MFD";
        out.started = out.state_changed = out.config_changed = started_;
        return out;
    }

    Result<void> validate(const ipp::Caller&, const ipp::JobTicket&) override { return {}; }

    Result<ipp::JobInfo> create_job(const ipp::Caller&, const ipp::JobTicket& ticket) override {
        const std::scoped_lock lock{mutex_};
        ipp::JobInfo info{.id = next_++,
                          .uuid = JobId::make(clock_, random_),
                          .name = ticket.job_name,
                          .owner_name = ticket.requesting_user_name,
                          .state = ipp::JobState::pending_held,
                          .reasons = {"job-incoming"},
                          .created = clock_.now()};
        return jobs_.emplace(info.id, info).first->second;
    }

    Result<std::unique_ptr<ipp::DocumentSink>> open_document(const ipp::Caller& caller, std::int32_t id,
                                                             const ipp::DocumentTicket&) override {
        SAFEQ_TRY(const ipp::JobInfo info, job(caller, id));
        if (ipp::ended(info.state)) return fail(Errc::conflict, "job");
        return std::make_unique<Sink>(*this, info);
    }

    Result<std::unique_ptr<ipp::DocumentSink>> print(const ipp::Caller& caller, const ipp::JobTicket& ticket) override {
        SAFEQ_TRY(const ipp::JobInfo info, create_job(caller, ticket));
        return std::make_unique<Sink>(*this, info);
    }

    Result<std::vector<ipp::JobInfo>> jobs(const ipp::Caller&, const ipp::JobQuery& query) override {
        const std::scoped_lock lock{mutex_};
        std::vector<ipp::JobInfo> out;
        for (const auto& [id, info] : jobs_)
            if (ipp::matches(query.which, info.state)) out.push_back(info);
        return out;
    }

    Result<ipp::JobInfo> job(const ipp::Caller&, std::int32_t id) override {
        const std::scoped_lock lock{mutex_};
        const auto it = jobs_.find(id);
        if (it == jobs_.end()) return fail(Errc::not_found, "job");
        return it->second;
    }

    Result<void> cancel(const ipp::Caller&, std::int32_t id) override {
        const std::scoped_lock lock{mutex_};
        const auto it = jobs_.find(id);
        if (it == jobs_.end()) return fail(Errc::not_found, "job");
        if (ipp::ended(it->second.state)) return fail(Errc::conflict, "job");
        it->second.state = ipp::JobState::canceled;
        return {};
    }

private:
    class Sink final : public ipp::DocumentSink {
    public:
        Sink(FolderPrinter& printer, ipp::JobInfo info)
            : printer_{printer},
              info_{std::move(info)},
              path_{printer.options_.folder / fmt::format("{}", info_.uuid.text())},
              file_{path_.string() + ".part", std::ios::binary},
              counter_{document::PageBudget::standard()} {}

        ~Sink() override {
            if (!done_) {
                std::error_code ignored;
                std::filesystem::remove(path_.string() + ".part", ignored);
            }
        }

        Result<void> append(ByteView bytes) override {
            bytes_ += bytes.size();
            // A device whose plug is pulled: nothing of it is left, not even a goodbye.
            if (printer_.options_.hang_up_after > 0 && bytes_ > printer_.options_.hang_up_after) std::_Exit(0);
            counter_.append(bytes);
            file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
            if (!file_) return fail(Errc::io_failed, path_.string());
            return {};
        }

        Result<ipp::JobInfo> finish() override {
            file_.close();
            std::error_code error;
            std::filesystem::rename(path_.string() + ".part", path_, error);
            if (!file_ || error) return fail(Errc::io_failed, path_.string());
            done_ = true;
            const std::scoped_lock lock{printer_.mutex_};
            ipp::JobInfo& info = printer_.jobs_[info_.id];
            info.state = ipp::JobState::completed;
            info.reasons = {"job-completed-successfully"};
            info.processing = info.completed = printer_.clock_.now();
            info.impressions_completed = static_cast<std::int32_t>(counter_.finish().value_or(0));
            info.k_octets = static_cast<std::int64_t>((bytes_ + 1023) / 1024);
            return info;
        }

    private:
        FolderPrinter& printer_;
        ipp::JobInfo info_;
        std::filesystem::path path_;
        std::ofstream file_;
        document::PageCounter counter_;
        std::uint64_t bytes_ = 0;
        bool done_ = false;
    };

    Options options_;
    const Clock& clock_;
    Random& random_;
    Time started_;
    InstanceId uuid_;
    std::string uri_;
    std::mutex mutex_;
    std::map<std::int32_t, ipp::JobInfo> jobs_;
    std::int32_t next_ = 1;
};

// A certificate of its own making, as devices have; whoever prints to it pins its key.
Result<std::shared_ptr<const tls::Credentials>> own_certificate(const Clock& clock, Random& random) {
    using std::chrono::hours;
    SAFEQ_TRY(const auto authority,
              tls::Authority::create({"Virtual MFD maker", hours{48}, hours{48}}, clock.now(), random));
    SAFEQ_TRY(const auto issued, authority.issue({.common_name = "Virtual MFD",
                                                  .dns_names = {"localhost"},
                                                  .ip_addresses = {"127.0.0.1"},
                                                  .lifetime = hours{24}},
                                                 clock.now(), random));
    const std::string chain = issued.certificate.pem();
    return tls::Credentials::from_pem({chain}, {as_text(issued.key_pem.expose())});
}

Result<void> run(const Options& options) {
    SystemClock clock;
    crypto::SystemRandom random;
    asio::io_context io;
    asio::thread_pool pool{8};
    std::filesystem::create_directories(options.folder);
    SAFEQ_TRY(const auto credentials, own_certificate(clock, random));
    SAFEQ_TRY(
        auto context,
        tls::ServerContext::create(
            {.policy = &tls::intermediate_2026, .credentials = credentials, .client_anchors = nullptr, .alpn = {}}));

    FolderPrinter printer{options, clock, random};
    const ipp::Engine engine{printer, {.access = ipp::Engine::Access::open}, clock};
    net::HttpServer server{
        io,
        {.tls = std::move(context),
         .handler =
             net::serve_ipp(engine, {.knows_path = [](std::string_view path) { return path == "/ipp/print"; }}, pool)},
        clock,
        random};
    SAFEQ_TRY_VOID(server.listen(fmt::format("{}:{}", options.address, options.port)));
    const std::string uri = fmt::format("ipps://localhost:{}/ipp/print", server.port());
    printer.set_uri(uri);
    fmt::print("{{\"uri\":\"{}\",\"key_pin\":\"{}\"}}\nready\n", uri, tls::Pin::of(credentials->certificate()).text());
    std::fflush(stdout);

    asio::signal_set signals{io, SIGTERM, SIGINT};
    signals.async_wait([&](const asio::error_code&, int) { server.stop(); });
    io.run();
    pool.join();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"A virtual multi-function device: an IPPS printer that keeps what it prints in a folder."};
    app.add_option("--folder", options.folder, "Where printed documents go")->capture_default_str();
    app.add_option("--port", options.port, "Port on loopback; 0 for any")->capture_default_str();
    app.add_option("--hang-up-after", options.hang_up_after,
                   "End like a device whose plug is pulled, after so many bytes of a document");
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    const auto done = run(options);
    if (done) return 0;
    fmt::print(stderr, "virtual_mfd: {}\n", done.error().message());
    return 1;
}
