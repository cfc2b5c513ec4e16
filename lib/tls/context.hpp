// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <botan/tls_session_manager_noop.h>

#include <safeq/tls/session.hpp>
#include <tls/policy_adapter.hpp>

namespace safeq::tls {

/// What the backend needs for each session, made once.
struct BackendContext {
    std::shared_ptr<PolicyAdapter> policy;
    std::shared_ptr<CredentialsAdapter> credentials;
    std::shared_ptr<Botan::TLS::Session_Manager>
        sessions;  ///< keeps nothing; where tickets are, each session has its own
};

struct ServerContext::Impl {
    ServerConfig config;
    BackendContext backend;
    bool resumes = false;  ///< there are tickets, and what the server shows wasn't revoked
};

struct ClientContext::Impl {
    ClientConfig config;
    BackendContext backend;
    std::string sni;
};

}  // namespace safeq::tls
