// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/merkle.hpp>

#include <array>
#include <bit>

namespace safeq::audit {
namespace {

constexpr std::array leaf_prefix{std::byte{0}};
constexpr std::array node_prefix{std::byte{1}};

std::unexpected<Error> invalid(const char* detail) { return fail(Errc::proof_invalid, "merkle proof", detail); }

// Where a tree of `size` leaves is split: the largest power of two below it.
std::uint64_t split(std::uint64_t size) noexcept { return std::bit_floor(size - 1); }

// The hash over the leaves from `begin` to before `end`; `begin` is a multiple of the range's largest power of two.
Result<Hash> range_hash(HashSource& hashes, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t size = end - begin;
    if (std::has_single_bit(size)) {
        const auto level = static_cast<unsigned>(std::countr_zero(size));
        return hashes.hash(level, begin >> level);
    }
    const std::uint64_t middle = begin + split(size);
    SAFEQ_TRY(const Hash left, range_hash(hashes, begin, middle));
    SAFEQ_TRY(const Hash right, range_hash(hashes, middle, end));
    return node_hash(left, right);
}

Result<void> add_inclusion(HashSource& hashes, Index index, std::uint64_t begin, std::uint64_t end,
                           std::vector<Hash>& path) {
    if (end - begin == 1) return {};
    const std::uint64_t middle = begin + split(end - begin);
    const bool left = index < middle;
    SAFEQ_TRY_VOID(left ? add_inclusion(hashes, index, begin, middle, path)
                        : add_inclusion(hashes, index, middle, end, path));
    SAFEQ_TRY(const Hash sibling, left ? range_hash(hashes, middle, end) : range_hash(hashes, begin, middle));
    path.push_back(sibling);
    return {};
}

// `whole`: the old tree is the whole of this range's left part so far, so its root is known to whoever verifies.
Result<void> add_consistency(HashSource& hashes, std::uint64_t old_end, std::uint64_t begin, std::uint64_t end,
                             bool whole, std::vector<Hash>& path) {
    if (old_end == end) {
        if (whole) return {};
        SAFEQ_TRY(const Hash own, range_hash(hashes, begin, end));
        path.push_back(own);
        return {};
    }
    const std::uint64_t middle = begin + split(end - begin);
    const bool left = old_end <= middle;
    SAFEQ_TRY_VOID(left ? add_consistency(hashes, old_end, begin, middle, whole, path)
                        : add_consistency(hashes, old_end, middle, end, false, path));
    SAFEQ_TRY(const Hash sibling, left ? range_hash(hashes, middle, end) : range_hash(hashes, begin, middle));
    path.push_back(sibling);
    return {};
}

}  // namespace

Hash leaf_hash(ByteView entry) { return crypto::sha256({leaf_prefix, entry}); }

Hash node_hash(const Hash& left, const Hash& right) { return NodeHasher{}(left, right); }

Hash NodeHasher::operator()(const Hash& left, const Hash& right) {
    hash_.update(node_prefix);
    hash_.update(left);
    hash_.update(right);
    return hash_.finish();
}

Hash empty_root() { return crypto::sha256(ByteView{}); }

Result<void> verify_inclusion(const InclusionProof& proof, const Hash& leaf, const Hash& root) {
    if (proof.size > max_tree_size) return invalid("the tree is too large");
    if (proof.index >= proof.size) return invalid("the index is outside the tree");
    std::uint64_t at = proof.index;
    std::uint64_t last = proof.size - 1;
    Hash hash = leaf;
    for (const Hash& sibling : proof.path) {
        if (last == 0) return invalid("the path is too long");
        if ((at & 1) != 0 || at == last) {
            hash = node_hash(sibling, hash);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0) return invalid("the path is too short");
    if (hash != root) return invalid("the path leads to another root");
    return {};
}

Result<void> verify_consistency(const ConsistencyProof& proof, const Hash& old_root, const Hash& new_root,
                                FromEmpty from_empty) {
    if (proof.new_size > max_tree_size) return invalid("the tree is too large");
    if (proof.old_size > proof.new_size) return invalid("the old tree is larger than the new one");
    if (proof.old_size == 0 && from_empty == FromEmpty::refuse && proof.new_size != 0)
        return invalid("the empty tree proves nothing");
    if (proof.old_size == proof.new_size || proof.old_size == 0) {
        if (!proof.path.empty()) return invalid("the path is too long");
        if (proof.old_size == 0 && old_root != empty_root()) return invalid("not the root of the empty tree");
        if (proof.old_size == proof.new_size && old_root != new_root)
            return fail(Errc::fork_detected, "merkle proof", "two roots for one size");
        return {};
    }
    if (proof.path.empty()) return invalid("the path is too short");
    std::uint64_t at = proof.old_size - 1;
    std::uint64_t last = proof.new_size - 1;
    while ((at & 1) != 0) {
        at >>= 1;
        last >>= 1;
    }
    std::span<const Hash> path = proof.path;
    Hash old_hash = old_root;
    // Where the old tree is one complete subtree of the new, the path leaves it out.
    if (!std::has_single_bit(proof.old_size)) {
        old_hash = path.front();
        path = path.subspan(1);
    }
    Hash new_hash = old_hash;
    for (const Hash& sibling : path) {
        if (last == 0) return invalid("the path is too long");
        if ((at & 1) != 0 || at == last) {
            old_hash = node_hash(sibling, old_hash);
            new_hash = node_hash(sibling, new_hash);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0) return invalid("the path is too short");
    if (new_hash != new_root) return invalid("the path leads to another new root");
    if (old_hash != old_root) return invalid("the path leads to another old root");
    return {};
}

Result<CompactRange> CompactRange::from(std::uint64_t size, std::vector<Hash> hashes) {
    if (size > max_tree_size) return fail(Errc::too_large, "compact range", "the tree is too large");
    if (hashes.size() != static_cast<std::size_t>(std::popcount(size)))
        return fail(Errc::malformed, "compact range", "not as many hashes as the size has subtrees");
    CompactRange range;
    range.size_ = size;
    range.hashes_ = std::move(hashes);
    return range;
}

void CompactRange::append(const Hash& leaf) {
    Hash hash = leaf;
    for (std::uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
        hash = node_hash(hashes_.back(), hash);
        hashes_.pop_back();
    }
    hashes_.push_back(hash);
    ++size_;
}

Hash CompactRange::root() const {
    if (hashes_.empty()) return empty_root();
    Hash root = hashes_.back();
    for (std::size_t i = hashes_.size() - 1; i-- > 0;) root = node_hash(hashes_[i], root);
    return root;
}

Result<Hash> tree_root(HashSource& hashes, std::uint64_t size) {
    if (size > max_tree_size) return fail(Errc::invalid_argument, "tree size");
    if (size == 0) return empty_root();
    return range_hash(hashes, 0, size);
}

Result<InclusionProof> prove_inclusion(HashSource& hashes, Index index, std::uint64_t size) {
    if (size > max_tree_size || index >= size)
        return fail(Errc::invalid_argument, "inclusion proof", "index outside the tree");
    InclusionProof proof{.index = index, .size = size, .path = {}};
    SAFEQ_TRY_VOID(add_inclusion(hashes, index, 0, size, proof.path));
    return proof;
}

Result<ConsistencyProof> prove_consistency(HashSource& hashes, std::uint64_t old_size, std::uint64_t new_size) {
    if (new_size > max_tree_size || old_size > new_size)
        return fail(Errc::invalid_argument, "consistency proof", "the old tree is larger than the new one");
    ConsistencyProof proof{.old_size = old_size, .new_size = new_size, .path = {}};
    if (old_size != 0 && old_size != new_size)
        SAFEQ_TRY_VOID(add_consistency(hashes, old_size, 0, new_size, true, proof.path));
    return proof;
}

Result<CompactRange> compact_range(HashSource& hashes, std::uint64_t size) {
    if (size > max_tree_size) return fail(Errc::invalid_argument, "tree size");
    std::vector<Hash> parts;
    std::uint64_t begin = 0;
    for (std::uint64_t rest = size; rest != 0;) {
        const std::uint64_t part = std::bit_floor(rest);
        SAFEQ_TRY(const Hash hash, range_hash(hashes, begin, begin + part));
        parts.push_back(hash);
        begin += part;
        rest -= part;
    }
    return CompactRange::from(size, std::move(parts));
}

}  // namespace safeq::audit
