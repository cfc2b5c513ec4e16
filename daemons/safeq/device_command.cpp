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
    std::string name, uri, key_pin, authority, crl, terminal, rule;
    bool json = false, no_crl = false;
};

constexpr const char* first_rule = "card+pin";

// The name becomes a folder's, and a part of a path: nothing in it may lead elsewhere.
bool is_folder_name(const std::string& name) {
    return !name.empty() && name.size() <= 64 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               std::string::npos;
}

// An empty list would take away what stands there, unasked.
std::string read_lists(const std::string& path) {
    std::string text = require(read_text(path));
    if (text.empty()) throw CommandFailed{path + ": no revocation list"};
    return text;
}

void add(Context& context, const State& state) {
    if (!is_folder_name(state.name)) throw CommandFailed{"the name may have letters, digits, - and _ only"};
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
              {"rule", state.rule.empty() ? first_rule : state.rule}};
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

std::string device_path(const Context& context, const State& state) {
    return "/admin/v1/devices/" + context.segment("devices", "id", state.name);
}

void set(Context& context, const State& state) {
    Json body = Json::object();
    if (!state.uri.empty()) body["uri"] = state.uri;
    if (!state.key_pin.empty()) body["key_pin"] = state.key_pin;
    if (!state.authority.empty()) body["authority"] = require(read_text(state.authority));
    if (!state.crl.empty()) body["crl"] = read_lists(state.crl);
    if (state.no_crl) body["crl"] = nullptr;
    if (!state.terminal.empty()) {
        const tls::Certificate shows = require(tls::Certificate::from_pem(require(read_text(state.terminal))));
        body["terminal"] = "sha256:" + to_hex(shows.key_fingerprint());
    }
    if (!state.rule.empty()) body["rule"] = state.rule;
    if (body.empty()) throw CommandFailed{"nothing to change is named; see `safeq device set --help`"};
    (void)context.call_json("release", "PATCH", device_path(context, state), body.dump());
    fmt::print("changed {}\n", state.name);
    if (!state.crl.empty())
        fmt::print("certificates on the revocation list no longer count, nor any once the list is over\n");
    if (state.no_crl) fmt::print("its authority's certificates count whether revoked or not\n");
    if (body.contains("terminal") || body.contains("rule")) fmt::print("who was signed in there is signed out\n");
}

void remove(Context& context, const State& state) {
    const Json device = context.call_json("release", "DELETE", device_path(context, state));
    // Its terminal's key opens nothing any more; a device of the same name gets another.
    const std::string name = device.at("name").get<std::string>();
    fmt::print("removed {} ({})\n", name, device.at("id").get<std::string>());
    if (!is_folder_name(name)) return;
    std::error_code error;
    std::filesystem::remove_all(context.layout.devices() / name, error);
    if (error) throw CommandFailed{(context.layout.devices() / name).string() + ": " + error.message()};
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
    CLI::App* device =
        app.add_subcommand("device", "Multi-function devices: add, set, remove, list")->require_subcommand(1);

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
    add_device->add_option("--rule", state->rule,
                           fmt::format("What it asks of people, for example card+pin|password; else {}", first_rule));
    add_device->callback([&context, state] { add(context, *state); });

    CLI::App* set_device = device->add_subcommand(
        "set", "Change where a device prints, by what it or its terminal is known, or what it asks of people");
    set_device->add_option("NAME", state->name, "The device, or its id")->required();
    set_device->add_option("--uri", state->uri, "Where it prints from now on: ipps://HOST[:PORT]/PATH");
    CLI::Option* pin = set_device->add_option("--key-pin", state->key_pin,
                                              "sha256:… of the public key that it shows, in place of what it had");
    set_device
        ->add_option("--authority", state->authority,
                     "PEM file of the authority that its certificate leads to, in place of what it had")
        ->check(CLI::ExistingFile)
        ->excludes(pin);
    CLI::Option* lists =
        set_device
            ->add_option("--crl", state->crl,
                         "PEM file of the lists of its authority and of those below it: in place of all that it had")
            ->check(CLI::ExistingFile);
    set_device->add_flag("--no-crl", state->no_crl, "No list from now on")->excludes(lists);
    set_device->add_option("--rule", state->rule, "What it asks of people from now on");
    set_device
        ->add_option("--terminal", state->terminal,
                     "PEM file of another certificate that its terminal shows from now on")
        ->check(CLI::ExistingFile);
    set_device->callback([&context, state] { set(context, *state); });

    CLI::App* remove_device = device->add_subcommand(
        "remove", "Remove a device, and the certificate and key that were made for its terminal");
    remove_device->add_option("NAME", state->name, "The device, or its id")->required();
    remove_device->callback([&context, state] { remove(context, *state); });

    CLI::App* list_devices = device->add_subcommand("list", "All devices");
    list_devices->add_flag("--json", state->json, "As JSON");
    list_devices->callback([&context, state] { list(context, *state); });
}

}  // namespace safeq::daemon
