// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <safeq/net/api_server.hpp>
#include <safeq/report/export.hpp>
#include <safeq/service/auditor_sign_in.hpp>

#include "report/remote.hpp"

namespace safeq::daemon {

/// The report as page, JSON and CSV, for auditors and, without the page, for the admin socket.
struct ReportRoutes {
    TenantId tenant;
    const report::Report& report;
    std::vector<const LogWatch*> logs;

    [[nodiscard]] std::vector<service::Route> for_people() const;
    [[nodiscard]] std::vector<service::Route> for_admin() const;
};

/// Lets a handler answer only who shows the auditor's name and password (HTTP Basic), and puts the headers on every
/// answer that keep a browser from doing anything but showing it. Passwords are judged on threads of their own.
[[nodiscard]] net::HttpHandler auditors_only(net::HttpHandler handler, const service::AuditorSignIn& auditor,
                                             net::BoundedPool& hashing);

}  // namespace safeq::daemon
