// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <safeq/core/bytes.hpp>
#include <safeq/core/clock.hpp>

namespace safeq {

using Json = nlohmann::ordered_json;

/// Reads a JSON object from outside, member by member, each with its bounds; an error names the member.
class JsonReader {
public:
    /// *Errors*: `too_large`, `malformed` (also for duplicate names and for nesting deeper than 8).
    [[nodiscard]] static Result<JsonReader> parse(std::string_view text, std::size_t max_bytes, std::string what);

    [[nodiscard]] bool has(const char* name) const { return object_.contains(name) && !object_[name].is_null(); }
    /// There, and null: in a merge patch (RFC 7396) it is to be taken away.
    [[nodiscard]] bool is_null(const char* name) const { return object_.contains(name) && object_[name].is_null(); }
    [[nodiscard]] Result<std::string> text(const char* name, std::size_t max_bytes) const;
    [[nodiscard]] Result<std::int64_t> integer(const char* name, std::int64_t least, std::int64_t most) const;
    [[nodiscard]] Result<bool> boolean(const char* name) const;
    [[nodiscard]] Result<Time> time(const char* name) const;
    [[nodiscard]] Result<Bytes> bytes(const char* name, std::size_t max_bytes) const;
    [[nodiscard]] Result<std::vector<JsonReader>> objects(const char* name, std::size_t max_count) const;
    [[nodiscard]] Result<std::vector<std::string>> texts(const char* name, std::size_t max_count,
                                                         std::size_t max_bytes) const;

    template <class IdType>
    [[nodiscard]] Result<IdType> id(const char* name) const {
        SAFEQ_TRY(const std::string value, text(name, 36));
        return IdType::parse(value);
    }

private:
    JsonReader(Json object, std::string what) : object_(std::move(object)), what_{std::move(what)} {}
    [[nodiscard]] std::unexpected<Error> wrong(const char* name, const char* expected) const;

    Json object_;
    std::string what_;
};

}  // namespace safeq
