// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <safeq/core/error.hpp>

namespace safeq::crypto {

/// Runs `call`, which returns a `Result`; what the backend throws becomes an error: `out_of_memory` for want of
/// memory, else `otherwise`.
template <class Call>
[[nodiscard]] std::invoke_result_t<Call> at_seam(const char* where, Errc otherwise, Call&& call) {
    try {
        return call();
    } catch (const std::bad_alloc&) {
        return fail(Errc::out_of_memory, where);
    } catch (const std::exception& thrown) {
        return fail(otherwise, where, thrown.what());
    }
}

/// Runs `call`, which can't fail but for want of memory; so anything else that the backend throws is a bug, here or
/// there, and leaves as `std::logic_error`.
template <class Call>
std::invoke_result_t<Call> never_fails(const char* where, Call&& call) {
    try {
        return call();
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& thrown) {
        throw std::logic_error{std::string{where} + ": " + thrown.what()};
    }
}

/// Holds a caller to a *Requires*: writing past a buffer is worse than an exception that nobody expects.
inline void require(bool held, const char* what) {
    if (!held) throw std::invalid_argument{what};
}

}  // namespace safeq::crypto
