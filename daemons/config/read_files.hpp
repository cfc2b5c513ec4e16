// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <safeq/crypto/hash.hpp>

namespace safeq::daemon {

/// The files that are in effect as the options are which name them: policies, authorities, revocation lists, public
/// keys. By what was read, not by what lies there later; none that holds a secret is ever among them.
class ReadFiles final {
public:
    void add(std::string path, std::string_view text);

    /// Lines to go after `to_config`: `file="PATH" sha256=HEX`, by path.
    [[nodiscard]] std::string lines() const;

private:
    std::map<std::string, crypto::Sha256Digest> files_;
};

}  // namespace safeq::daemon
