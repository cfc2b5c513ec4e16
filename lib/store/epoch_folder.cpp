// SPDX-License-Identifier: Apache-2.0
#include <safeq/store/epoch_folder.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <mutex>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <safeq/core/fail_point.hpp>
#include <safeq/store/root_key_files.hpp>

#include "epoch_file.hpp"
#include "folder.hpp"
#include "generation.hpp"

namespace safeq::store {
namespace {

// A generation is a root key and the seeds under it. The seeds file is written after its root key, and is what makes
// the generation count; those before it are then overwritten.
constexpr std::string_view seeds_prefix = "seeds.";
constexpr std::size_t max_file_bytes = 1024 * 1024;

// There from before the first root key is made until its seeds are written. Root keys may be kept elsewhere, where
// another installation's are kept too, or ours while the folder's disk isn't there: without seeds and without it they
// are not ours to replace.
constexpr std::string_view first_file = "first";
constexpr std::string_view first_text = "safeq/first/v1\n";

constexpr std::string_view sequence_file = "sequence";
// So many numbers are taken at once: a minute's, where they follow the clock, so that few lists wait for the disk.
constexpr std::uint64_t sequence_block = 60'000;

std::string seeds_name(std::uint64_t generation) { return generation_name(seeds_prefix, generation); }

// What is to be done unless all went well, also where memory runs out on the way.
template <std::invocable Act>
class Otherwise {
public:
    explicit Otherwise(Act act) : act_{std::move(act)} {}
    ~Otherwise() {
        if (!well_) act_();
    }
    Otherwise(const Otherwise&) = delete;
    Otherwise& operator=(const Otherwise&) = delete;

    Result<void> unless(Result<void> done) {
        well_ = done.has_value();
        return done;
    }

private:
    Act act_;
    bool well_ = false;
};

}  // namespace

struct EpochFolder::Impl {
    Folder folder;
    File lock;
    Random& random;
    mutable std::mutex mutex;
    std::unique_ptr<spool::RootKeys> roots_owned;
    spool::RootKeys& roots;
    EpochTable table;
    // Of earlier generations, still to be destroyed.
    std::set<std::uint64_t> stale_roots;
    std::set<std::string> stale_files;
    bool in_doubt = false;  // whether the files on disk are those of `table`
    std::uint64_t sequence = 0;
    std::uint64_t sequence_bound = 0;  // durable: no number up to it is given out after a restart

    Impl(Folder folder_in, File lock_in, Random& random_in, std::unique_ptr<spool::RootKeys> own,
         spool::RootKeys& roots_in) noexcept
        : folder{std::move(folder_in)},
          lock{std::move(lock_in)},
          random{random_in},
          roots_owned{std::move(own)},
          roots{roots_in} {}

    Result<void> write(const EpochTable& what) {
        SAFEQ_TRY(const Bytes file, encode(what, roots));
        return folder.replace(seeds_name(what.generation), file);
    }

    Result<void> begin_first(bool begun_before, const std::set<std::uint64_t>& generations) {
        // One of a start that came no further protects nothing.
        const bool ours = begun_before && generations == std::set<std::uint64_t>{1};
        if (!generations.empty() && !ours)
            return fail(Errc::malformed, folder.path().string(),
                        "there is a root key, but its seeds are missing: another installation's, or their folder "
                        "isn't mounted");
        if (!begun_before) SAFEQ_TRY_VOID(folder.replace(std::string{first_file}, as_bytes(first_text)));
        SAFEQ_FAIL_POINT("epochs.first_marked");
        table.generation = 1;
        SAFEQ_TRY_VOID(roots.create(1));
        SAFEQ_FAIL_POINT("epochs.first_root");
        SAFEQ_TRY_VOID(write(table));
        stale_files.emplace(first_file);
        return {};
    }

    Result<void> read_generation(std::uint64_t generation) {
        SAFEQ_TRY(const crypto::Secret file, folder.read_secret(seeds_name(generation), max_file_bytes));
        SAFEQ_TRY(table, decode_epoch_table(file.expose(), generation, roots));
        if (table.generation != generation)
            return fail(Errc::rollback, (folder.path() / seeds_name(generation)).string(),
                        "seeds of another generation");
        return {};
    }

    Result<void> start() {
        SAFEQ_TRY(const std::vector<std::string> files, folder.files());
        SAFEQ_TRY(const std::set<std::uint64_t> generations, roots.generations());
        std::set<std::uint64_t> seeds;
        bool begun_before = false;
        for (const std::string& file : files) {
            if (file == first_file) begun_before = true;
            if (file.ends_with(unfinished_suffix)) stale_files.insert(file);
            if (const auto generation = generation_of(file, seeds_prefix)) seeds.insert(*generation);
        }
        if (seeds.empty()) {
            SAFEQ_TRY_VOID(begin_first(begun_before, generations));
        } else {
            const std::uint64_t newest = *seeds.rbegin();
            if (!generations.contains(newest))
                return fail(Errc::key_unknown, (folder.path() / seeds_name(newest)).string(),
                            "the root key is missing");
            SAFEQ_TRY_VOID(read_generation(newest));
            for (const std::uint64_t generation : generations)
                if (generation != newest) stale_roots.insert(generation);
            for (const std::uint64_t generation : seeds)
                if (generation != newest) stale_files.insert(seeds_name(generation));
            if (begun_before) stale_files.emplace(first_file);
        }
        return read_sequence();
    }

    Result<void> read_sequence() {
        const std::string name{sequence_file};
        if (!folder.exists(name)) return {};
        SAFEQ_TRY(const crypto::Secret file, folder.read_secret(name, 64));
        SAFEQ_TRY(sequence_bound, decode_sequence(as_text(file.expose())));
        sequence = sequence_bound;
        return {};
    }

    Result<void> erase_stale() {
        // Root keys first: without its root key what is left of a generation is noise.
        while (!stale_roots.empty()) {
            SAFEQ_TRY_VOID(roots.destroy(*stale_roots.begin()));
            stale_roots.erase(stale_roots.begin());
            SAFEQ_FAIL_POINT("epochs.root_erased");
        }
        while (!stale_files.empty()) {
            SAFEQ_TRY_VOID(folder.overwrite_and_unlink(*stale_files.begin()));
            stale_files.erase(stale_files.begin());
            SAFEQ_FAIL_POINT("epochs.seeds_erased");
        }
        return {};
    }

    bool is_destroyed(TenantId tenant, const spool::EpochId& id) const noexcept {
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
    return open(path, random, nullptr, ops);
}

Result<std::unique_ptr<EpochFolder>> EpochFolder::open(const std::filesystem::path& path, Random& random,
                                                       std::unique_ptr<spool::RootKeys> roots, FileOps& ops) {
    SAFEQ_TRY(Folder folder, Folder::open(path, ops));
    SAFEQ_TRY(File lock, folder.lock());
    if (roots == nullptr) {
        SAFEQ_TRY(roots, RootKeyFiles::open(path, random, {}, ops));
    }
    spool::RootKeys& port = *roots;
    auto impl = std::make_unique<Impl>(std::move(folder), std::move(lock), random, std::move(roots), port);
    SAFEQ_TRY_VOID(impl->start());
    // What can't be erased is left for `complete`, which tells why: nobody's jobs wait for it.
    [[maybe_unused]] const auto erased = impl->erase_stale();
    return std::unique_ptr<EpochFolder>{new EpochFolder{std::move(impl)}};
}

bool EpochFolder::hardware() const noexcept { return impl_->roots.hardware(); }

Result<Epoch> EpochFolder::create(TenantId tenant, Time not_before, Time not_after, bool kept,
                                  const std::function<Result<void>(const spool::EpochId&)>& record) {
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
    if (record) SAFEQ_TRY_VOID(record(epoch.id));
    const auto added = impl_->table.epochs.try_emplace(epoch.id, EpochSeed{epoch, std::move(seed)}).first;
    // If it did reach the disk it is an epoch that nobody was told of.
    Otherwise take_out{[&] { impl_->table.epochs.erase(added); }};
    SAFEQ_TRY_VOID(take_out.unless(impl_->write(impl_->table)));
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

bool EpochFolder::is_destroyed(TenantId tenant, const spool::EpochId& epoch) const noexcept {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->is_destroyed(tenant, epoch);
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
    // If it did reach the disk, it goes on after a restart: it was asked for.
    Otherwise put_back{[&] { epoch = before; }};
    how(epoch);
    if (epoch == before) return {};
    auto written = put_back.unless(impl_->write(impl_->table));
    SAFEQ_FAIL_POINT("epochs.changed");
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

    // What is needed once the disk has changed is had before: then it is the table that must follow, whatever happens.
    const std::string name = seeds_name(survivors.generation);
    std::set<std::uint64_t> roots_left = impl_->stale_roots;
    roots_left.insert(table.generation);
    std::set<std::string> files_left = impl_->stale_files;
    files_left.insert(seeds_name(table.generation));
    // One of an end that was cut off may still be left to be erased; from now on it is another.
    roots_left.erase(survivors.generation);
    impl_->stale_roots.erase(survivors.generation);

    auto written = impl_->roots.create(survivors.generation);
    SAFEQ_FAIL_POINT("epochs.root_made");
    if (written) {
        // Under its name, but perhaps not durably: after a power cut either generation may be there.
        Otherwise doubt{[&] { impl_->in_doubt = impl_->folder.exists(name); }};
        written = doubt.unless(impl_->write(survivors));
        SAFEQ_FAIL_POINT("epochs.survivors_written");
    }
    if (!written) {
        if (!impl_->in_doubt) [[maybe_unused]]
            const auto cleaned = impl_->roots.destroy(survivors.generation);
        return written;
    }
    impl_->stale_roots.swap(roots_left);
    impl_->stale_files.swap(files_left);
    table = std::move(survivors);
    return impl_->erase_stale();
}

Result<void> EpochFolder::complete() {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->erase_stale();
}

Result<std::uint64_t> EpochFolder::next_sequence(std::uint64_t least) {
    const std::scoped_lock lock{impl_->mutex};
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (impl_->sequence == most) return fail(Errc::too_large, "epoch list", "its sequence is at its end");
    const std::uint64_t next = std::max(impl_->sequence + 1, least);
    if (next > impl_->sequence_bound) {
        const std::uint64_t bound = next + std::min(sequence_block, most - next);
        SAFEQ_TRY_VOID(impl_->folder.replace(std::string{sequence_file}, as_bytes(encode_sequence(bound))));
        impl_->sequence_bound = bound;
    }
    impl_->sequence = next;
    return next;
}

}  // namespace safeq::store
