// SPDX-License-Identifier: Apache-2.0
#include "safeq/user_command.hpp"

#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <safeq/auth/import_file.hpp>
#include <safeq/http/message.hpp>

#include "common/files.hpp"
#include "safeq/secrets.hpp"

namespace safeq::daemon {
namespace {

using Json = nlohmann::ordered_json;

struct State {
    std::string name, label = "printer", token, file;
    std::optional<std::string> display_name;
    std::vector<std::string> cards;
    bool password = false, pin = false, json = false;
    bool no_password = false, no_pin = false, no_cards = false, disable = false, enable = false;
    int days = 0;
};

std::string user_path(const Context& context, const State& state) {
    return "/admin/v1/users/" + context.segment("users", "subject", state.name);
}

// What is asked for and given on the command line, secrets from the terminal or standard input.
Json factors(const State& state) {
    Json body = Json::object();
    if (state.display_name) body["display_name"] = *state.display_name;
    if (!state.cards.empty()) body["cards"] = state.cards;
    for (const auto& [wanted, key, prompt] :
         {std::tuple{state.password, "password", "Password"}, std::tuple{state.pin, "pin", "PIN"}}) {
        if (!wanted) continue;
        const crypto::Secret secret = require(ask_secret(prompt));
        body[key] = std::string{as_text(secret.expose())};
    }
    return body;
}

void add(Context& context, const State& state) {
    Json body = factors(state);
    body["name"] = state.name;
    try {
        const Json user = context.call_json("release", "POST", "/admin/v1/users", body.dump());
        fmt::print("added {} ({})\n", user.at("name").get<std::string>(), user.at("subject").get<std::string>());
    } catch (const CommandFailed& failed) {
        throw CommandFailed{fmt::format("{}: {}", state.name, failed.what())};  // the server keeps names to itself
    }
}

void change(Context& context, const State& state) {
    Json body = factors(state);
    for (const auto& [without, key] : {std::pair{state.no_password, "password"}, std::pair{state.no_pin, "pin"}})
        if (without) body[key] = nullptr;
    if (state.no_cards) body["cards"] = Json::array();
    if (state.disable || state.enable) body["disabled"] = state.disable;
    if (body.empty()) throw CommandFailed{"nothing to change is named; see `safeq user set --help`"};
    (void)context.call_json("release", "PATCH", user_path(context, state), body.dump());
    fmt::print("changed {}, who is signed out at every device\n", state.name);
}

void import(Context& context, const State& state) {
    const std::string file = require(read_text(state.file, auth::max_import_bytes));
    // Here as well as at the daemon: what is wrong with the file shows before it leaves this machine.
    (void)require(auth::parse_import_file(file));
    const Json answer = context.call_json("release", "POST", "/admin/v1/imports", Json{{"file", file}}.dump());
    fmt::print("imported {}; each password is hashed anew when its owner first signs in\n",
               answer.at("imported").get<std::size_t>());
}

void list(Context& context, const State& state) {
    const Json users = context.call_json("release", "GET", "/admin/v1/users").at("users");
    if (state.json) {
        fmt::print("{}\n", users.dump(2));
        return;
    }
    fmt::print("{:<24} {:<9} {:<4} {:<6} {:<9} {}\n", "name", "password", "PIN", "cards", "disabled", "subject");
    for (const Json& user : users) {
        const auto yes = [&](const char* key) { return user.at(key).get<bool>() ? "yes" : "—"; };
        fmt::print("{:<24} {:<9} {:<4} {:<6} {:<9} {}\n", user.at("name").get<std::string>(), yes("password"),
                   yes("pin"), user.at("cards").get<int>(), yes("disabled"), user.at("subject").get<std::string>());
    }
}

std::string tokens_path(const Context& context, const State& state) { return user_path(context, state) + "/tokens"; }

void issue_token(Context& context, const State& state) {
    Json body{{"label", state.label}};
    if (state.days > 0) body["days"] = state.days;
    const Json issued = context.call_json("release", "POST", tokens_path(context, state), body.dump());
    fmt::print(stderr,
               "A personal printer address for {}. Whoever has it can print as {}, and for a while see and cancel what "
               "was printed by it; nothing else. It is shown this once.\n",
               state.name, state.name);
    fmt::print("{}\n", issued.at("uri").get<std::string>());
}

void list_tokens(Context& context, const State& state) {
    const Json tokens = context.call_json("release", "GET", tokens_path(context, state)).at("tokens");
    if (state.json) {
        fmt::print("{}\n", tokens.dump(2));
        return;
    }
    fmt::print("{:<37} {:<25} {:<25} {}\n", "id", "created", "expires", "label");
    for (const Json& token : tokens)
        fmt::print("{:<37} {:<25} {:<25} {}\n", token.at("id").get<std::string>(),
                   token.at("created").get<std::string>(),
                   token.at("expires").is_null() ? "never" : token.at("expires").get<std::string>(),
                   token.at("label").get<std::string>());
}

}  // namespace

void add_user_command(CLI::App& app, Context& context) {
    auto state = std::make_shared<State>();
    CLI::App* user =
        app.add_subcommand("user", "People: add, set, list, unlock, personal printer addresses")->require_subcommand(1);

    CLI::App* add_user =
        user->add_subcommand("add", "Add a person; secrets are asked for, or read line by line from standard input");
    add_user->add_option("NAME", state->name, "Exactly as they will type it: upper and lower case differ")->required();
    add_user->add_option("--display-name", state->display_name, "What devices greet them with");
    add_user->add_option(
        "--card", state->cards,
        "UID of a card, hexadecimal, with TYPE: before it where the reader tells one; may be given several times");
    add_user->add_flag("--password", state->password, "Give them a password (at least 15 characters)");
    add_user->add_flag("--pin", state->pin, "Give them a PIN (at least 4 digits)");
    add_user->callback([&context, state] { add(context, *state); });

    CLI::App* set = user->add_subcommand(
        "set", "Give a person another password, PIN or card, as when one is lost, or keep them from signing in");
    set->add_option("NAME", state->name, "Whose")->required();
    set->add_option("--display-name", state->display_name, "What devices greet them with; \"\" for their name");
    CLI::Option* cards = set->add_option("--card", state->cards,
                                         "The cards that they have from now on, instead of those before; as for `add`");
    set->add_flag("--no-cards", state->no_cards, "They have no card any more")->excludes(cards);
    CLI::Option* password = set->add_flag("--password", state->password, "Give them another password");
    set->add_flag("--no-password", state->no_password, "They have no password any more")->excludes(password);
    CLI::Option* pin = set->add_flag("--pin", state->pin, "Give them another PIN");
    set->add_flag("--no-pin", state->no_pin, "They have no PIN any more")->excludes(pin);
    CLI::Option* disable = set->add_flag("--disable", state->disable, "They can't sign in, nor print, until --enable");
    set->add_flag("--enable", state->enable, "They can again")->excludes(disable);
    set->callback([&context, state] { change(context, *state); });

    CLI::App* import_users = user->add_subcommand(
        "import", "Add everybody of a file of name:hash lines (bcrypt, PBKDF2, {SSHA256}, {SSHA512}), or nobody");
    import_users->add_option("FILE", state->file, "As htpasswd writes it; at most 2000 people")->required();
    import_users->callback([&context, state] { import(context, *state); });

    CLI::App* list_users = user->add_subcommand("list", "Everybody");
    list_users->add_flag("--json", state->json, "As JSON");
    list_users->callback([&context, state] { list(context, *state); });

    CLI::App* unlock = user->add_subcommand(
        "unlock",
        "Forget failed sign-ins of a person who can't get in at new places because others have tried their name");
    unlock->add_option("NAME", state->name, "Whose")->required();
    unlock->callback([&context, state] {
        (void)context.call_json("release", "POST", user_path(context, *state) + "/unlock");
        fmt::print("unlocked {}\n", state->name);
    });

    CLI::App* token = user->add_subcommand("token", "Make a personal printer address, which works without a password");
    token->add_option("NAME", state->name, "Whose")->required();
    token->add_option("--label", state->label, "What it is for, in the list")->capture_default_str();
    token->add_option("--days", state->days, "How long it is good; else until revoked")->check(CLI::Range(1, 3650));
    token->callback([&context, state] { issue_token(context, *state); });

    CLI::App* tokens = user->add_subcommand("tokens", "Somebody's personal printer addresses");
    tokens->add_option("NAME", state->name, "Whose")->required();
    tokens->add_flag("--json", state->json, "As JSON");
    tokens->callback([&context, state] { list_tokens(context, *state); });

    CLI::App* revoke = user->add_subcommand("revoke-token", "End a personal printer address");
    revoke->add_option("NAME", state->name, "Whose")->required();
    revoke->add_option("ID", state->token, "As `tokens` shows it")->required();
    revoke->callback([&context, state] {
        (void)context.call_json("release", "DELETE",
                                tokens_path(context, *state) + "/" + http::encode_segment(state->token));
    });
}

}  // namespace safeq::daemon
