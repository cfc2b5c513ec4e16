// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/admin.hpp>

#include <safeq/auth/factor.hpp>
#include <safeq/core/fail_point.hpp>
#include <safeq/tls/credentials.hpp>

#include "service/must_be_free.hpp"

namespace safeq::service {
namespace {

constexpr std::size_t page = 256;

// By what can't be read nobody could print: told now, not to whoever stands at the device.
Result<void> check_trust(const job::Device& device) {
    const auto* const authority = std::get_if<job::CertificateAuthority>(&device.trust);
    if (authority == nullptr) return {};
    const auto anchors = tls::TrustAnchors::from_pem({authority->pem}, {authority->crl}, tls::Revocation::when_known);
    if (!anchors) return std::unexpected{anchors.error()};
    return {};
}

// By what the device is known from now on. Its lists are of one authority: none is carried over to another, nor lost
// unasked with it.
Result<void> change_trust(job::Device& device, const DeviceChange& change) {
    const auto wrong = [](const char* why) { return fail(Errc::invalid_argument, "device", why); };
    if (change.key_pin) {
        if (change.authority || change.crl) return wrong("its key is pinned, or an authority vouches for it: not both");
        device.trust = job::CertificatePin{*change.key_pin};
        return {};
    }
    auto* const before = std::get_if<job::CertificateAuthority>(&device.trust);
    if (change.authority) {
        if (before != nullptr && !before->crl.empty() && !change.crl)
            return wrong("its revocation lists are of the authority before: give those of this one, or say none");
        device.trust = job::CertificateAuthority{*change.authority, change.crl.value_or("")};
    } else if (change.crl) {
        if (before == nullptr) return wrong("its key is pinned; who is trusted by a pin is on no list");
        before->crl = *change.crl;
    }
    return {};
}

std::vector<std::string_view> names_of(const DeviceChange& change) {
    std::vector<std::string_view> out;
    if (change.uri) out.push_back("uri");
    if (change.key_pin) out.push_back("key_pin");
    if (change.authority) out.push_back("authority");
    if (change.crl) out.push_back("crl");
    if (change.terminal) out.push_back("terminal");
    if (change.factor_rule) out.push_back("rule");
    return out;
}

}  // namespace

Result<job::Device> Admin::find_device(std::string_view who) {
    auto device = parts_.devices.find_by_name(parts_.tenant, who);
    if (!device && device.error().code == Errc::not_found)
        if (const auto id = DeviceId::parse(who)) return parts_.devices.find(parts_.tenant, *id);
    return device;
}

Result<void> Admin::check_device(const job::Device& device) {
    SAFEQ_TRY_VOID(job::check(device));
    SAFEQ_TRY_VOID(check_trust(device));
    if (!device.terminal) return {};
    const auto has_it = parts_.devices.find_by_terminal(parts_.tenant, *device.terminal);
    if (!has_it || has_it->id != device.id) SAFEQ_TRY_VOID(must_be_free(has_it, "terminal", "of another device"));
    return {};
}

Result<job::Device> Admin::add_device(NewDevice device) {
    SAFEQ_TRY(const auth::FactorRule rule, auth::FactorRule::parse(device.factor_rule));
    job::Device row{.id = device.id,
                    .tenant = parts_.tenant,
                    .name = std::move(device.name),
                    .uri = std::move(device.uri),
                    .trust = std::move(device.trust),
                    .terminal = device.terminal,
                    .factor_rule = rule.text(),
                    .created = parts_.clock.now()};
    if (DeviceId::parse(row.name)) return fail(Errc::invalid_argument, "device", "a name of the form of an id");
    const std::scoped_lock lock{devices_};
    SAFEQ_TRY_VOID(check_device(row));
    SAFEQ_TRY_VOID(must_be_free(parts_.devices.find_by_name(parts_.tenant, row.name), "device", row.name));
    SAFEQ_TRY_VOID(parts_.recorder.device_added(row.id, row.name));
    SAFEQ_FAIL_POINT("admin.device_recorded");
    SAFEQ_TRY_VOID(parts_.devices.add(row));
    return row;
}

Result<job::Device> Admin::change_device(std::string_view who, const DeviceChange& change) {
    const std::vector<std::string_view> changed = names_of(change);
    if (changed.empty()) return fail(Errc::invalid_argument, "device", "nothing to change is named");
    const std::scoped_lock lock{devices_};
    SAFEQ_TRY(job::Device row, find_device(who));
    if (change.uri) row.uri = *change.uri;
    SAFEQ_TRY_VOID(change_trust(row, change));
    if (change.terminal) row.terminal = *change.terminal;
    if (change.factor_rule) {
        SAFEQ_TRY(const auth::FactorRule rule, auth::FactorRule::parse(*change.factor_rule));
        row.factor_rule = rule.text();
    }
    SAFEQ_TRY_VOID(check_device(row));
    SAFEQ_TRY_VOID(parts_.recorder.device_changed(row.id, row.name, changed));
    SAFEQ_FAIL_POINT("admin.device_change_recorded");
    SAFEQ_TRY_VOID(parts_.devices.update(row));
    // Who is signed in got in by the rule and at the terminal before.
    if (change.terminal || change.factor_rule) SAFEQ_TRY_VOID(parts_.sessions.close_all(parts_.tenant, row.id));
    return row;
}

Result<job::Device> Admin::set_device_crl(std::string_view who, std::string crl) {
    return change_device(who, {.crl = std::move(crl)});
}

Result<job::Device> Admin::remove_device(std::string_view who) {
    const std::scoped_lock lock{devices_};
    SAFEQ_TRY(job::Device row, find_device(who));
    job::JobFilter running{.states = job::StateSet::running(), .limit = page};
    for (bool more = true; more;) {
        SAFEQ_TRY(const auto unit, parts_.repository.begin());
        SAFEQ_TRY(const std::vector<job::Job> jobs, unit->list(parts_.tenant, running));
        for (const job::Job& job : jobs)
            if (job.device == row.id)
                return fail(Errc::conflict, "device", "job " + job.id.text() + " is on its way to it");
        more = jobs.size() == page;
        if (more) running.after = jobs.back().id;
    }
    SAFEQ_TRY_VOID(parts_.recorder.device_removed(row.id, row.name));
    SAFEQ_FAIL_POINT("admin.device_removal_recorded");
    SAFEQ_TRY_VOID(parts_.devices.remove(parts_.tenant, row.id));
    SAFEQ_FAIL_POINT("admin.device_removed");
    SAFEQ_TRY_VOID(parts_.sessions.close_all(parts_.tenant, row.id));
    return row;
}

Result<std::vector<job::Device>> Admin::devices() { return parts_.devices.list(parts_.tenant); }

}  // namespace safeq::service
