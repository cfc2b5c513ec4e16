// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/ipp/message.hpp>
#include <safeq/ipp/printer_service.hpp>

namespace safeq::ipp {

/// The status with which a service's error is answered: `denied` and `permission` not-authorized; `credential_wrong`,
/// `expired`, `revoked` not-authenticated; `not_found` not-found; `conflict`, `illegal_transition` not-possible;
/// `already_exists` multiple-document-jobs-not-supported; `unsupported` document-format-not-supported; `malformed`,
/// `truncated` document-format-error; `too_large` request-entity-too-large; `busy`, `throttled` busy; `unavailable`,
/// `log_unavailable`, `timed_out` service-unavailable; `disk_full` temporary-error; `cancelled` job-canceled; all
/// others internal-error.
[[nodiscard]] Status status_of(const Error& error) noexcept;

/// The path of the printer for the path of a request: a client may also post to its job's URI, which is the printer's
/// with
/// "/jobs/<number>" behind it.
[[nodiscard]] std::string_view printer_path(std::string_view request_path) noexcept;

/// The answer to a request that could not be decoded: with the ids of its header where that came, otherwise version 1.1
/// and request-id 1 (0 is not one that a response may have).
[[nodiscard]] Message refuse(const std::optional<MessageHeader>& header, const Error& error);

/// An answer with `status` and nothing else, for what a server decides before or beside the engine.
[[nodiscard]] Message refuse(const MessageHeader& header, Status status, std::string_view message = {});

/// A request whose document follows. Destroyed before `finish`, nothing stays of the job or document.
/// *Threads*: one at a time.
class PendingDocument final {
public:
    PendingDocument(PendingDocument&&) noexcept;
    PendingDocument& operator=(PendingDocument&&) noexcept;
    ~PendingDocument();

    /// Takes the document's next bytes. After an error nothing more is taken and `finish` gives the answer that tells
    /// it.
    [[nodiscard]] Result<void> append(ByteView bytes);

    /// The document has ended: makes it durable and returns the answer, which tells of success or of the first failure.
    /// Spent afterwards.
    [[nodiscard]] Message finish();

private:
    friend class Engine;
    struct State;
    explicit PendingDocument(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// IPP's rules over a printer service: Print-Job, Validate-Job, Create-Job, Send-Document, Cancel-Job,
/// Get-Job-Attributes, Get-Jobs and Get-Printer-Attributes. Every request gets a well-formed answer with its
/// request-id. The checks come in this order: version, request-id, charset and language, target, operation, access,
/// operation attributes, job attributes. *Source*: RFC 8011, 4. *Threads*: safe from several threads.
class Engine final {
public:
    /// Which operations need an owner.
    enum class Access {
        owner_required,  ///< everything but Get-Printer-Attributes needs an owner
        open,            ///< owners, if any, are the service's matter
    };

    /// How an engine serves its printer.
    struct Config {
        /// Paths under which the printer is known besides the one at which the caller came in.
        std::vector<std::string> paths{"/ipp/print"};
        Access access = Access::owner_required;

        /// Hears of every failure of the service, of which the peer is told the kind alone; for the log. Called on the
        /// thread of the request.
        std::function<void(std::string_view address, const Error&)> failed = {};
    };

    /// *Requires*: `service` and `clock` outlive the engine and its pending documents.
    Engine(PrinterService& service, Config config, const Clock& clock);

    /// Whether the request needs an owner: a server that has no credential from the caller then answers 401 before it
    /// reads on. Get-Printer-Attributes never does, and neither does an operation that isn't supported.
    [[nodiscard]] bool needs_owner(const Message& request) const noexcept;

    /// Answers the request, or says that its document is to follow.
    [[nodiscard]] std::variant<Message, PendingDocument> begin(const Message& request, const Caller& caller) const;

private:
    PrinterService& service_;
    Config config_;
    const Clock& clock_;
};

}  // namespace safeq::ipp
