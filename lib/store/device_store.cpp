// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/device_store.hpp>

#include "database_impl.hpp"

namespace safeq::store {
namespace {

using job::Device;
using sqlite::Statement;

void bind_body(Statement& statement, const Device& device) {
    statement.bind(device.name).bind(device.uri);
    if (const auto* pin = std::get_if<job::CertificatePin>(&device.trust)) {
        statement.bind(ByteView{pin->fingerprint}).bind_null().bind_null();
    } else {
        const auto& authority = std::get<job::CertificateAuthority>(device.trust);
        statement.bind_null().bind(authority.pem);
        if (authority.crl.empty()) statement.bind_null();
        else statement.bind(authority.crl);
    }
    if (device.terminal) statement.bind(ByteView{*device.terminal});
    else statement.bind_null();
    statement.bind(device.factor_rule).bind(device.created);
}

job::CertificateFingerprint fingerprint(Statement& row) {
    job::CertificateFingerprint value{};
    row.fill(value);
    return value;
}

Result<Device> read_device(Statement& row) {
    Device device;
    device.tenant = row.id<TenantId>();
    device.id = row.id<DeviceId>();
    device.name = row.text();
    device.uri = row.text();
    const auto pin = row.optional([&] { return fingerprint(row); });
    auto authority = row.optional([&] { return row.text(); });
    auto crl = row.optional([&] { return row.text(); });
    if (pin) device.trust = job::CertificatePin{*pin};
    else if (authority) device.trust = job::CertificateAuthority{*std::move(authority), std::move(crl).value_or("")};
    else return fail(Errc::malformed, "database row", "a device without pin and authority");
    device.terminal = row.optional([&] { return fingerprint(row); });
    device.factor_rule = row.text();
    device.created = row.time();
    SAFEQ_TRY_VOID(row.check());
    return device;
}

Result<Device> only(Statement& row, std::string what) {
    SAFEQ_TRY(const bool there, row.step());
    if (!there) return fail(Errc::not_found, "device", std::move(what));
    return read_device(row);
}

#define SAFEQ_DEVICE_SELECT \
    "SELECT tenant, id, name, uri, pin, authority, crl, terminal, factor_rule, created FROM device WHERE tenant = ?"

}  // namespace

Result<void> DeviceStore::add(const Device& device) {
    SAFEQ_TRY_VOID(job::check(device));
    const Access db{database_};
    SAFEQ_TRY(
        auto add,
        db->prepare("INSERT INTO device (tenant, id, name, uri, pin, authority, crl, terminal, factor_rule, created) "
                    "VALUES (?,?,?,?,?,?,?,?,?,?)"));
    add.bind(device.tenant).bind(device.id);
    bind_body(add, device);
    return add.run();
}

Result<void> DeviceStore::update(const Device& device) {
    SAFEQ_TRY_VOID(job::check(device));
    const Access db{database_};
    SAFEQ_TRY(auto update,
              db->prepare("UPDATE device SET (name, uri, pin, authority, crl, terminal, factor_rule, created) = "
                          "(?,?,?,?,?,?,?,?) WHERE tenant = ? AND id = ?"));
    bind_body(update, device);
    update.bind(device.tenant).bind(device.id);
    SAFEQ_TRY_VOID(update.run());
    if (db->changes() == 0) return fail(Errc::not_found, "device", device.id.text());
    return {};
}

Result<Device> DeviceStore::find(TenantId tenant, DeviceId id) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare(SAFEQ_DEVICE_SELECT " AND id = ?"));
    row.bind(tenant).bind(id);
    return only(row, id.text());
}

Result<Device> DeviceStore::find_by_name(TenantId tenant, std::string_view name) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare(SAFEQ_DEVICE_SELECT " AND name = ?"));
    row.bind(tenant).bind(name);
    return only(row, "by name");
}

Result<Device> DeviceStore::find_by_terminal(TenantId tenant, const job::CertificateFingerprint& terminal) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare(SAFEQ_DEVICE_SELECT " AND terminal = ?"));
    row.bind(tenant).bind(ByteView{terminal});
    return only(row, "by terminal");
}

Result<std::vector<Device>> DeviceStore::list(TenantId tenant) {
    const Access db{database_};
    SAFEQ_TRY(auto row, db->prepare(SAFEQ_DEVICE_SELECT " ORDER BY name"));
    row.bind(tenant);
    std::vector<Device> devices;
    for (;;) {
        SAFEQ_TRY(const bool more, row.step());
        if (!more) return devices;
        SAFEQ_TRY(Device device, read_device(row));
        devices.push_back(std::move(device));
    }
}

Result<void> DeviceStore::remove(TenantId tenant, DeviceId id) {
    const Access db{database_};
    SAFEQ_TRY(auto remove, db->prepare("DELETE FROM device WHERE tenant = ? AND id = ?"));
    remove.bind(tenant).bind(id);
    SAFEQ_TRY_VOID(remove.run());
    if (db->changes() == 0) return fail(Errc::not_found, "device", id.text());
    return {};
}

}  // namespace safeq::store
