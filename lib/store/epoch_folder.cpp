// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/epoch_folder.hpp>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "epoch_file.hpp"
#include "folder.hpp"

namespace safeq::store {
namespace {

// A generation is a root key and the seeds under it. The seeds file is written after its root key, and is what makes
// the generation count; those before it are then overwritten.
constexpr std::string_view root_prefix = "root.";
constexpr std::string_view seeds_prefix = "seeds.";
constexpr std::size_t max_file_bytes = 1024 * 1024;

std::string root_name(std::uint64_t generation) { return fmt::format("{}{}", root_prefix, generation); }
std::string seeds_name(std::uint64_t generation) { return fmt::format("{}{}", seeds_prefix, generation); }

std::optional<std::uint64_t> generation_of(std::string_view file, std::string_view prefix) {
    if (!file.starts_with(prefix)) return std::nullopt;
    file.remove_prefix(prefix.size());
    std::uint64_t generation = 0;
    const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), generation);
    if (error != std::errc{} || end != file.data() + file.size() || generation == 0) return std::nullopt;
    return generation;
}

}  // namespace

struct EpochFolder::Impl {
    Folder folder;
    File lock;
    Random& random;
    mutable std::mutex mutex;
    crypto::WrapKey root;
    EpochTable table;
    std::set<std::string> stale;  // files of earlier generations, still to be overwritten
    bool in_doubt = false;        // whether the files on disk are those of `table`

    Impl(Folder folder_in, File lock_in, Random& random_in) noexcept
        : folder{std::move(folder_in)}, lock{std::move(lock_in)}, random{random_in} {}

    Result<void> begin_first() {
        // A root key without seeds protects nothing: an earlier start came no further.
        root = crypto::WrapKey::random(random);
        table.generation = 1;
        SAFEQ_TRY_VOID(folder.replace(root_name(1), root.expose()));
        return folder.replace(seeds_name(1), encode(table, root));
    }

    Result<void> read_generation(std::uint64_t generation) {
        SAFEQ_TRY(const crypto::Secret key, folder.read_secret(root_name(generation), crypto::WrapKey::size));
        SAFEQ_TRY(root, crypto::WrapKey::from(key.expose()));
        SAFEQ_TRY(const crypto::Secret file, folder.read_secret(seeds_name(generation), max_file_bytes));
        SAFEQ_TRY(table, decode_epoch_table(file.expose(), root));
        if (table.generation != generation)
            return fail(Errc::rollback, (folder.path() / seeds_name(generation)).string(),
                        "seeds of another generation");
        return {};
    }

    Result<void> start() {
        SAFEQ_TRY(const std::vector<std::string> files, folder.files());
        std::set<std::uint64_t> roots;
        std::set<std::uint64_t> seeds;
        for (const std::string& file : files) {
            if (file.ends_with(unfinished_suffix)) stale.insert(file);
            if (const auto generation = generation_of(file, root_prefix)) roots.insert(*generation);
            if (const auto generation = generation_of(file, seeds_prefix)) seeds.insert(*generation);
        }
        if (seeds.empty()) {
            if (!roots.empty() && *roots.rbegin() != 1)
                return fail(Errc::malformed, folder.path().string(), "there is a root key, but the seeds are missing");
            SAFEQ_TRY_VOID(begin_first());
        } else {
            const std::uint64_t newest = *seeds.rbegin();
            if (!roots.contains(newest))
                return fail(Errc::key_unknown, (folder.path() / root_name(newest)).string(), "the root key is missing");
            SAFEQ_TRY_VOID(read_generation(newest));
            for (const std::uint64_t generation : roots)
                if (generation != newest) stale.insert(root_name(generation));
            for (const std::uint64_t generation : seeds)
                if (generation != newest) stale.insert(seeds_name(generation));
        }
        return erase_stale();
    }

    Result<void> erase_stale() {
        // "root.…" sorts before "seeds.…": without its root key what is left of a generation is noise.
        while (!stale.empty()) {
            SAFEQ_TRY_VOID(folder.overwrite_and_unlink(*stale.begin()));
            stale.erase(stale.begin());
        }
        return {};
    }

    bool is_destroyed(TenantId tenant, const spool::EpochId& id) const {
        return std::ranges::any_of(
            table.destroyed, [&](const DestroyedEpoch& epoch) { return epoch.id == id && epoch.tenant == tenant; });
    }

    Result<void> usable() const {
        if (in_doubt)
            return fail(Errc::io_failed, folder.path().string(), "an earlier write failed; open the folder anew");
        return {};
    }
};

EpochFolder::EpochFolder(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
EpochFolder::~EpochFolder() = default;

Result<std::unique_ptr<EpochFolder>> EpochFolder::open(const std::filesystem::path& path, Random& random,
                                                       FileOps& ops) {
    SAFEQ_TRY(Folder folder, Folder::open(path, ops));
    SAFEQ_TRY(File lock, folder.lock());
    auto impl = std::make_unique<Impl>(std::move(folder), std::move(lock), random);
    SAFEQ_TRY_VOID(impl->start());
    return std::unique_ptr<EpochFolder>{new EpochFolder{std::move(impl)}};
}

Result<Epoch> EpochFolder::create(TenantId tenant, Time not_before, Time not_after, bool kept) {
    if (tenant.nil()) return fail(Errc::invalid_argument, "epoch", "a nil tenant");
    if (not_before < Time{} || not_after <= not_before)
        return fail(Errc::invalid_argument, "epoch", "its time runs backwards");
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY_VOID(impl_->usable());
    if (impl_->table.epochs.size() >= max_epochs)
        return fail(Errc::too_many, "epoch", fmt::format("at most {}", max_epochs));
    auto seed = crypto::XwingSeed::random(impl_->random);
    const auto key = crypto::XwingPrivateKey::from_seed(seed.clone());
    const Epoch epoch{.id = spool::EpochId::of(key.public_key()),
                      .key = key.public_key(),
                      .tenant = tenant,
                      .not_before = not_before,
                      .not_after = not_after,
                      .kept = kept};
    impl_->table.epochs.try_emplace(epoch.id, EpochSeed{epoch, std::move(seed)});
    const Bytes file = encode(impl_->table, impl_->root);
    if (auto written = impl_->folder.replace(seeds_name(impl_->table.generation), file); !written) {
        // If it did reach the disk it is an epoch that nobody was told of.
        impl_->table.epochs.erase(epoch.id);
        return std::unexpected(std::move(written).error());
    }
    return epoch;
}

std::vector<Epoch> EpochFolder::list(TenantId tenant) const {
    const std::scoped_lock lock{impl_->mutex};
    std::vector<Epoch> epochs;
    for (const auto& [id, entry] : impl_->table.epochs)
        if (entry.epoch.tenant == tenant) epochs.push_back(entry.epoch);
    std::ranges::sort(epochs, {}, [](const Epoch& epoch) { return std::pair{epoch.not_before, epoch.id}; });
    return epochs;
}

std::vector<DestroyedEpoch> EpochFolder::destroyed(TenantId tenant) const {
    const std::scoped_lock lock{impl_->mutex};
    std::vector<DestroyedEpoch> destroyed;
    std::ranges::copy_if(impl_->table.destroyed, std::back_inserter(destroyed),
                         [&](const DestroyedEpoch& epoch) { return epoch.tenant == tenant; });
    return destroyed;
}

Result<void> EpochFolder::load(TenantId tenant, spool::EpochRing& ring) const {
    const std::scoped_lock lock{impl_->mutex};
    for (const auto& [id, entry] : impl_->table.epochs) {
        if (entry.epoch.tenant != tenant) continue;
        SAFEQ_TRY([[maybe_unused]] const auto added, ring.add(crypto::XwingPrivateKey::from_seed(entry.seed.clone())));
    }
    for (const DestroyedEpoch& epoch : impl_->table.destroyed)
        if (epoch.tenant == tenant) ring.destroy(epoch.id);
    return {};
}

Result<void> EpochFolder::change(TenantId tenant, const spool::EpochId& id, const std::function<void(Epoch&)>& how) {
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY_VOID(impl_->usable());
    const auto found = impl_->table.epochs.find(id);
    if (found == impl_->table.epochs.end() || found->second.epoch.tenant != tenant) {
        if (impl_->is_destroyed(tenant, id)) return {};
        return fail(Errc::epoch_unknown, "epoch", id.text());
    }
    Epoch& epoch = found->second.epoch;
    const Epoch before = epoch;
    how(epoch);
    if (epoch == before) return {};
    auto written = impl_->folder.replace(seeds_name(impl_->table.generation), encode(impl_->table, impl_->root));
    // If it did reach the disk, it goes on after a restart: it was asked for.
    if (!written) epoch = before;
    return written;
}

Result<void> EpochFolder::retire(TenantId tenant, const spool::EpochId& id, Time now) {
    return change(tenant, id, [now](Epoch& epoch) {
        epoch.not_after = std::min(epoch.not_after, std::max(now, epoch.not_before + std::chrono::milliseconds{1}));
    });
}

Result<void> EpochFolder::condemn(TenantId tenant, const spool::EpochId& id) {
    return change(tenant, id, [](Epoch& epoch) { epoch.ending = true; });
}

Result<void> EpochFolder::destroy(TenantId tenant, const spool::EpochId& id, Time now) {
    const std::scoped_lock lock{impl_->mutex};
    SAFEQ_TRY_VOID(impl_->usable());
    EpochTable& table = impl_->table;
    const auto victim = table.epochs.find(id);
    if (victim == table.epochs.end() || victim->second.epoch.tenant != tenant) {
        if (!impl_->is_destroyed(tenant, id)) return fail(Errc::epoch_unknown, "epoch", id.text());
        return impl_->erase_stale();
    }

    EpochTable survivors;
    survivors.generation = table.generation + 1;
    for (const auto& [other, entry] : table.epochs)
        if (other != id) survivors.epochs.try_emplace(other, EpochSeed{entry.epoch, entry.seed.clone()});
    survivors.destroyed = table.destroyed;
    if (survivors.destroyed.size() >= max_destroyed_epochs) survivors.destroyed.erase(survivors.destroyed.begin());
    survivors.destroyed.push_back({id, tenant, now});
    crypto::WrapKey root = crypto::WrapKey::random(impl_->random);

    const std::string new_root = root_name(survivors.generation);
    const std::string new_seeds = seeds_name(survivors.generation);
    auto written = impl_->folder.replace(new_root, root.expose());
    if (written) {
        written = impl_->folder.replace(new_seeds, encode(survivors, root));
        // Under its name, but perhaps not durably: after a power cut either generation may be there.
        impl_->in_doubt = !written && impl_->folder.exists(new_seeds);
    }
    if (!written) {
        if (!impl_->in_doubt) [[maybe_unused]]
            const auto cleaned = impl_->folder.overwrite_and_unlink(new_root);
        return written;
    }
    impl_->stale.insert(root_name(table.generation));
    impl_->stale.insert(seeds_name(table.generation));
    table = std::move(survivors);
    impl_->root = std::move(root);
    return impl_->erase_stale();
}

}  // namespace safeq::store
