// SPDX-License-Identifier: Apache-2.0
#include <safeq/ipp/request.hpp>

namespace safeq::ipp {
namespace {

void add_user(const Target& target, Group& operation) {
    if (!target.requesting_user_name.empty())
        operation.set("requesting-user-name", Value::name(target.requesting_user_name));
}

void add_document(std::string_view document_name, std::string_view format, Group& operation) {
    if (!document_name.empty()) operation.set("document-name", Value::name(document_name));
    if (!format.empty()) operation.set("document-format", Value::mime_media_type(format));
}

Message begin(const Target& target, Operation operation, std::int32_t request_id) {
    Message request{target.version, static_cast<std::uint16_t>(operation), request_id, {}};
    Group& group = request.group(GroupTag::operation);
    group.set("attributes-charset", Value::charset("utf-8"));
    group.set("attributes-natural-language", Value::natural_language(target.natural_language));
    group.set("printer-uri", Value::uri(target.printer_uri));
    return request;
}

Message with_requested(Message request, const std::vector<std::string>& requested) {
    if (!requested.empty()) request.group(GroupTag::operation).set(keywords("requested-attributes", requested));
    return request;
}

}  // namespace

Message make_request(const Target& target, Operation operation, std::int32_t request_id) {
    Message request = begin(target, operation, request_id);
    add_user(target, request.group(GroupTag::operation));
    return request;
}

Message make_job_request(const Target& target, Operation operation, std::int32_t request_id, std::int32_t job_id) {
    Message request = begin(target, operation, request_id);
    request.group(GroupTag::operation).set("job-id", Value::integer(job_id));
    add_user(target, request.group(GroupTag::operation));
    return request;
}

Message make_print_request(const Target& target, Operation operation, std::int32_t request_id,
                           const JobTicket& ticket) {
    Message request = make_request(target, operation, request_id);
    Group& group = request.group(GroupTag::operation);
    if (!ticket.job_name.empty()) group.set("job-name", Value::name(ticket.job_name));
    if (operation != Operation::create_job) add_document(ticket.document_name, ticket.document_format, group);
    if (!ticket.attributes.empty()) {
        Group& job = request.group(GroupTag::job);
        for (const Attribute& attribute : ticket.attributes) job.set(attribute);
    }
    return request;
}

Message make_send_document(const Target& target, std::int32_t request_id, std::int32_t job_id,
                           const DocumentTicket& document) {
    Message request = make_job_request(target, Operation::send_document, request_id, job_id);
    Group& group = request.group(GroupTag::operation);
    add_document(document.document_name, document.document_format, group);
    group.set("last-document", Value::boolean(true));
    return request;
}

Message make_get_printer_attributes(const Target& target, std::int32_t request_id,
                                    const std::vector<std::string>& requested) {
    return with_requested(make_request(target, Operation::get_printer_attributes, request_id), requested);
}

Message make_get_job_attributes(const Target& target, std::int32_t request_id, std::int32_t job_id,
                                const std::vector<std::string>& requested) {
    return with_requested(make_job_request(target, Operation::get_job_attributes, request_id, job_id), requested);
}

}  // namespace safeq::ipp
