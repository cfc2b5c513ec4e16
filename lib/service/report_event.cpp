// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/report_event.hpp>

#include <safeq/service/recorder.hpp>

#include "core/json.hpp"
#include "service/clock_change.hpp"

namespace safeq::service {
namespace {

namespace field = audit::field;
using audit::Kind;

// The kind of record that an event becomes; it is named so on the way, too.
Kind kind_of(const ReportEvent& event) {
    struct Visitor {
        Kind operator()(const AuditorSignedIn&) const { return Kind::sign_in; }
        Kind operator()(const AuditorRefused&) const { return Kind::sign_in_refused; }
        Kind operator()(const ReportStarted&) const { return Kind::daemon_started; }
        Kind operator()(const ReportStopped&) const { return Kind::daemon_stopped; }
        Kind operator()(const ReportReloaded&) const { return Kind::credentials_reloaded; }
        Kind operator()(const ReportTimeChanged&) const { return Kind::time_changed; }
    };
    return std::visit(Visitor{}, event.what);
}

struct JsonWriter {
    Json& out;
    void operator()(const AuditorSignedIn&) const {}
    void operator()(const AuditorRefused& refused) const { out["reason"] = name(refused.reason); }
    void operator()(const ReportStarted& started) const {
        out["version"] = started.version;
        out["configuration"] = to_hex(started.configuration);
    }
    void operator()(const ReportStopped&) const {}
    void operator()(const ReportReloaded& reloaded) const {
        out["serial"] = reloaded.serial;
        out["expires"] = to_rfc3339(reloaded.expires);
        out["configuration"] = to_hex(reloaded.configuration);
    }
    void operator()(const ReportTimeChanged& changed) const { out["by_ms"] = changed.by.count(); }
};

// Who told it is known by the certificate, so its name is said here and not by the peer.
struct RecordWriter {
    static constexpr std::string_view report = "report";
    audit::Record& out;
    void operator()(const AuditorSignedIn&) const { out.add(field::method, report).add(field::factors, "password"); }
    void operator()(const AuditorRefused& refused) const {
        out.add(field::method, report).add(field::reason, name(refused.reason));
    }
    void operator()(const ReportStarted& started) const {
        out.add(field::name, report).add(field::version, started.version);
        out.add(field::configuration, to_hex(started.configuration));
    }
    void operator()(const ReportStopped&) const { out.add(field::name, report); }
    void operator()(const ReportReloaded& reloaded) const {
        out.add(field::name, report).add(field::key, reloaded.serial).add(field::expires, to_rfc3339(reloaded.expires));
        out.add(field::configuration, to_hex(reloaded.configuration));
    }
    void operator()(const ReportTimeChanged& changed) const {
        out.add(field::name, report);
        add_clock_change(out, changed.by);
    }
};

}  // namespace

std::string ReportEvent::encode() const {
    Json out{{"id", id.text()}, {"event", audit::name(kind_of(*this))}};
    std::visit(JsonWriter{out}, what);
    return out.dump();
}

Result<void> Recorder::of_report(const ReportEvent& event) {
    audit::Record out = record(kind_of(event));
    out.id = audit::derive_record_id(kind_of(event), parts_.tenant, event.id.bytes());
    std::visit(RecordWriter{out}, event.what);
    return write(out);
}

}  // namespace safeq::service
