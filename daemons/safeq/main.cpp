// SPDX-License-Identifier: Apache-2.0
// safeq: the command line for people. What changes state goes through the daemon that owns it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "common/program.hpp"
#include "safeq/audit_command.hpp"
#include "safeq/context.hpp"
#include "safeq/device_command.hpp"
#include "safeq/init.hpp"
#include "safeq/job_command.hpp"
#include "safeq/pepper_command.hpp"
#include "safeq/print_command.hpp"
#include "safeq/report_command.hpp"
#include "safeq/spool_command.hpp"
#include "safeq/tls_command.hpp"
#include "safeq/user_command.hpp"

namespace {

void add_init_command(CLI::App& app) {
    struct State {
        std::string folder;
        safeq::daemon::InitOptions options;
    };
    auto state = std::make_shared<State>();
    CLI::App* init = app.add_subcommand(
        "init", "Make a new installation: authority, certificates, keys, configuration of all daemons");
    init->add_option("DIR", state->folder, "A new or empty folder")->required();
    init->add_option("--organization", state->options.organization, "Name in the authority's certificate")
        ->capture_default_str();
    init->add_option("--host", state->options.host_names,
                     "Names by which the servers are reached, besides localhost; the first stands in addresses");
    init->add_option("--address", state->options.addresses,
                     "Addresses by which the servers are reached, besides the loopback ones");
    init->add_option("--listen", state->options.listen,
                     "Address of this machine at which printing clients, terminals and auditors are listened to; "
                     "0.0.0.0 or :: for all")
        ->capture_default_str();
    init->add_option("--port-offset", state->options.port_offset,
                     "Added to every port, for several installations on one machine")
        ->check(CLI::Range(0, 56000))
        ->capture_default_str();
    init->callback([state] {
        const safeq::daemon::Layout layout{std::filesystem::absolute(state->folder)};
        const auto done = safeq::daemon::init(layout, state->options);
        if (!done) throw safeq::daemon::CommandFailed{done.error().message()};
        fmt::print("{}", *done);
    });
}

}  // namespace

int main(int argc, char** argv) {
    using namespace safeq::daemon;
    Context context;
    CLI::App app{
        "The command line of a safeq installation.\n\n"
        "  safeq init /srv/safeq                       make a new installation\n"
        "  safeq user add alice --card 04a1b2c3 --pin  add a person; secrets are asked for, or read from standard "
        "input\n"
        "  safeq device add lobby --uri ipps://…       add a device, and make the certificate of its terminal\n"
        "  safeq print report.pdf --user alice         print; the document waits until alice signs in at a device\n"
        "  safeq report jobs                           who, what, when, where"};
    app.set_version_flag("--version", version);
    app.require_subcommand(1);
    std::string folder;
    app.add_option("--dir", folder, "The installation's folder")->envname("SAFEQ_DIR")->default_val("safeq");
    app.parse_complete_callback([&] { context.layout.root = std::filesystem::absolute(folder); });
    add_init_command(app);
    add_user_command(app, context);
    add_device_command(app, context);
    add_job_command(app, context);
    add_pepper_command(app, context);
    add_print_command(app, context);
    add_audit_command(app, context);
    add_report_command(app, context);
    add_spool_command(app, context);
    add_tls_command(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const CommandFailed& failure) {
        fmt::print(stderr, "safeq: {}\n", failure.what());
        return failure.status();
    } catch (const std::exception& error) {
        fmt::print(stderr, "safeq: {}\n", error.what());
        return 1;
    }
    return 0;
}
