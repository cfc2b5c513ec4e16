// SPDX-License-Identifier: Apache-2.0
#include "safeq/init.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include <fmt/format.h>

#include <safeq/auth/pepper.hpp>
#include <safeq/crypto/random.hpp>

#include "common/files.hpp"
#include "config/options.hpp"
#include "safeq/auditor_password.hpp"
#include "safeq/authority_folder.hpp"

namespace safeq::daemon {
namespace {

struct Ports {
    unsigned ipps, intake, terminal, daemon, report;
    explicit Ports(unsigned offset)
        : ipps{8631 + offset},
          intake{8632 + offset},
          terminal{8641 + offset},
          daemon{8643 + offset},
          report{8651 + offset} {}
};

// What the servers call each other by, and then what they were told.
std::vector<std::string> with(std::vector<std::string> own, const std::vector<std::string>& told) {
    for (const std::string& one : told)
        if (std::ranges::find(own, one) == own.end()) own.push_back(one);
    return own;
}

/// One run of `init`: what its steps share.
class Installer {
public:
    Installer(const Layout& layout, const InitOptions& options)
        : layout_{layout},
          options_{options},
          ports_{options.port_offset},
          now_{clock_.now()},
          tenant_{TenantId::make(clock_, random_)},
          intake_{InstanceId::make(clock_, random_)},
          release_{InstanceId::make(clock_, random_)},
          report_{InstanceId::make(clock_, random_)} {}

    Result<std::string> run() {
        SAFEQ_TRY_VOID(folders());
        SAFEQ_TRY_VOID(certificates());
        SAFEQ_TRY_VOID(release_keys());
        SAFEQ_TRY_VOID(intake_keys());
        SAFEQ_TRY_VOID(report_keys());
        SAFEQ_TRY_VOID(configurations());
        return summary();
    }

private:
    Result<void> folder(const fs::path& path, fs::perms rights) {
        std::error_code error;
        fs::create_directories(path, error);
        if (!error) fs::permissions(path, rights, error);
        if (error) return fail(Errc::io_failed, path.string(), error.message());
        return {};
    }

    Result<void> folders() {
        SAFEQ_TRY_VOID(folder(layout_.root, fs::perms{0755}));
        SAFEQ_TRY_VOID(folder(layout_.shared(), fs::perms{0755}));
        SAFEQ_TRY_VOID(folder(layout_.authority(), fs::perms{0700}));
        SAFEQ_TRY_VOID(folder(layout_.devices(), fs::perms{0700}));
        for (const char* name : {"intake", "release", "report"}) {
            const DaemonFolder daemon = layout_.daemon(name);
            for (const fs::path& path : {daemon.root, daemon.tls(), daemon.keys(), daemon.socket().parent_path()})
                SAFEQ_TRY_VOID(folder(path, fs::perms{0700}));
        }
        return {};
    }

    Result<void> certificates() {
        SAFEQ_TRY(tls::Authority authority,
                  tls::Authority::create({options_.organization + " authority", authority_lifetime, crl_lifetime}, now_,
                                         random_));
        SAFEQ_TRY(const auto keys, store::KeyFolder::open(layout_.authority()));
        const crypto::Secret key = authority.key_pem();
        SAFEQ_TRY_VOID(keys->write_new("ca.key", key.expose()));
        for (const fs::path& where : {layout_.authority(), layout_.shared()}) SAFEQ_TRY_VOID(publish(authority, where));
        SAFEQ_TRY_VOID(certificate(authority, "intake", std::string{intake_role} + intake_.text()));
        SAFEQ_TRY_VOID(certificate(authority, "release", std::string{release_role}));
        SAFEQ_TRY_VOID(certificate(authority, "report", std::string{report_role}));
        return {};
    }

    static Result<void> publish(const tls::Authority& authority, const fs::path& where) {
        SAFEQ_TRY_VOID(write_text(where / "ca.pem", authority.certificate().pem(), 0644));
        return write_text(where / "crl.pem", authority.crl_pem(), 0644);
    }

    Result<void> certificate(const tls::Authority& authority, const char* name, std::string role) {
        SAFEQ_TRY(const tls::Issued issued,
                  authority.issue({.common_name = fmt::format("safeq-{}", name),
                                   .dns_names = with({"localhost"}, options_.host_names),
                                   .ip_addresses = with({"127.0.0.1", "::1"}, options_.addresses),
                                   .uris = {std::move(role)},
                                   .purpose = tls::Purpose::server_and_client,
                                   .lifetime = certificate_lifetime},
                                  now_, random_));
        const fs::path where = layout_.daemon(name).tls();
        SAFEQ_TRY(const auto keys, store::KeyFolder::open(where));
        SAFEQ_TRY_VOID(keys->write_new("key.pem", issued.key_pem.expose()));
        SAFEQ_TRY_VOID(write_text(where / "cert.pem", issued.certificate.pem(), 0644));
        return publish(authority, where);
    }

    // A fresh 32-byte seed in its file; the key made of it comes back.
    Result<crypto::SigningKey> signing_key(store::KeyFolder& keys, std::string_view name) {
        crypto::SigningKey key = crypto::SigningKey::generate(random_);
        SAFEQ_TRY_VOID(keys.write_new(name, key.seed().expose()));
        return key;
    }

    Result<void> public_note_key(std::string_view file, std::string name, const crypto::SigningKey& key) {
        const crypto::NoteKey note{.name = std::move(name), .key = key.verifying_key()};
        return write_text(layout_.shared() / file, note.text() + "\n", 0644);
    }

    Result<void> release_keys() {
        SAFEQ_TRY(const auto keys, store::KeyFolder::open(layout_.daemon("release").keys()));
        SAFEQ_TRY(const auto list, signing_key(*keys, list_key_file));
        SAFEQ_TRY_VOID(public_note_key(list_key_public, std::string{list_key_name}, list));
        SAFEQ_TRY(const auto log, signing_key(*keys, log_key_file));
        SAFEQ_TRY_VOID(public_note_key(release_log_public, log_origin("release", tenant_), log));
        const auto credential = crypto::XwingPrivateKey::generate(random_);
        SAFEQ_TRY_VOID(keys->write_new(credential_key_file, credential.seed().expose()));
        SAFEQ_TRY_VOID(
            write_text(layout_.shared() / credential_key_public, to_base64(credential.public_key()) + "\n", 0644));
        for (const std::string_view name : {pepper_key_file, subject_root_key_file}) {
            const auto key = auth::PepperKey::random(random_);
            SAFEQ_TRY_VOID(keys->write_new(name, key.expose()));
        }
        return {};
    }

    Result<void> intake_keys() {
        SAFEQ_TRY(const auto keys, store::KeyFolder::open(layout_.daemon("intake").keys()));
        SAFEQ_TRY(const auto signer, signing_key(*keys, signing_key_file));
        SAFEQ_TRY_VOID(write_text(layout_.shared() / intakes_public,
                                  fmt::format("{} {}\n", intake_.text(), to_base64(signer.verifying_key().bytes)),
                                  0644));
        SAFEQ_TRY(const auto log, signing_key(*keys, log_key_file));
        return public_note_key(intake_log_public, log_origin("intake", tenant_), log);
    }

    Result<void> report_keys() {
        const DaemonFolder report = layout_.daemon("report");
        SAFEQ_TRY(const auto keys, store::KeyFolder::open(report.keys()));
        SAFEQ_TRY(const auto witness, signing_key(*keys, witness_key_file));
        SAFEQ_TRY_VOID(public_note_key(witness_public, witness_name(tenant_), witness));

        // The auditor's first password: random, told once, under a pepper of its own.
        const auto pepper = auth::PepperKey::random(random_);
        SAFEQ_TRY_VOID(keys->write_new(auditor_pepper_file, pepper.expose()));
        const std::string password = to_base64url(random_.bytes<15>());
        SAFEQ_TRY_VOID(store_auditor_password(*keys, crypto::Secret::copy_of(password), random_));
        return write_text(report.root / "auditor.txt", password + "\n", 0600);
    }

    Result<void> configurations() {
        const auto open = [&](unsigned port) {
            const bool six = options_.listen.contains(':');
            return six ? fmt::format("[{}]:{}", options_.listen, port) : fmt::format("{}:{}", options_.listen, port);
        };
        const auto local = [](unsigned port) { return fmt::format("127.0.0.1:{}", port); };
        const auto server = [](unsigned port) { return fmt::format("https://localhost:{}", port); };
        const auto common = [&](const InstanceId& instance) {
            CommonOptions out;
            out.tenant = tenant_.text();
            out.instance = instance.text();
            return out;
        };
        SAFEQ_TRY_VOID(configuration("intake", IntakeOptions{.common = common(intake_),
                                                             .listen_ipps = open(ports_.ipps),
                                                             .listen_https = local(ports_.intake),
                                                             .release = server(ports_.daemon),
                                                             .host_name = host()}));
        SAFEQ_TRY_VOID(
            configuration("release", ReleaseOptions{.common = common(release_),
                                                    .listen_terminals = open(ports_.terminal),
                                                    .listen_daemons = local(ports_.daemon),
                                                    .printer = fmt::format("ipps://{}:{}", host(), ports_.ipps)}));
        return configuration("report", ReportOptions{.common = common(report_),
                                                     .listen_https = open(ports_.report),
                                                     .intake = server(ports_.intake),
                                                     .release = server(ports_.daemon)});
    }

    // What the daemon would refuse isn't written.
    template <class Options>
    Result<void> configuration(const std::string& name, const Options& options) {
        const std::string text =
            "# written by `safeq init`; `--help` of the daemon explains every option\n" + to_config(options);
        SAFEQ_TRY_VOID(from_config<Options>(text));
        return write_text(layout_.daemon(name).root / (name + ".conf"), text, 0644);
    }

    std::string host() const { return options_.host_names.empty() ? "localhost" : options_.host_names.front(); }

    std::string summary() const {
        const bool alone = options_.listen.starts_with("127.") || options_.listen == "::1";
        return fmt::format(
            "A new installation in {0}\n"
            "  authority   {0}/ca        no daemon needs it: keep it elsewhere, but for `device add`, `tls renew`, "
            "`tls revoke`\n"
            "  public      {0}/public    certificate and revocation list, verifying keys\n"
            "  intake      ipps://{1}:{2}/ipp/print\n"
            "  release     https://{1}:{3} for terminals\n"
            "  report      https://{1}:{4}/, user auditor, password in {0}/report/auditor.txt\n"
            "These three are listened to at {6}{7}.\n"
            "Certificates last {5} days: `safeq tls renew --within 60` renews them. Start the daemons:\n"
            "  safeq-release --config {0}/release/release.conf\n"
            "  safeq-intake  --config {0}/intake/intake.conf\n"
            "  safeq-report  --config {0}/report/report.conf\n",
            layout_.root.string(), host(), ports_.ipps, ports_.terminal, ports_.report, certificate_lifetime.count(),
            options_.listen, alone ? ", which only this machine reaches: see --listen" : "");
    }

    const Layout& layout_;
    const InitOptions& options_;
    const Ports ports_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    Time now_;
    TenantId tenant_;
    InstanceId intake_, release_, report_;
};

}  // namespace

Result<std::string> init(const Layout& layout, const InitOptions& options) {
    std::error_code error;
    const bool existed = fs::exists(layout.root, error);
    if (existed && !(fs::is_directory(layout.root, error) && fs::is_empty(layout.root, error)))
        return fail(Errc::already_exists, layout.root.string(),
                    "the folder is not empty; an installation is never overwritten");
    auto done = Installer{layout, options}.run();
    if (!done) {
        fs::remove_all(layout.root, error);
        if (existed) fs::create_directory(layout.root, error);
    }
    return done;
}

Result<tls::Fingerprint> issue_terminal(const Layout& layout, const DeviceId& device, std::string_view name) {
    SystemClock clock;
    crypto::SystemRandom random;
    const fs::path where = layout.devices() / name;
    if (fs::exists(where)) return fail(Errc::already_exists, where.string());
    SAFEQ_TRY(const tls::Authority authority, open_authority(layout));
    SAFEQ_TRY(const tls::Issued issued, authority.issue({.common_name = std::string{name.substr(0, 64)},
                                                         .uris = {std::string{device_role} + device.text()},
                                                         .purpose = tls::Purpose::client,
                                                         .lifetime = certificate_lifetime},
                                                        clock.now(), random));
    SAFEQ_TRY(const auto keys, store::KeyFolder::open(where));
    SAFEQ_TRY_VOID(keys->write_new("key.pem", issued.key_pem.expose()));
    SAFEQ_TRY_VOID(write_text(where / "cert.pem", issued.certificate.pem(), 0644));
    return issued.certificate.key_fingerprint();
}

}  // namespace safeq::daemon
