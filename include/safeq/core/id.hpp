// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>
#include <safeq/core/error.hpp>
#include <safeq/core/random.hpp>

namespace safeq {

/// The bytes of an id: a UUID version 7, so that ids sort by the time at which they were made. *Source*: RFC 9562, 5.7.
using IdBytes = std::array<std::byte, 16>;

/// A new id: the milliseconds of the clock, then 74 random bits.
[[nodiscard]] IdBytes make_id_bytes(const Clock& clock, Random& random);
/// The 36 characters of a UUID in lower case.
[[nodiscard]] std::string format_id(const IdBytes& id);
/// Accepts exactly what `format_id` writes. *Errors*: `malformed`; `not_canonical` for upper case.
[[nodiscard]] Result<IdBytes> parse_id(std::string_view text);

/// A typed id; ids of different things don't mix. Printed as a lower-case UUID.
template <class Tag>
class Id {
public:
    /// The nil id, which names nothing.
    constexpr Id() noexcept : bytes_{} {}
    constexpr explicit Id(const IdBytes& bytes) noexcept : bytes_{bytes} {}

    /// A new id; it sorts behind those of earlier milliseconds.
    [[nodiscard]] static Id make(const Clock& clock, Random& random) { return Id{make_id_bytes(clock, random)}; }

    /// Accepts exactly the 36 characters that `text()` writes. *Errors*: as `parse_id`.
    [[nodiscard]] static Result<Id> parse(std::string_view text) {
        SAFEQ_TRY(const IdBytes bytes, parse_id(text));
        return Id{bytes};
    }

    /// *Errors*: `malformed` when `bytes` is not 16 bytes long.
    [[nodiscard]] static Result<Id> from(ByteView bytes) {
        if (bytes.size() != sizeof(IdBytes)) return fail(Errc::malformed, "id", "not 16 bytes");
        IdBytes copy;
        std::memcpy(copy.data(), bytes.data(), copy.size());
        return Id{copy};
    }

    [[nodiscard]] std::string text() const { return format_id(bytes_); }
    [[nodiscard]] constexpr std::span<const std::byte, 16> bytes() const noexcept { return bytes_; }
    [[nodiscard]] constexpr bool nil() const noexcept { return bytes_ == IdBytes{}; }

    friend constexpr bool operator==(const Id&, const Id&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const Id&, const Id&) noexcept = default;

private:
    IdBytes bytes_;
};

using TenantId = Id<struct TenantTag>;      ///< an organisation; its data is apart from every other's
using SubjectId = Id<struct SubjectTag>;    ///< a person, or a guest; random, says nothing about who it is
using DeviceId = Id<struct DeviceTag>;      ///< a multi-function device
using JobId = Id<struct JobTag>;            ///< a print job, from its intake on
using InstanceId = Id<struct InstanceTag>;  ///< one running daemon's identity
using SessionId = Id<struct SessionTag>;    ///< one sign-in
using RecordId = Id<struct RecordTag>;      ///< one audit record; makes appending it idempotent

}  // namespace safeq

/// Lets ids be keys of unordered containers.
template <class Tag>
struct std::hash<safeq::Id<Tag>> {
    std::size_t operator()(const safeq::Id<Tag>& id) const noexcept {
        return std::hash<std::string_view>{}(safeq::as_text(id.bytes()));
    }
};
