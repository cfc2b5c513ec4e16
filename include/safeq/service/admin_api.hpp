// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <safeq/service/admin.hpp>
#include <safeq/service/api.hpp>
#include <safeq/service/epoch_keeper.hpp>

namespace safeq::service {

/// The interface of the release server's admin socket, for the command line.
/// *Threads*: handlers are safe from several threads; they block.
class AdminApi final {
public:
    /// What the routes act on; what is referred to must outlive the object.
    struct Parts {
        Admin& admin;
        EpochKeeper& epochs;
        std::string printer;  ///< "ipps://host:port", to which print tokens make an address
        Explain explain;
    };

    explicit AdminApi(Parts parts) : parts_{std::move(parts)} {}

    /// The table; it refers to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Handler = Result<ApiReply> (AdminApi::*)(const ApiCall&);
    [[nodiscard]] Route route(std::string_view method, std::string_view path, Handler handler);

    Result<ApiReply> add_user(const ApiCall& call);
    Result<ApiReply> change_user(const ApiCall& call);
    Result<ApiReply> import_users(const ApiCall& call);
    Result<ApiReply> list_users(const ApiCall& call);
    Result<ApiReply> unlock_user(const ApiCall& call);
    Result<ApiReply> erase_user(const ApiCall& call);
    Result<ApiReply> issue_token(const ApiCall& call);
    Result<ApiReply> list_tokens(const ApiCall& call);
    Result<ApiReply> revoke_token(const ApiCall& call);
    Result<ApiReply> add_device(const ApiCall& call);
    Result<ApiReply> change_device(const ApiCall& call);
    Result<ApiReply> remove_device(const ApiCall& call);
    Result<ApiReply> set_device_crl(const ApiCall& call);
    Result<ApiReply> list_devices(const ApiCall& call);
    Result<ApiReply> list_jobs(const ApiCall& call);
    Result<ApiReply> show_job(const ApiCall& call);
    Result<ApiReply> cancel_job(const ApiCall& call);
    Result<ApiReply> restrict_job(const ApiCall& call);
    Result<ApiReply> lift_restriction(const ApiCall& call);
    Result<ApiReply> list_epochs(const ApiCall& call);
    Result<ApiReply> rotate_epoch(const ApiCall& call);
    Result<ApiReply> show_epoch_key(const ApiCall& call);
    Result<ApiReply> destroy_epoch(const ApiCall& call);

    Parts parts_;
};

}  // namespace safeq::service
