// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/api.hpp>

#include "core/json.hpp"

namespace safeq::service {
namespace {

struct Refusal {
    int status;
    Errc told;
};

Refusal refusal(Errc code) {
    switch (code) {
        case Errc::not_found: return {404, Errc::not_found};
        case Errc::already_exists: return {409, Errc::already_exists};
        case Errc::conflict:
        case Errc::illegal_transition:
        case Errc::fenced: return {409, Errc::conflict};
        case Errc::throttled: return {429, Errc::throttled};
        case Errc::busy: return {503, Errc::busy};
        case Errc::log_unavailable:
        case Errc::unavailable:
        case Errc::io_failed:
        case Errc::permission:
        case Errc::locked:
        case Errc::out_of_memory: return {503, Errc::unavailable};
        case Errc::disk_full: return {507, Errc::disk_full};
        case Errc::invalid_argument:
        case Errc::malformed:
        case Errc::not_canonical:
        case Errc::invalid_utf8:
        case Errc::control_character:
        case Errc::duplicate:
        case Errc::weak_parameters:
        case Errc::unsupported: return {400, code};
        case Errc::too_large: return {413, Errc::too_large};
        case Errc::too_many: return {400, Errc::too_many};
        default: return {403, Errc::denied};
    }
}

}  // namespace

std::string_view name(Role role) noexcept {
    switch (role) {
        case Role::device: return "device";
        case Role::session: return "session";
        case Role::intake: return "intake";
        case Role::report: return "report";
        case Role::daemon: return "daemon";
        case Role::admin: return "admin";
        case Role::auditor: return "auditor";
    }
    return "none";
}

ApiReply refuse(const Error& error) {
    const Refusal told = refusal(error.code);
    return {.status = told.status, .body = Json{{"error", name(told.told)}}.dump()};
}

}  // namespace safeq::service
