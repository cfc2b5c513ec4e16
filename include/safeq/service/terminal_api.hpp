// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/service/api.hpp>
#include <safeq/service/release_desk.hpp>
#include <safeq/service/sign_in.hpp>

namespace safeq::service {

/// The interface for terminals, docs/openapi/release.yaml, over SignIn and ReleaseDesk.
/// *Threads*: handlers are safe from several threads; they block.
class TerminalApi final {
public:
    /// What the routes act on; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        SignIn& sign_in;
        ReleaseDesk& desk;
        job::DeviceStore& devices;
        Explain explain;
    };

    explicit TerminalApi(Parts parts) : parts_{std::move(parts)} {}

    /// The table; it refers to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Handler = ApiReply (TerminalApi::*)(const ApiCall&, const job::Device&);
    using SessionHandler = ApiReply (TerminalApi::*)(const ApiCall&, const job::Device&, const token::Session&);

    [[nodiscard]] Result<job::Device> device_of(const ApiCall& call) const;
    [[nodiscard]] Route device_route(std::string_view method, std::string_view path, std::size_t max_body,
                                     Handler handler);
    [[nodiscard]] Route session_route(std::string_view method, std::string_view path, std::size_t max_body,
                                      SessionHandler handler);
    [[nodiscard]] ApiReply set_kept(const ApiCall& call, const token::Session& session, bool kept);
    [[nodiscard]] ApiReply refused(const ApiCall& call, std::string_view route, const Error& error) const;

    ApiReply sign_in(const ApiCall& call, const job::Device& device);
    ApiReply sign_out(const ApiCall& call, const job::Device& device, const token::Session& session);
    ApiReply list(const ApiCall& call, const job::Device& device, const token::Session& session);
    ApiReply release_one(const ApiCall& call, const job::Device& device, const token::Session& session);
    ApiReply release_all(const ApiCall& call, const job::Device& device, const token::Session& session);
    ApiReply resolve(const ApiCall& call, const job::Device& device, const token::Session& session);
    ApiReply keep(const ApiCall& call, const job::Device& device, const token::Session& session);
    ApiReply unkeep(const ApiCall& call, const job::Device& device, const token::Session& session);
    ApiReply remove(const ApiCall& call, const job::Device& device, const token::Session& session);

    Parts parts_;
};

}  // namespace safeq::service
