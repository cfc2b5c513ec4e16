// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/auth/pepper.hpp>
#include <safeq/store/key_folder.hpp>

namespace safeq::daemon {

/// The pepper in use, and every `pepper.previous*.key` beside it. *Errors*: those of the files; `too_many`.
[[nodiscard]] Result<auth::PepperRing> read_peppers(const store::KeyFolder& keys);

/// Puts a new pepper in the place of the one in use, which stays as a previous one: first under its new name, so that
/// it is never lost. A daemon that runs goes on with the old one until it is started anew. *Errors*: those of the
/// files; `too_many` when there is no room for one more.
[[nodiscard]] Result<auth::PepperRing> rotate_pepper(store::KeyFolder& keys, Random& random);

}  // namespace safeq::daemon
