// SPDX-License-Identifier: Apache-2.0
#include "report_rows.hpp"

#include <algorithm>
#include <chrono>

namespace safeq::store {
namespace {

using report::JobRow;
using report::SealedText;
using sqlite::Statement;

// Numbers come out of other people's logs: all 64 bits are kept, as the 64 bits that a column has.
std::optional<std::int64_t> all_bits(std::optional<std::uint64_t> number) {
    return number ? std::optional{static_cast<std::int64_t>(*number)} : std::nullopt;
}

std::optional<std::uint64_t> read_bits(Statement& row) {
    return row.optional([&] { return static_cast<std::uint64_t>(row.integer()); });
}

// For sums: no real job is so large, and a forged one doesn't spoil the others.
std::int64_t bounded(std::uint64_t number) {
    constexpr std::uint64_t most = std::uint64_t{1} << 53;
    return static_cast<std::int64_t>(std::min(number, most));
}

std::optional<Bytes> encoded(const std::optional<SealedText>& text) {
    return text ? std::optional{encode(*text)} : std::nullopt;
}

Result<std::optional<SealedText>> read_sealed(Statement& row) {
    if (row.null()) return std::optional<SealedText>{};
    SAFEQ_TRY(SealedText text, decode_sealed_text(row.bytes()));
    return std::optional{std::move(text)};
}

Result<ByteView> take_field(ByteReader& reader, std::string_view what) {
    SAFEQ_TRY(const std::uint32_t size, reader.u32(what));
    return reader.take(size, what);
}

}  // namespace

Bytes encode(const SealedText& text) {
    ByteWriter out;
    out.field(text.origin).bytes(text.record.bytes());
    out.field(text.field.name).bytes(text.field.subject.bytes()).field(ByteView{text.field.sealed});
    return out.take();
}

Result<SealedText> decode_sealed_text(ByteView bytes) {
    ByteReader reader{bytes};
    SealedText text;
    SAFEQ_TRY(const ByteView origin, take_field(reader, "origin"));
    text.origin = as_text(origin);
    SAFEQ_TRY(const ByteView record, reader.take(sizeof(IdBytes), "record"));
    SAFEQ_TRY(text.record, RecordId::from(record));
    SAFEQ_TRY(const ByteView name, take_field(reader, "name"));
    text.field.name = as_text(name);
    SAFEQ_TRY(const ByteView subject, reader.take(sizeof(IdBytes), "subject"));
    SAFEQ_TRY(text.field.subject, SubjectId::from(subject));
    SAFEQ_TRY(const ByteView sealed, take_field(reader, "sealed"));
    text.field.sealed = to_bytes(sealed);
    SAFEQ_TRY_VOID(reader.finish("sealed text"));
    return text;
}

void bind_row(Statement& statement, const JobRow& row) {
    statement.bind(row.tenant).bind(row.job).bind(row.owner);
    statement.bind(encoded(row.user_name)).bind(encoded(row.title)).bind(row.format);
    statement.bind(all_bits(row.bytes)).bind(all_bits(row.pages)).bind(all_bits(row.copies));
    statement.bind(all_bits(row.documents))
        .bind(all_bits(row.prints))
        .bind(all_bits(row.uncounted_prints))
        .bind(all_bits(row.printed_pages))
        .bind(row.device);
    statement.bind(row.accepted).bind(row.held).bind(row.released).bind(row.ended);
    statement.bind(name(row.outcome)).bind(row.restricted).bind(row.first_seen);

    const auto day = std::chrono::floor<std::chrono::days>(row.when()).time_since_epoch().count();
    statement.bind(row.when()).bind(std::int64_t{day});
    statement.bind(bounded(row.prints)).bind(bounded(row.counted_pages())).bind(bounded(row.bytes.value_or(0)));
}

Result<JobRow> read_row(Statement& row) {
    JobRow job;
    job.tenant = row.id<TenantId>();
    job.job = row.id<JobId>();
    job.owner = row.optional([&] { return row.id<SubjectId>(); });
    SAFEQ_TRY(job.user_name, read_sealed(row));
    SAFEQ_TRY(job.title, read_sealed(row));
    job.format = row.text();
    job.bytes = read_bits(row);
    job.pages = read_bits(row);
    job.copies = read_bits(row);
    job.documents = read_bits(row);
    job.prints = static_cast<std::uint64_t>(row.integer());
    job.uncounted_prints = static_cast<std::uint64_t>(row.integer());
    job.printed_pages = static_cast<std::uint64_t>(row.integer());
    job.device = row.optional([&] { return row.id<DeviceId>(); });
    job.accepted = row.optional([&] { return row.time(); });
    job.held = row.optional([&] { return row.time(); });
    job.released = row.optional([&] { return row.time(); });
    job.ended = row.optional([&] { return row.time(); });
    SAFEQ_TRY(job.outcome, report::parse_outcome(row.text()));
    job.restricted = row.boolean();
    job.first_seen = row.time();
    SAFEQ_TRY_VOID(row.check());
    return job;
}

}  // namespace safeq::store
