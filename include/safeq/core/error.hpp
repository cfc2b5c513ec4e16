// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace safeq {

/// What went wrong, as a stable code; the table is docs/errors.md.
enum class Errc : std::uint16_t {
#define SAFEQ_ERROR_CODE(name, meaning) name,
#include <safeq/core/error_codes.inc>
#undef SAFEQ_ERROR_CODE
};

/// The code's name as written in docs/errors.md, for example "authentication_failed".
[[nodiscard]] std::string_view name(Errc code) noexcept;

/// One sentence about what the code means.
[[nodiscard]] std::string_view meaning(Errc code) noexcept;

/// Every code, in the order of the table.
[[nodiscard]] std::span<const Errc> all_error_codes() noexcept;

/// A failure as a value: a code to act on, where it happened, and a detail for the log.
/// *Secrets*: never holds one. Peers are told `denied` at most; this is for logs and callers.
struct Error {
    Errc code;
    std::string where;   ///< the thing: a field, file, attribute, option
    std::string detail;  ///< what was found and what was expected

    /// "where: meaning (detail) [code]", for people.
    [[nodiscard]] std::string message() const;
};

/// A value or the reason why there is none.
template <class T>
using Result = std::expected<T, Error>;

/// A failure to return: `return fail(Errc::truncated, "spool header", "12 bytes missing");`
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string where, std::string detail = {}) {
    return std::unexpected<Error>{Error{code, std::move(where), std::move(detail)}};
}

}  // namespace safeq

#define SAFEQ_DETAIL_CONCAT2(a, b) a##b
#define SAFEQ_DETAIL_CONCAT(a, b) SAFEQ_DETAIL_CONCAT2(a, b)
#define SAFEQ_DETAIL_TRY(tmp, ret, declaration, ...)           \
    auto tmp = (__VA_ARGS__);                                  \
    if (!tmp) ret ::std::unexpected(::std::move(tmp).error()); \
    declaration = *::std::move(tmp)

/// `SAFEQ_TRY(auto x, f());` declares x from f's value, or returns f's error from the enclosing function.
#define SAFEQ_TRY(declaration, ...) \
    SAFEQ_DETAIL_TRY(SAFEQ_DETAIL_CONCAT(safeq_try_, __COUNTER__), return, declaration, __VA_ARGS__)

/// The same inside a coroutine.
#define SAFEQ_CO_TRY(declaration, ...) \
    SAFEQ_DETAIL_TRY(SAFEQ_DETAIL_CONCAT(safeq_try_, __COUNTER__), co_return, declaration, __VA_ARGS__)

/// `SAFEQ_TRY_VOID(f());` returns f's error, if any.
#define SAFEQ_TRY_VOID(...)                                                \
    do {                                                                   \
        if (auto safeq_try_void = (__VA_ARGS__); !safeq_try_void)          \
            return ::std::unexpected(::std::move(safeq_try_void).error()); \
    } while (false)

/// The same inside a coroutine.
#define SAFEQ_CO_TRY_VOID(...)                                                \
    do {                                                                      \
        if (auto safeq_try_void = (__VA_ARGS__); !safeq_try_void)             \
            co_return ::std::unexpected(::std::move(safeq_try_void).error()); \
    } while (false)
