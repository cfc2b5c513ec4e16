// SPDX-License-Identifier: Apache-2.0
#include "common/root_key.hpp"

#include <cstdlib>
#include <string>

#include <safeq/store/key_folder.hpp>
#include <safeq/store/root_key_files.hpp>

#ifdef SAFEQ_HAVE_CONNECT
#include <safeq/connect/pkcs11.hpp>
#endif

namespace safeq::daemon {
namespace {

Result<store::RootPassphrase> read_passphrase(const std::filesystem::path& path) {
    SAFEQ_TRY(const auto folder, store::KeyFolder::open(path.parent_path()));
    SAFEQ_TRY(crypto::Secret text, folder->read(path.filename().string()));
    ByteView bytes = text.expose();
    if (!bytes.empty() && bytes.back() == std::byte{'\n'}) bytes = bytes.first(bytes.size() - 1);
    return store::RootPassphrase{.secret = crypto::Secret::copy_of(bytes)};
}

Result<std::filesystem::path> credential(std::string_view name) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr || *folder != '/')
        return fail(Errc::config_invalid, "root-key", "systemd gave this program no credentials");
    return std::filesystem::path{folder} / name;
}

Result<std::unique_ptr<spool::RootKeys>> open_token([[maybe_unused]] std::string_view uri,
                                                    [[maybe_unused]] Random& random) {
#ifdef SAFEQ_HAVE_CONNECT
    SAFEQ_TRY(std::unique_ptr<spool::RootKeys> keys, connect::Pkcs11RootKeys::open(uri, random));
    return keys;
#else
    return fail(Errc::unsupported, "root-key", "this program was built without p11-kit");
#endif
}

}  // namespace

Result<std::unique_ptr<store::EpochFolder>> open_epochs(const std::filesystem::path& folder, std::string_view root_key,
                                                        Random& random) {
    constexpr std::string_view file_prefix = "passphrase-file:";
    constexpr std::string_view credential_prefix = "credential:";
    if (root_key == "files") return store::EpochFolder::open(folder, random);
    if (root_key.starts_with("pkcs11:")) {
        SAFEQ_TRY(auto token, open_token(root_key, random));
        return store::EpochFolder::open(folder, random, std::move(token));
    }
    std::filesystem::path path;
    if (root_key.starts_with(file_prefix)) {
        path = root_key.substr(file_prefix.size());
    } else if (root_key.starts_with(credential_prefix)) {
        SAFEQ_TRY(path, credential(root_key.substr(credential_prefix.size())));
    } else {
        return fail(Errc::config_invalid, "root-key", "unknown kind");
    }
    SAFEQ_TRY(store::RootPassphrase passphrase, read_passphrase(path));
    SAFEQ_TRY(auto files, store::RootKeyFiles::open(folder, random, std::move(passphrase)));
    return store::EpochFolder::open(folder, random, std::move(files));
}

}  // namespace safeq::daemon
