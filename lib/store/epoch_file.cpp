// SPDX-License-Identifier: Apache-2.0
#include "epoch_file.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace safeq::store {
namespace {

constexpr std::string_view format_line = "safeq/epochs/v1\n";
constexpr std::string_view sequence_line = "safeq/sequence/v1\n";
constexpr std::size_t epoch_bytes = 32 + 16 + 8 + 8 + 1 + 32;
constexpr unsigned flag_kept = 1;
constexpr unsigned flag_ending = 2;
constexpr std::size_t destroyed_bytes = 32 + 16 + 8;

std::uint64_t number_of(Time time) noexcept { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

Time time_of(std::uint64_t number) noexcept {
    return Time{std::chrono::milliseconds{static_cast<std::int64_t>(number)}};
}

// Writes into memory that is wiped, which ByteWriter's isn't.
class SecretWriter {
public:
    explicit SecretWriter(std::size_t size) : secret_{crypto::Secret::zeroed(size)} {}
    void bytes(ByteView value) {
        std::memcpy(secret_.fill().subspan(at_, value.size()).data(), value.data(), value.size());
        at_ += value.size();
    }
    void number(std::uint64_t value, std::size_t size) {
        for (std::size_t i = size; i-- > 0;) secret_.fill()[at_++] = static_cast<std::byte>((value >> (8 * i)) & 0xff);
    }
    [[nodiscard]] const crypto::Secret& secret() const noexcept { return secret_; }

private:
    crypto::Secret secret_;
    std::size_t at_ = 0;
};

template <class Id>
Result<Id> read_id(ByteReader& reader) {
    SAFEQ_TRY(const ByteView bytes, reader.take(16, "tenant"));
    return Id::from(bytes);
}

Result<spool::EpochId> read_epoch_id(ByteReader& reader) {
    SAFEQ_TRY(const ByteView bytes, reader.take(32, "epoch id"));
    spool::EpochId id;
    std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
    return id;
}

Result<EpochSeed> read_epoch(ByteReader& reader) {
    SAFEQ_TRY(const spool::EpochId id, read_epoch_id(reader));
    SAFEQ_TRY(const TenantId tenant, read_id<TenantId>(reader));
    SAFEQ_TRY(const std::uint64_t not_before, reader.u64("not before"));
    SAFEQ_TRY(const std::uint64_t not_after, reader.u64("not after"));
    SAFEQ_TRY(const std::uint8_t flags, reader.u8("flags"));
    if (flags > (flag_kept | flag_ending)) return fail(Errc::not_canonical, "epoch seeds", "unknown flags");
    SAFEQ_TRY(const ByteView seed_bytes, reader.take(crypto::XwingSeed::size, "seed"));
    SAFEQ_TRY(crypto::XwingSeed seed, crypto::XwingSeed::from(seed_bytes));
    const auto key = crypto::XwingPrivateKey::from_seed(seed.clone());
    if (spool::EpochId::of(key.public_key()) != id)
        return fail(Errc::malformed, "epoch seeds", "a seed under another id");
    return EpochSeed{{.id = id,
                      .key = key.public_key(),
                      .tenant = tenant,
                      .not_before = time_of(not_before),
                      .not_after = time_of(not_after),
                      .kept = (flags & flag_kept) != 0,
                      .ending = (flags & flag_ending) != 0},
                     std::move(seed)};
}

}  // namespace

Result<Bytes> encode(const EpochTable& table, spool::RootKeys& roots) {
    SecretWriter out{8 + 4 + table.epochs.size() * epoch_bytes + 4 + table.destroyed.size() * destroyed_bytes};
    out.number(table.generation, 8);
    out.number(table.epochs.size(), 4);
    for (const auto& [id, entry] : table.epochs) {
        out.bytes(id.bytes);
        out.bytes(entry.epoch.tenant.bytes());
        out.number(number_of(entry.epoch.not_before), 8);
        out.number(number_of(entry.epoch.not_after), 8);
        out.number((entry.epoch.kept ? flag_kept : 0U) | (entry.epoch.ending ? flag_ending : 0U), 1);
        out.bytes(entry.seed.expose());
    }
    out.number(table.destroyed.size(), 4);
    for (const DestroyedEpoch& epoch : table.destroyed) {
        out.bytes(epoch.id.bytes);
        out.bytes(epoch.tenant.bytes());
        out.number(number_of(epoch.destroyed), 8);
    }
    Bytes file = to_bytes(format_line);
    SAFEQ_TRY(const Bytes wrapped, roots.wrap(table.generation, out.secret().expose()));
    file.insert(file.end(), wrapped.begin(), wrapped.end());
    return file;
}

Result<EpochTable> decode_epoch_table(ByteView file, std::uint64_t generation, spool::RootKeys& roots) {
    if (file.size() < format_line.size() || as_text(file.first(format_line.size())) != format_line)
        return fail(Errc::bad_version, "epoch seeds", "not a file of version 1");
    SAFEQ_TRY(const crypto::Secret plain, roots.unwrap(generation, file.subspan(format_line.size())));
    ByteReader reader{plain.expose()};
    EpochTable table;
    SAFEQ_TRY(table.generation, reader.u64("generation"));
    SAFEQ_TRY(const std::uint32_t epochs, reader.u32("number of epochs"));
    if (epochs > max_epochs) return fail(Errc::too_many, "epoch seeds", fmt::format("{} epochs", epochs));
    for (std::uint32_t i = 0; i < epochs; ++i) {
        SAFEQ_TRY(EpochSeed entry, read_epoch(reader));
        const spool::EpochId id = entry.epoch.id;
        if (!table.epochs.empty() && id <= table.epochs.rbegin()->first)
            return fail(Errc::not_canonical, "epoch seeds", "not in ascending order");
        table.epochs.try_emplace(id, std::move(entry));
    }
    SAFEQ_TRY(const std::uint32_t destroyed, reader.u32("number of destroyed epochs"));
    if (destroyed > max_destroyed_epochs)
        return fail(Errc::too_many, "epoch seeds", fmt::format("{} destroyed", destroyed));
    for (std::uint32_t i = 0; i < destroyed; ++i) {
        SAFEQ_TRY(const spool::EpochId id, read_epoch_id(reader));
        SAFEQ_TRY(const TenantId tenant, read_id<TenantId>(reader));
        SAFEQ_TRY(const std::uint64_t time, reader.u64("time"));
        table.destroyed.push_back({id, tenant, time_of(time)});
    }
    SAFEQ_TRY_VOID(reader.finish("epoch seeds"));
    return table;
}

std::string encode_sequence(std::uint64_t bound) { return fmt::format("{}{}\n", sequence_line, bound); }

Result<std::uint64_t> decode_sequence(std::string_view file) {
    std::uint64_t bound = 0;
    if (file.starts_with(sequence_line))
        std::from_chars(file.data() + sequence_line.size(), file.data() + file.size(), bound);
    if (encode_sequence(bound) != file) return fail(Errc::malformed, "epoch list sequence", "not of version 1");
    return bound;
}

}  // namespace safeq::store
