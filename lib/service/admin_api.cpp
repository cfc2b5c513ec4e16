// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/admin_api.hpp>

#include "core/json.hpp"
#include "service/api_bodies.hpp"

namespace safeq::service {
namespace {

Json to_json(const auth::Account& account) {
    return {{"name", account.name},
            {"subject", account.subject.text()},
            {"password", account.password.has_value()},
            {"pin", account.pin.has_value()},
            {"cards", account.cards.size()},
            {"disabled", account.disabled},
            {"created", to_rfc3339(account.created)}};
}

Json to_json(const job::Device& device) {
    const auto* pin = std::get_if<job::CertificatePin>(&device.trust);
    return {{"id", device.id.text()},
            {"name", device.name},
            {"uri", device.uri},
            {"trust", pin ? "sha256:" + to_hex(pin->fingerprint) : "authority"},
            {"rule", device.factor_rule},
            {"created", to_rfc3339(device.created)},
            {"crl", !pin && !std::get<job::CertificateAuthority>(device.trust).crl.empty()}};
}

Json to_json(const job::Job& job) {
    Json out{{"id", job.id.text()},
             {"ipp_id", job.ipp_id},
             {"owner", job.owner.text()},
             {"state", job::name(job.state)},
             {"created", to_rfc3339(job.created)},
             {"changed", to_rfc3339(job.changed)},
             {"expires", to_rfc3339(job.expires)},
             {"format", job.document.format},
             {"bytes", job.document.bytes},
             {"pages", job.document.pages ? Json(*job.document.pages) : Json(nullptr)},
             {"copies", job.document.copies},
             {"attempt", job.attempt},
             {"favourite", job.kept},
             {"restricted", job.restricted}};
    if (!job.device.nil()) out["device"] = job.device.text();
    return out;
}

Json to_json(const LivingEpoch& epoch) {
    return {{"id", epoch.entry.id().text()},
            {"use", epoch.entry.kept ? "kept" : "rotating"},
            {"not_before", to_rfc3339(epoch.entry.not_before)},
            {"not_after", to_rfc3339(epoch.entry.not_after)},
            {"ending", epoch.ending}};
}

const std::string& parameter(const ApiCall& call, std::string_view name) {
    static const std::string none;
    const auto it = call.path.find(name);
    return it == call.path.end() ? none : it->second;
}

template <class Row>
ApiReply rows(const char* name, const std::vector<Row>& all) {
    Json list = Json::array();
    for (const Row& row : all) list.push_back(to_json(row));
    return {.body = Json{{name, std::move(list)}}.dump()};
}

}  // namespace

std::vector<Route> AdminApi::routes() {
    std::vector<Route> out;
    out.push_back(route("POST", "/admin/v1/users", &AdminApi::add_user));
    out.push_back(route("POST", "/admin/v1/imports", &AdminApi::import_users));
    out.back().max_body_bytes = max_import_body;
    out.push_back(route("GET", "/admin/v1/users", &AdminApi::list_users));
    out.push_back(route("PATCH", "/admin/v1/users/{user}", &AdminApi::change_user));
    out.push_back(route("POST", "/admin/v1/users/{user}/unlock", &AdminApi::unlock_user));
    out.push_back(route("POST", "/admin/v1/users/{user}/erasure", &AdminApi::erase_user));
    out.push_back(route("POST", "/admin/v1/users/{user}/tokens", &AdminApi::issue_token));
    out.push_back(route("GET", "/admin/v1/users/{user}/tokens", &AdminApi::list_tokens));
    out.push_back(route("DELETE", "/admin/v1/users/{user}/tokens/{token}", &AdminApi::revoke_token));
    out.push_back(route("POST", "/admin/v1/devices", &AdminApi::add_device));
    out.back().max_body_bytes = max_device_body;
    out.push_back(route("GET", "/admin/v1/devices", &AdminApi::list_devices));
    out.push_back(route("PATCH", "/admin/v1/devices/{device}", &AdminApi::change_device));
    out.back().max_body_bytes = max_device_body;
    out.push_back(route("DELETE", "/admin/v1/devices/{device}", &AdminApi::remove_device));
    out.push_back(route("PUT", "/admin/v1/devices/{device}/crl", &AdminApi::set_device_crl));
    out.back().max_body_bytes = max_device_body;
    out.push_back(route("GET", "/admin/v1/jobs", &AdminApi::list_jobs));
    out.push_back(route("GET", "/admin/v1/jobs/{job}", &AdminApi::show_job));
    out.push_back(route("DELETE", "/admin/v1/jobs/{job}", &AdminApi::cancel_job));
    out.push_back(route("PUT", "/admin/v1/jobs/{job}/restriction", &AdminApi::restrict_job));
    out.push_back(route("DELETE", "/admin/v1/jobs/{job}/restriction", &AdminApi::lift_restriction));
    out.push_back(route("GET", "/admin/v1/epochs", &AdminApi::list_epochs));
    out.push_back(route("POST", "/admin/v1/epochs", &AdminApi::rotate_epoch));
    out.push_back(route("GET", "/admin/v1/epochs/{epoch}/key", &AdminApi::show_epoch_key));
    out.push_back(route("POST", "/admin/v1/epochs/{epoch}/destruction", &AdminApi::destroy_epoch));
    return out;
}

Route AdminApi::route(std::string_view method, std::string_view path, Handler handler) {
    return {.method = method,
            .path = path,
            .role = Role::admin,
            .max_body_bytes = max_admin_body,
            .handle = [this, path, handler](const ApiCall& call) {
                auto reply = (this->*handler)(call);
                if (reply) return *std::move(reply);
                if (parts_.explain) parts_.explain(path, reply.error());
                // Who owns the socket may read the log: there is nothing to hide from them.
                ApiReply refused = refuse(reply.error());
                refused.body = Json{{"error", name(reply.error().code)}, {"message", reply.error().message()}}.dump();
                return refused;
            }};
}

Result<ApiReply> AdminApi::add_user(const ApiCall& call) {
    SAFEQ_TRY(NewUser user, parse_new_user(call.body));
    SAFEQ_TRY(const auth::Account account, parts_.admin.add_user(std::move(user)));
    return ApiReply{.status = 201, .body = to_json(account).dump()};
}

Result<ApiReply> AdminApi::change_user(const ApiCall& call) {
    SAFEQ_TRY(const UserChange change, parse_user_change(call.body));
    SAFEQ_TRY(const auth::Account account, parts_.admin.change_user(parameter(call, "user"), change));
    return ApiReply{.body = to_json(account).dump()};
}

Result<ApiReply> AdminApi::import_users(const ApiCall& call) {
    SAFEQ_TRY(const std::string file, parse_import(call.body));
    SAFEQ_TRY(const std::size_t count, parts_.admin.import_users(file));
    return ApiReply{.status = 201, .body = Json{{"imported", count}}.dump()};
}

Result<ApiReply> AdminApi::list_users(const ApiCall&) {
    SAFEQ_TRY(const auto users, parts_.admin.users());
    return rows("users", users);
}

Result<ApiReply> AdminApi::unlock_user(const ApiCall& call) {
    SAFEQ_TRY(const SubjectId subject, parts_.admin.unlock_user(parameter(call, "user")));
    return ApiReply{.body = Json{{"subject", subject.text()}}.dump()};
}

Result<ApiReply> AdminApi::erase_user(const ApiCall& call) {
    SAFEQ_TRY(const SubjectId subject, parts_.admin.erase_user(parameter(call, "user")));
    return ApiReply{.body = Json{{"subject", subject.text()}}.dump()};
}

Result<ApiReply> AdminApi::issue_token(const ApiCall& call) {
    SAFEQ_TRY(const NewToken wanted, parse_new_token(call.body));
    SAFEQ_TRY(const token::IssuedPrintToken issued,
              parts_.admin.issue_print_token(parameter(call, "user"), wanted.label, wanted.lifetime));
    const crypto::Secret path = token::format_print_path(issued.text);
    return ApiReply{
        .status = 201,
        .body =
            Json{{"id", issued.token.id.text()}, {"uri", parts_.printer + std::string{as_text(path.expose())}}}.dump()};
}

Result<ApiReply> AdminApi::list_tokens(const ApiCall& call) {
    SAFEQ_TRY(const auto tokens, parts_.admin.print_tokens(parameter(call, "user")));
    Json list = Json::array();
    for (const token::PrintToken& one : tokens)
        list.push_back(Json{{"id", one.id.text()},
                            {"label", one.label},
                            {"created", to_rfc3339(one.created)},
                            {"expires", one.expires ? Json(to_rfc3339(*one.expires)) : Json(nullptr)}});
    return ApiReply{.body = Json{{"tokens", std::move(list)}}.dump()};
}

Result<ApiReply> AdminApi::revoke_token(const ApiCall& call) {
    SAFEQ_TRY(const token::TokenId id, token::TokenId::parse(parameter(call, "token")));
    SAFEQ_TRY_VOID(parts_.admin.revoke_print_token(parameter(call, "user"), id));
    return ApiReply{.status = 204, .body = {}};
}

Result<ApiReply> AdminApi::add_device(const ApiCall& call) {
    SAFEQ_TRY(NewDevice device, parse_new_device(call.body));
    SAFEQ_TRY(const job::Device added, parts_.admin.add_device(std::move(device)));
    return ApiReply{.status = 201, .body = to_json(added).dump()};
}

Result<ApiReply> AdminApi::change_device(const ApiCall& call) {
    SAFEQ_TRY(const DeviceChange change, parse_device_change(call.body));
    SAFEQ_TRY(const job::Device changed, parts_.admin.change_device(parameter(call, "device"), change));
    return ApiReply{.body = to_json(changed).dump()};
}

Result<ApiReply> AdminApi::remove_device(const ApiCall& call) {
    SAFEQ_TRY(const job::Device removed, parts_.admin.remove_device(parameter(call, "device")));
    return ApiReply{.body = to_json(removed).dump()};
}

Result<ApiReply> AdminApi::set_device_crl(const ApiCall& call) {
    SAFEQ_TRY(std::string crl, parse_device_crl(call.body));
    SAFEQ_TRY(const job::Device changed, parts_.admin.set_device_crl(parameter(call, "device"), std::move(crl)));
    return ApiReply{.body = to_json(changed).dump()};
}

Result<ApiReply> AdminApi::list_devices(const ApiCall&) {
    SAFEQ_TRY(const auto devices, parts_.admin.devices());
    return rows("devices", devices);
}

Result<ApiReply> AdminApi::list_jobs(const ApiCall& call) {
    constexpr std::size_t limit = 10'000;
    const bool all = call.query.contains("all");
    SAFEQ_TRY(const auto jobs, parts_.admin.jobs(all ? job::StateSet::all() : job::StateSet::open(), limit));
    return rows("jobs", jobs);
}

Result<ApiReply> AdminApi::show_job(const ApiCall& call) {
    SAFEQ_TRY(const JobId id, JobId::parse(parameter(call, "job")));
    SAFEQ_TRY(const job::Job job, parts_.admin.job(id));
    return ApiReply{.body = to_json(job).dump()};
}

Result<ApiReply> AdminApi::cancel_job(const ApiCall& call) {
    SAFEQ_TRY(const JobId id, JobId::parse(parameter(call, "job")));
    SAFEQ_TRY(const job::Job job, parts_.admin.cancel_job(id));
    return ApiReply{.body = to_json(job).dump()};
}

Result<ApiReply> AdminApi::restrict_job(const ApiCall& call) {
    SAFEQ_TRY(const JobId id, JobId::parse(parameter(call, "job")));
    SAFEQ_TRY(const job::Job job, parts_.admin.restrict_job(id, true));
    return ApiReply{.body = to_json(job).dump()};
}

Result<ApiReply> AdminApi::lift_restriction(const ApiCall& call) {
    SAFEQ_TRY(const JobId id, JobId::parse(parameter(call, "job")));
    SAFEQ_TRY(const job::Job job, parts_.admin.restrict_job(id, false));
    return ApiReply{.body = to_json(job).dump()};
}

Result<ApiReply> AdminApi::list_epochs(const ApiCall&) {
    SAFEQ_TRY(const auto epochs, parts_.epochs.list());
    return rows("epochs", epochs);
}

Result<ApiReply> AdminApi::rotate_epoch(const ApiCall&) {
    SAFEQ_TRY(spool::EpochKeyEntry made, parts_.epochs.rotate());
    return ApiReply{.status = 201, .body = to_json(LivingEpoch{.entry = std::move(made)}).dump()};
}

Result<ApiReply> AdminApi::show_epoch_key(const ApiCall& call) {
    SAFEQ_TRY(const spool::EpochId id, spool::EpochId::parse(parameter(call, "epoch")));
    SAFEQ_TRY(const auto epochs, parts_.epochs.list());
    for (const LivingEpoch& epoch : epochs)
        if (epoch.entry.id() == id)
            return ApiReply{.body = to_base64(epoch.entry.key) + "\n", .content_type = "text/plain; charset=utf-8"};
    return fail(Errc::not_found, "epoch", id.text());
}

Result<ApiReply> AdminApi::destroy_epoch(const ApiCall& call) {
    SAFEQ_TRY(const spool::EpochId id, spool::EpochId::parse(parameter(call, "epoch")));
    const auto told = [&](Error error) {
        if (error.code == Errc::epoch_unknown) error.code = Errc::not_found;
        return std::unexpected(std::move(error));
    };
    if (!call.query.contains("now")) {
        auto ends = parts_.epochs.retire(id);
        if (!ends) return told(std::move(ends).error());
        return ApiReply{.status = 202, .body = Json{{"id", id.text()}, {"ends", to_rfc3339(*ends)}}.dump()};
    }
    auto ended = parts_.epochs.end(id);
    if (!ended) return told(std::move(ended).error());
    Json lost = Json::array();
    for (const JobId& job : ended->lost) lost.push_back(job.text());
    return ApiReply{.body = Json{{"id", id.text()}, {"moved", ended->moved}, {"lost", std::move(lost)}}.dump()};
}

}  // namespace safeq::service
