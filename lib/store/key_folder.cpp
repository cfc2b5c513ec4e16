// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/key_folder.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "folder.hpp"

namespace safeq::store {

struct KeyFolder::Impl {
    Folder folder;
    mutable std::mutex mutex;

    explicit Impl(Folder folder_in) noexcept : folder{std::move(folder_in)} {}
};

namespace {

bool is_name(std::string_view name) noexcept {
    constexpr std::size_t max_name_bytes = 100;
    return !name.empty() && name.size() <= max_name_bytes && name.front() != '.' &&
           std::ranges::all_of(name,
                               [](char c) {
                                   return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                                          c == '-';
                               }) &&
           !name.ends_with(unfinished_suffix);
}

Result<std::string> checked(std::string_view name) {
    if (!is_name(name)) return fail(Errc::invalid_argument, "key file name", "1 to 100 of a-z 0-9 . _ -");
    return std::string{name};
}

Result<void> check_size(ByteView secret, const std::string& name) {
    if (secret.size() > max_key_file_bytes)
        return fail(Errc::too_large, name, fmt::format("{} bytes, at most {}", secret.size(), max_key_file_bytes));
    return {};
}

}  // namespace

KeyFolder::KeyFolder(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
KeyFolder::~KeyFolder() = default;

Result<std::unique_ptr<KeyFolder>> KeyFolder::open(const std::filesystem::path& path, FileOps& ops) {
    SAFEQ_TRY(Folder folder, Folder::open(path, ops));
    return std::unique_ptr<KeyFolder>{new KeyFolder{std::make_unique<Impl>(std::move(folder))}};
}

Result<crypto::Secret> KeyFolder::read(std::string_view name) const {
    SAFEQ_TRY(const std::string file, checked(name));
    const std::scoped_lock lock{impl_->mutex};
    return impl_->folder.read_secret(file, max_key_file_bytes);
}

Result<crypto::Secret> KeyFolder::read_credential(std::string_view name) const {
    SAFEQ_TRY(const std::string file, checked(name));
    const std::scoped_lock lock{impl_->mutex};
    return impl_->folder.read_secret(file, max_key_file_bytes, SecretRights::systemd_credential);
}

Result<void> KeyFolder::write(std::string_view name, ByteView secret) {
    SAFEQ_TRY(const std::string file, checked(name));
    SAFEQ_TRY_VOID(check_size(secret, file));
    const std::scoped_lock lock{impl_->mutex};
    return impl_->folder.replace(file, secret);
}

Result<void> KeyFolder::write_new(std::string_view name, ByteView secret) {
    SAFEQ_TRY(const std::string file, checked(name));
    SAFEQ_TRY_VOID(check_size(secret, file));
    const std::scoped_lock lock{impl_->mutex};
    if (impl_->folder.exists(file)) return fail(Errc::already_exists, (impl_->folder.path() / file).string());
    return impl_->folder.replace(file, secret);
}

Result<void> KeyFolder::destroy(std::string_view name) {
    SAFEQ_TRY(const std::string file, checked(name));
    const std::scoped_lock lock{impl_->mutex};
    return impl_->folder.overwrite_and_unlink(file);
}

Result<std::vector<std::string>> KeyFolder::list() const {
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY(auto names, impl_->folder.files());
    std::erase_if(names, [](const std::string& name) { return !is_name(name); });
    return names;
}

const std::filesystem::path& KeyFolder::path() const noexcept { return impl_->folder.path(); }

}  // namespace safeq::store
