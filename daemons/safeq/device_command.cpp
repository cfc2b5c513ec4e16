// SPDX-License-Identifier: Apache-2.0
#include "safeq/device_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/crypto/random.hpp>

#include "common/files.hpp"
#include "safeq/init.hpp"

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;

struct State {
    std::string name, uri, key_pin, authority, crl, rule = "card+pin";
    bool json = false, no_crl = false;
};

// The name becomes a folder's, and a part of a path: nothing in it may lead elsewhere.
void check_device_name(const std::string& name) {
    if (name.empty() || name.size() > 64 ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != std::string::npos)
        throw CommandFailed{"the name may have letters, digits, - and _ only"};
}

// An empty list would take away what stands there, unasked.
std::string read_lists(const std::string& path) {
    std::string text = require(read_text(path));
    if (text.empty()) throw CommandFailed{path + ": no revocation list"};
    return text;
}

void add(Context& context, const State& state) {
    check_device_name(state.name);
    if (state.key_pin.empty() == state.authority.empty())
        throw CommandFailed{"give either --key-pin or --authority: how is the device to be recognised?"};
    const SystemClock clock;
    crypto::SystemRandom random;
    const DeviceId id = DeviceId::make(clock, random);
    const tls::Fingerprint terminal = require(issue_terminal(context.layout, id, state.name));
    const auto where = context.layout.devices() / state.name;
    Json body{{"id", id.text()},
              {"name", state.name},
              {"uri", state.uri},
              {"terminal", "sha256:" + to_hex(terminal)},
              {"rule", state.rule}};
    if (!state.key_pin.empty()) body["key_pin"] = state.key_pin;
    else body["authority"] = require(read_text(state.authority));
    if (!state.crl.empty()) body["crl"] = read_lists(state.crl);
    try {
        (void)context.call_json("release", "POST", "/admin/v1/devices", body.dump());
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove_all(where, ignored);
        throw;
    }
    fmt::print("added {} ({})\nthe terminal's certificate and key: {}\n", state.name, id.text(), where.string());
}

void set(Context& context, const State& state) {
    check_device_name(state.name);
    if (state.crl.empty() != state.no_crl) throw CommandFailed{"give either --crl or --no-crl"};
    const Json body{{"crl", state.no_crl ? std::string{} : read_lists(state.crl)}};
    (void)context.call_json("release", "PUT", "/admin/v1/devices/" + state.name + "/crl", body.dump());
    fmt::print("{}: {}\n", state.name,
               state.no_crl ? "its authority's certificates count whether revoked or not"
                            : "certificates on the revocation list no longer count, nor any once the list is over");
}

void list(Context& context, const State& state) {
    const Json devices = context.call_json("release", "GET", "/admin/v1/devices").at("devices");
    if (state.json) {
        fmt::print("{}\n", devices.dump(2));
        return;
    }
    fmt::print("{:<20} {:<20} {:<40} {}\n", "name", "asks for", "address", "id");
    for (const Json& device : devices)
        fmt::print("{:<20} {:<20} {:<40} {}\n", device.at("name").get<std::string>(),
                   device.at("rule").get<std::string>(), device.at("uri").get<std::string>(),
                   device.at("id").get<std::string>());
}

}  // namespace

void add_device_command(CLI::App& app, Context& context) {
    auto state = std::make_shared<State>();
    CLI::App* device = app.add_subcommand("device", "Multi-function devices: add, set, list")->require_subcommand(1);

    CLI::App* add_device =
        device->add_subcommand("add", "Add a device, and make the client certificate of its terminal");
    add_device->add_option("NAME", state->name, "Letters, digits, - and _")->required();
    add_device->add_option("--uri", state->uri, "Where it prints: ipps://HOST[:PORT]/PATH")->required();
    add_device->add_option("--key-pin", state->key_pin,
                           "sha256:… of the public key that it shows; for certificates of its own making");
    add_device->add_option("--authority", state->authority, "PEM file of the authority that its certificate leads to")
        ->check(CLI::ExistingFile);
    add_device
        ->add_option("--crl", state->crl, "PEM file of the revocation lists of that authority and of those below it")
        ->check(CLI::ExistingFile)
        ->needs("--authority");
    add_device->add_option("--rule", state->rule, "What it asks of people, for example card+pin or card+pin|password")
        ->capture_default_str();
    add_device->callback([&context, state] { add(context, *state); });

    CLI::App* set_device = device->add_subcommand("set", "Change by which revocation lists a device is judged");
    set_device->add_option("NAME", state->name, "The device")->required();
    set_device
        ->add_option("--crl", state->crl,
                     "PEM file of the lists of its authority and of those below it: in place of all that it had")
        ->check(CLI::ExistingFile);
    set_device->add_flag("--no-crl", state->no_crl, "No list from now on");
    set_device->callback([&context, state] { set(context, *state); });

    CLI::App* list_devices = device->add_subcommand("list", "All devices");
    list_devices->add_flag("--json", state->json, "As JSON");
    list_devices->callback([&context, state] { list(context, *state); });
}

}  // namespace safeq::daemon
