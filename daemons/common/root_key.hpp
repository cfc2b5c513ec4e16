// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include <safeq/core/random.hpp>
#include <safeq/store/epoch_folder.hpp>

namespace safeq::daemon {

/// The release server's epoch seeds in `folder`, under the root keys that the option `root-key` names. A passphrase is
/// what the file holds, or the systemd credential of that name (`$CREDENTIALS_DIRECTORY`), without a newline at its
/// end. *Errors*: those of `EpochFolder::open`, `RootKeyFiles::open` and `Pkcs11RootKeys::open`; `config_invalid` when
/// there is no credential of that name; `unsupported` for a PKCS#11 URI where the program was built without p11-kit.
[[nodiscard]] Result<std::unique_ptr<store::EpochFolder>> open_epochs(const std::filesystem::path& folder,
                                                                      std::string_view root_key, Random& random);

}  // namespace safeq::daemon
