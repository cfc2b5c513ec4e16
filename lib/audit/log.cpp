// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/log.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <safeq/audit/tile.hpp>

#include "audit/log_impl.hpp"

namespace safeq::audit {

Log::Log(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(LogStore& store, std::string origin, const crypto::SigningKey& key) {
    return open(store, std::move(origin), key, Options{});
}

Result<std::unique_ptr<Log>> Log::open(LogStore& store, std::string origin, const crypto::SigningKey& key,
                                       const Options& options) {
    SAFEQ_TRY_VOID(crypto::check_note_key_name(origin));
    crypto::NoteKey verifier{std::move(origin), key.verifying_key()};
    auto impl = std::make_unique<Impl>(store, key, std::move(verifier), options);
    SAFEQ_TRY_VOID(impl->recover());
    return std::unique_ptr<Log>{new Log{std::move(impl)}};
}

const std::string& Log::origin() const noexcept { return impl_->verifier.name; }
const crypto::NoteKey& Log::verifier() const noexcept { return impl_->verifier; }

Result<void> Log::ready() const { return impl_->ready(); }

Result<Index> Log::append(const Record& record) {
    SAFEQ_TRY(const std::vector<Index> at, append_all({&record, 1}));
    return at.front();
}

Result<Index> Log::append_encoded(ByteView record_json) {
    SAFEQ_TRY(const Record record, Record::parse(record_json));
    std::vector<Impl::NewEntry> entries;
    entries.push_back({record.id, std::make_shared<const Bytes>(to_bytes(record_json))});
    SAFEQ_TRY(const std::vector<Index> at, impl_->append(std::move(entries)));
    return at.front();
}

Result<std::vector<Index>> Log::append_all(std::span<const Record> records) {
    std::vector<Impl::NewEntry> entries;
    entries.reserve(records.size());
    for (const Record& record : records) {
        SAFEQ_TRY(Bytes json, record.encode());
        entries.push_back({record.id, std::make_shared<const Bytes>(std::move(json))});
    }
    return impl_->append(std::move(entries));
}

Result<std::optional<Index>> Log::find(RecordId id) const {
    SAFEQ_TRY(const auto found, find(std::set{id}));
    return found.empty() ? std::nullopt : std::optional{found.begin()->second};
}

Result<std::map<RecordId, Index>> Log::find(std::set<RecordId> ids) const {
    std::map<RecordId, Index> out;
    Index end = 0;
    {
        const std::scoped_lock lock{impl_->mutex};
        std::erase_if(ids, [&](const RecordId& id) {
            const auto at = impl_->recent.find(id);
            return at != impl_->recent.end() && out.emplace(id, at->second).second;
        });
        end = impl_->durable - impl_->recent_order.size();
    }
    // Backwards: what is asked for is mostly young.
    while (end != 0 && !ids.empty()) {
        const Index begin = (end - 1) / tile_width * tile_width;
        for (Index at = begin; at < end;) {
            SAFEQ_TRY(const Impl::Run run, impl_->read_run(at, end));
            for (const auto& entry : run) {
                SAFEQ_TRY(const RecordId each, record_id(*entry));
                if (ids.erase(each) > 0) out.emplace(each, at);
                ++at;
            }
        }
        end = begin;
    }
    if (!ids.empty()) SAFEQ_TRY_VOID(impl_->ready());
    return out;
}

std::uint64_t Log::size() const noexcept {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->durable;
}

std::uint64_t Log::published_size() const noexcept {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->published;
}

std::size_t Log::waiting() const noexcept {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->waiting;
}

Result<SignedCheckpoint> Log::publish() { return impl_->publish(); }

Result<SignedCheckpoint> Log::checkpoint() const {
    const std::scoped_lock lock{impl_->mutex};
    if (!impl_->latest) return fail(Errc::not_found, "checkpoint", "none was published yet");
    return *impl_->latest;
}

Result<void> Log::add_cosignature(const SignedCheckpoint& cosigned, const Cosigner& witness, std::string_view lines) {
    SAFEQ_TRY(const std::vector<crypto::NoteSignature> signatures, parse_signatures(lines));
    SignedCheckpoint with{cosigned.checkpoint, cosigned.note};
    const std::uint32_t id = witness.id();
    std::erase_if(with.note.signatures,
                  [&](const auto& each) { return each.name == witness.name && each.key_id == id; });
    const auto line = std::ranges::find_if(
        signatures, [&](const auto& each) { return each.name == witness.name && each.key_id == id; });
    if (line == signatures.end()) return fail(Errc::signature_invalid, "cosignature", "not of " + witness.name);
    with.note.signatures.push_back(*line);
    SAFEQ_TRY_VOID(verify_cosignature(with, witness));
    return impl_->replace_checkpoint(std::move(with), *line);
}

Result<InclusionProof> Log::prove(Index index, std::uint64_t size) const {
    const std::uint64_t published = published_size();
    if (size > published) return fail(Errc::invalid_argument, "inclusion proof", "the size is not published");
    const std::scoped_lock lock{impl_->proving};
    impl_->proved.set_tree_size(published);
    return prove_inclusion(impl_->proved, index, size);
}

Result<ConsistencyProof> Log::consistency(std::uint64_t old_size, std::uint64_t new_size) const {
    const std::uint64_t published = published_size();
    if (new_size > published) return fail(Errc::invalid_argument, "consistency proof", "the size is not published");
    const std::scoped_lock lock{impl_->proving};
    impl_->proved.set_tree_size(published);
    return prove_consistency(impl_->proved, old_size, new_size);
}

Result<Bytes> Log::entry(Index index) const {
    if (index >= size()) return fail(Errc::not_found, "log entry", fmt::format("{}", index));
    SAFEQ_TRY(const Impl::Run run, impl_->read_run(index, index + 1));
    return *run.front();
}

Result<void> Log::scan(Index from, const std::function<Result<void>(Index, ByteView)>& entry) const {
    const Index end = size();
    for (Index at = from; at < end;) {
        SAFEQ_TRY(const Impl::Run run, impl_->read_run(at, end));
        for (const auto& each : run) SAFEQ_TRY_VOID(entry(at++, *each));
    }
    return {};
}

}  // namespace safeq::audit
