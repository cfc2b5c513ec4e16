// SPDX-License-Identifier: Apache-2.0
#include <safeq/service/ticket.hpp>

#include <limits>

#include <safeq/core/text.hpp>

#include "core/json.hpp"

namespace safeq::service {

std::string Ticket::encode() const {
    Json out{{"ipp_id", ipp_id}, {"title", title}, {"user", user_name}, {"format", format}, {"copies", copies}};
    if (pages) out["pages"] = *pages;
    out["bytes"] = bytes;
    out["documents"] = documents;
    out["accepted"] = to_rfc3339(accepted);
    out["attributes"] = to_base64(attributes);
    return out.dump();
}

Result<Ticket> Ticket::parse(std::string_view json) {
    constexpr auto any32 = std::numeric_limits<std::int32_t>::max();
    SAFEQ_TRY(const JsonReader object, JsonReader::parse(json, max_bytes, "ticket"));
    Ticket out;
    SAFEQ_TRY(const std::int64_t ipp_id, object.integer("ipp_id", 1, any32));
    SAFEQ_TRY(out.title, object.text("title", 1023));
    SAFEQ_TRY_VOID(check_name(out.title, 1023, "ticket.title"));
    SAFEQ_TRY(out.user_name, object.text("user", 255));
    SAFEQ_TRY_VOID(check_name(out.user_name, 255, "ticket.user"));
    SAFEQ_TRY(out.format, object.text("format", 255));
    SAFEQ_TRY_VOID(check_name(out.format, 255, "ticket.format"));
    SAFEQ_TRY(const std::int64_t copies, object.integer("copies", 1, 10'000));
    SAFEQ_TRY(const std::int64_t bytes, object.integer("bytes", 0, std::numeric_limits<std::int64_t>::max()));
    SAFEQ_TRY(const std::int64_t documents, object.integer("documents", 1, 100));
    SAFEQ_TRY(out.accepted, object.time("accepted"));
    SAFEQ_TRY(out.attributes, object.bytes("attributes", 128 * 1024));
    if (object.has("pages")) {
        SAFEQ_TRY(const std::int64_t pages, object.integer("pages", 0, any32));
        out.pages = static_cast<std::uint32_t>(pages);
    }
    out.ipp_id = static_cast<std::int32_t>(ipp_id);
    out.copies = static_cast<std::uint32_t>(copies);
    out.bytes = static_cast<std::uint64_t>(bytes);
    out.documents = static_cast<std::uint32_t>(documents);
    return out;
}

}  // namespace safeq::service
