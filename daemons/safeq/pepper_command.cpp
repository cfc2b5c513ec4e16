// SPDX-License-Identifier: Apache-2.0
#include "safeq/pepper_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <safeq/crypto/random.hpp>

#include "common/peppers.hpp"
#include "safeq/context.hpp"

namespace safeq::daemon {
namespace {

std::unique_ptr<store::KeyFolder> release_keys(const Context& context) {
    return require(store::KeyFolder::open(context.layout.daemon("release").keys()));
}

void show(const auth::PepperRing& ring) {
    for (const auth::Pepper& one : ring.all())
        fmt::print("{} {}\n", one.id().text(), &one == &ring.current() ? "current" : "previous");
}

}  // namespace

void add_pepper_command(CLI::App& app, Context& context) {
    CLI::App* pepper = app.add_subcommand("pepper", "The key in every stored password, PIN and card: list, rotate")
                           ->require_subcommand(1);
    CLI::App* list = pepper->add_subcommand("list", "The ids of the pepper in use and of those before it");
    list->callback([&context] { show(require(read_peppers(*release_keys(context)))); });
    CLI::App* rotate = pepper->add_subcommand(
        "rotate", "Take a new pepper into use at the next start of safeq-release; the present one stays as a previous");
    rotate->callback([&context] {
        crypto::SystemRandom random;
        const auto keys = release_keys(context);
        show(require(rotate_pepper(*keys, random)));
        fmt::print(stderr,
                   "Start safeq-release anew. What is stored under a previous pepper is renewed when its owner signs "
                   "in; keep the files pepper.previous.*.key in {} until everybody has.\n",
                   keys->path().string());
    });
}

}  // namespace safeq::daemon
