// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <safeq/ipp/job.hpp>
#include <safeq/ipp/request.hpp>
#include <safeq/net/http_client.hpp>

namespace safeq::net {

/// How sending a document to a printer ended.
enum class PrintEnd {
    completed,  ///< the printer says so
    refused,    ///< nothing was printed: no byte of the document left, or the printer said so
    uncertain,  ///< anything else
};

/// How printing went, as far as the printer told.
struct PrintReport {
    PrintEnd end = PrintEnd::uncertain;
    ipp::RemoteJob job;  ///< as the printer told last
    std::string detail;  ///< for the log; printable
};

/// A document for a printer, as it is produced.
struct PrintDocument {
    ipp::JobTicket ticket;
    std::uint64_t bytes = 0;                                ///< all of it
    std::function<Result<ByteView>()> next;                 ///< the next piece, empty at the end
    std::function<void(std::uint64_t sent)> progress = {};  ///< told how much was handed to the connection
};

/// A client of one IPP printer over TLS; blocks. What the printer says is bounded and checked like any hostile input.
/// *Threads*: safe from several threads.
class IppClient final {
public:
    /// Which printer, for whom, and how long to wait for it.
    struct Options {
        std::string uri;                                    ///< "ipps://host:port/path"
        std::string user_name = {};                         ///< requesting-user-name; left out where empty
        std::string authorization = {};                     ///< of HTTP; left out where empty
        ClientStream::Options stream = {};                  ///< its `stop` ends waiting for the printer too
        std::chrono::milliseconds finish_timeout{600'000};  ///< from the answer to Print-Job to the end of the job
    };

    /// Nothing is sent. *Errors*: `invalid_argument`.
    [[nodiscard]] static Result<std::unique_ptr<IppClient>> create(Options options,
                                                                   std::shared_ptr<const tls::ClientContext> context,
                                                                   const Clock& clock, Random& random);
    /// The same, with `context` asked before each of the client's connections.
    [[nodiscard]] static Result<std::unique_ptr<IppClient>> create(Options options, ContextSource context,
                                                                   const Clock& clock, Random& random);

    /// One request and its answer, whatever its status.
    /// *Errors*: those of `HttpClient`; `credential_wrong` for HTTP 401, `http_status`, `ipp_malformed` and the
    /// decoder's.
    [[nodiscard]] Result<ipp::Message> call(const ipp::Message& request);

    /// *Errors*: as `call`; `ipp_status`.
    [[nodiscard]] Result<ipp::RemotePrinter> printer();

    /// Print-Job; returns when the printer has taken the document. *Errors*: as `printer`; those of `next`.
    [[nodiscard]] Result<ipp::RemoteJob> submit(const PrintDocument& document);

    /// Print-Job, then asks until the job has ended, or `finish_timeout` has.
    [[nodiscard]] PrintReport print(const PrintDocument& document);

    [[nodiscard]] ipp::Target target() const;

private:
    IppClient(Options options, HttpTarget target, const Clock& clock, Random& random);

    [[nodiscard]] Result<ipp::Message> exchange(HttpRequest request);
    [[nodiscard]] PrintReport follow(ipp::RemoteJob job);

    Options options_;
    HttpClient http_;
    std::string path_;
    std::atomic<std::int32_t> next_request_{1};
};

}  // namespace safeq::net
