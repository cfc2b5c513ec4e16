// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/root_key_files.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <safeq/crypto/aead.hpp>

#include "folder.hpp"
#include "generation.hpp"

namespace safeq::store {
namespace {

constexpr std::string_view format_line = "safeq/root/v1\n";
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t wrapped_root_bytes = crypto::WrapKey::size + 8;
constexpr std::size_t protected_bytes = format_line.size() + 12 + salt_bytes + wrapped_root_bytes;
constexpr std::size_t least_passphrase_bytes = 12;
// What a file may ask for before anything of it is authenticated.
constexpr crypto::Argon2Cost highest_cost{.memory_kib = 1024 * 1024, .passes = 16, .lanes = 16};

}  // namespace

struct RootKeyFiles::Impl {
    Folder folder;
    Random& random;
    std::optional<RootPassphrase> passphrase;

    [[nodiscard]] Result<crypto::WrapKey> protector(ByteView salt, const crypto::Argon2Cost& cost) const {
        auto key = crypto::Secret::zeroed(crypto::WrapKey::size);
        SAFEQ_TRY_VOID(crypto::argon2id(key.fill(), passphrase->secret.expose(), crypto::Salt{salt}, cost));
        return crypto::WrapKey::from(key.expose());
    }

    [[nodiscard]] Result<crypto::WrapKey> read(std::uint64_t generation) const {
        const std::string name = generation_name(root_prefix, generation);
        const std::string where = (folder.path() / name).string();
        auto file = folder.read_secret(name, protected_bytes);
        if (!file && file.error().code == Errc::not_found)
            return fail(Errc::key_unknown, where, "the root key is missing");
        if (!file) return std::unexpected(std::move(file).error());
        const ByteView bytes = file->expose();
        const bool is_protected =
            bytes.size() == protected_bytes && as_text(bytes.first(format_line.size())) == format_line;
        if (is_protected != passphrase.has_value())
            return fail(Errc::malformed, where,
                        passphrase ? "not a root key under a passphrase" : "not a plain root key");
        if (!is_protected) return crypto::WrapKey::from(bytes);
        ByteReader reader{bytes.subspan(format_line.size())};
        crypto::Argon2Cost cost{};
        SAFEQ_TRY(cost.memory_kib, reader.u32("memory"));
        SAFEQ_TRY(cost.passes, reader.u32("passes"));
        SAFEQ_TRY(cost.lanes, reader.u32("lanes"));
        if (cost.memory_kib > highest_cost.memory_kib || cost.passes > highest_cost.passes ||
            cost.lanes > highest_cost.lanes)
            return fail(Errc::too_large, where, "its cost is past all bounds");
        SAFEQ_TRY(const ByteView salt, reader.take(salt_bytes, "salt"));
        SAFEQ_TRY(const ByteView wrapped, reader.take(wrapped_root_bytes, "root key"));
        SAFEQ_TRY_VOID(reader.finish("root key"));
        SAFEQ_TRY(const crypto::WrapKey key, protector(salt, cost));
        SAFEQ_TRY(const crypto::Secret root, crypto::unwrap_key(key, wrapped));
        return crypto::WrapKey::from(root.expose());
    }
};

RootKeyFiles::RootKeyFiles(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
RootKeyFiles::~RootKeyFiles() = default;

Result<std::unique_ptr<RootKeyFiles>> RootKeyFiles::open(const std::filesystem::path& path, Random& random,
                                                         std::optional<RootPassphrase> passphrase, FileOps& ops) {
    if (passphrase && passphrase->secret.expose().size() < least_passphrase_bytes)
        return fail(Errc::weak_parameters, "root passphrase", fmt::format("at least {} bytes", least_passphrase_bytes));
    SAFEQ_TRY(Folder folder, Folder::open(path, ops));
    return std::unique_ptr<RootKeyFiles>{
        new RootKeyFiles{std::make_unique<Impl>(std::move(folder), random, std::move(passphrase))}};
}

Result<std::set<std::uint64_t>> RootKeyFiles::generations() {
    SAFEQ_TRY(const std::vector<std::string> files, impl_->folder.files());
    std::set<std::uint64_t> out;
    for (const std::string& file : files)
        if (const auto generation = generation_of(file, root_prefix)) out.insert(*generation);
    return out;
}

Result<void> RootKeyFiles::create(std::uint64_t generation) {
    const auto root = crypto::WrapKey::random(impl_->random);
    const std::string name = generation_name(root_prefix, generation);
    if (!impl_->passphrase) return impl_->folder.replace(name, root.expose());
    const crypto::Argon2Cost& cost = impl_->passphrase->cost;
    std::array<std::byte, salt_bytes> salt;
    impl_->random.fill(salt);
    SAFEQ_TRY(const crypto::WrapKey key, impl_->protector(salt, cost));
    const Bytes file = ByteWriter{}
                           .text(format_line)
                           .u32(cost.memory_kib)
                           .u32(cost.passes)
                           .u32(cost.lanes)
                           .bytes(salt)
                           .bytes(crypto::wrap_key(key, root.expose()))
                           .take();
    return impl_->folder.replace(name, file);
}

Result<Bytes> RootKeyFiles::wrap(std::uint64_t generation, ByteView secret) {
    SAFEQ_TRY(const crypto::WrapKey root, impl_->read(generation));
    return crypto::wrap_key(root, secret);
}

Result<crypto::Secret> RootKeyFiles::unwrap(std::uint64_t generation, ByteView wrapped) {
    SAFEQ_TRY(const crypto::WrapKey root, impl_->read(generation));
    return crypto::unwrap_key(root, wrapped);
}

Result<void> RootKeyFiles::destroy(std::uint64_t generation) {
    return impl_->folder.overwrite_and_unlink(generation_name(root_prefix, generation));
}

}  // namespace safeq::store
