// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <safeq/audit/log_reader.hpp>
#include <safeq/service/api.hpp>
#include <safeq/service/custody.hpp>
#include <safeq/service/release_desk.hpp>
#include <safeq/service/sign_in.hpp>

namespace safeq::service {

/// The instance of a daemon's certificate id ("safeq:daemon:intake:<instance>"). *Errors*: `denied` for any other.
[[nodiscard]] Result<InstanceId> intake_of(const ApiPeer& peer);

/// What an intake is told of a job or file that isn't taken: as `refuse`, but with the reasons by which it decides what
/// becomes of the job: whether it ends it, asks for the epochs that are alive, or tries again when an operator has done
/// something.
[[nodiscard]] ApiReply refuse_intake(const Error& error);

/// What a release server offers to other daemons, over mutually authenticated TLS: identity, hand-over and job states
/// to intakes, subject keys and a place on record to the report server. The sealed files themselves come by a streaming
/// route beside this table. *Threads*: handlers are safe from several threads; they block.
class DaemonApi final {
public:
    /// What the routes act on; what is referred to must outlive the object.
    struct Parts {
        TenantId tenant;
        SignIn& sign_in;
        Custody& custody;
        ReleaseDesk& desk;
        job::Jobs& jobs;
        job::Repository& repository;
        audit::SubjectKeys& subjects;
        Recorder& recorder;
        const Clock& clock;
        std::function<Result<std::string>()> epoch_list;  ///< the signed note
        Explain explain;
    };

    explicit DaemonApi(Parts parts) : parts_{std::move(parts)} {}

    /// The table; it refers to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Handler = Result<ApiReply> (DaemonApi::*)(const ApiCall&);
    [[nodiscard]] Route route(std::string_view method, std::string_view path, Role role, Handler handler);

    Result<ApiReply> epochs(const ApiCall& call);
    Result<ApiReply> identify(const ApiCall& call);
    Result<ApiReply> take(const ApiCall& call);
    Result<ApiReply> list(const ApiCall& call);
    Result<ApiReply> cancel(const ApiCall& call);
    Result<ApiReply> subject_key(const ApiCall& call);
    Result<ApiReply> record(const ApiCall& call);

    Parts parts_;
};

/// The routes by which a log is read: checkpoint and tiles, for the role given.
[[nodiscard]] std::vector<Route> log_routes(audit::LogReader& log, Role role);

}  // namespace safeq::service
