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

store::RootPassphrase passphrase_of(const crypto::Secret& text) {
    ByteView bytes = text.expose();
    if (!bytes.empty() && bytes.back() == std::byte{'\n'}) bytes = bytes.first(bytes.size() - 1);
    return {.secret = crypto::Secret::copy_of(bytes)};
}

Result<store::RootPassphrase> read_passphrase(const std::filesystem::path& path) {
    SAFEQ_TRY(const auto folder, store::KeyFolder::open(path.parent_path()));
    SAFEQ_TRY(const crypto::Secret text, folder->read(path.filename().string()));
    return passphrase_of(text);
}

Result<store::RootPassphrase> read_credential(std::string_view name) {
    const char* path = std::getenv("CREDENTIALS_DIRECTORY");
    if (path == nullptr || *path != '/')
        return fail(Errc::config_invalid, "root-key", "systemd gave this program no credentials");
    SAFEQ_TRY(const auto folder, store::KeyFolder::open(path));
    SAFEQ_TRY(const crypto::Secret text, folder->read_credential(name));
    return passphrase_of(text);
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
    auto passphrase = [&]() -> Result<store::RootPassphrase> {
        if (root_key.starts_with(file_prefix)) return read_passphrase(root_key.substr(file_prefix.size()));
        if (root_key.starts_with(credential_prefix)) return read_credential(root_key.substr(credential_prefix.size()));
        return fail(Errc::config_invalid, "root-key", "unknown kind");
    }();
    if (!passphrase) return std::unexpected(std::move(passphrase).error());
    SAFEQ_TRY(auto files, store::RootKeyFiles::open(folder, random, *std::move(passphrase)));
    return store::EpochFolder::open(folder, random, std::move(files));
}

}  // namespace safeq::daemon
