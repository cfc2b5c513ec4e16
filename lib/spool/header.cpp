// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/header.hpp>

#include "bindings.hpp"

namespace safeq::spool {
namespace {

constexpr std::string_view where = "spool header";

template <class Id>
Result<Id> read_id(ByteReader& reader) {
    SAFEQ_TRY(const ByteView bytes, reader.take(sizeof(IdBytes), where));
    return Id::from(bytes);
}

Result<void> mismatch(const char* field) { return fail(Errc::header_mismatch, std::string{where}, field); }

}  // namespace

Bytes Header::encode() const {
    return ByteWriter{}
        .u32(format_version)
        .bytes(tenant.bytes())
        .bytes(job.bytes())
        .u32(document)
        .bytes(owner.bytes())
        .bytes(intake.bytes())
        .u64(static_cast<std::uint64_t>(created.time_since_epoch().count()))
        .take();
}

Result<Header> Header::decode(ByteView bytes) {
    ByteReader reader{bytes};
    SAFEQ_TRY(const std::uint32_t version, reader.u32(where));
    if (version != format_version)
        return fail(Errc::bad_version, std::string{where}, "version " + std::to_string(version));
    Header header;
    SAFEQ_TRY(header.tenant, read_id<TenantId>(reader));
    SAFEQ_TRY(header.job, read_id<JobId>(reader));
    SAFEQ_TRY(header.document, reader.u32(where));
    SAFEQ_TRY(header.owner, read_id<SubjectId>(reader));
    SAFEQ_TRY(header.intake, read_id<InstanceId>(reader));
    SAFEQ_TRY(const std::uint64_t created, reader.u64(where));
    SAFEQ_TRY_VOID(reader.finish(where));
    if (created > static_cast<std::uint64_t>(last_time.time_since_epoch().count()))
        return fail(Errc::malformed, std::string{where}, "created after the year 9999");
    header.created = Time{std::chrono::milliseconds{static_cast<std::int64_t>(created)}};
    return header;
}

Result<void> Header::check(const Header& expected) const {
    if (tenant != expected.tenant) return mismatch("tenant");
    if (job != expected.job) return mismatch("job");
    if (document != expected.document) return mismatch("document number");
    if (owner != expected.owner) return mismatch("owner");
    return {};
}

}  // namespace safeq::spool
