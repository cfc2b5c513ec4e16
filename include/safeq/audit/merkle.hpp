// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/core/error.hpp>
#include <safeq/crypto/hash.hpp>

namespace safeq::audit {

/// The position of an entry in its log, from 0.
using Index = std::uint64_t;

/// A hash of the Merkle tree. *Source*: RFC 6962, section 2.1.
using Hash = crypto::Sha256Digest;

/// No tree is larger than this.
inline constexpr std::uint64_t max_tree_size = std::uint64_t{1} << 62;

/// A proof from `max_tree_size` is never longer than this, nor a path of RFC 6962 (tlog-witness allows 63 lines).
inline constexpr std::size_t max_proof_hashes = 63;

/// The hash of an entry: SHA-256 over the byte 0 and the entry.
[[nodiscard]] Hash leaf_hash(ByteView entry);
/// The hash of a node: SHA-256 over the byte 1 and the hashes of its children.
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);

/// The same for very many nodes: what hashes is made once. *Threads*: one at a time.
class NodeHasher final {
public:
    [[nodiscard]] Hash operator()(const Hash& left, const Hash& right);

private:
    crypto::Sha256 hash_;
};
/// The root of the tree without leaves.
[[nodiscard]] Hash empty_root();

/// A tree, by its size and root.
struct TreeHead {
    std::uint64_t size = 0;
    Hash root = empty_root();

    friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

/// That one entry is in a tree.
struct InclusionProof {
    Index index = 0;
    std::uint64_t size = 0;
    std::vector<Hash> path;

    friend bool operator==(const InclusionProof&, const InclusionProof&) = default;
};

/// That a tree begins with an older one.
struct ConsistencyProof {
    std::uint64_t old_size = 0;
    std::uint64_t new_size = 0;
    std::vector<Hash> path;

    friend bool operator==(const ConsistencyProof&, const ConsistencyProof&) = default;
};

/// Whether a consistency proof may start from the empty tree, of which it says nothing. RFC 6962 has no such proof;
/// tlog-witness takes an empty one.
enum class FromEmpty { refuse, accept };

/// Pure. *Errors*: `proof_invalid`. *Source*: RFC 9162, section 2.1.3.2.
[[nodiscard]] Result<void> verify_inclusion(const InclusionProof& proof, const Hash& leaf, const Hash& root);

/// Pure. *Errors*: `proof_invalid`; `fork_detected` when two trees of one size have different roots: whoever signed
/// both has forked the log. *Source*: RFC 9162, section 2.1.4.2.
[[nodiscard]] Result<void> verify_consistency(const ConsistencyProof& proof, const Hash& old_root, const Hash& new_root,
                                              FromEmpty from_empty);

/// The roots of the complete subtrees that a tree of some size consists of, largest first: enough to append and to
/// know the root, in memory that grows with the logarithm of the size.
class CompactRange {
public:
    CompactRange() = default;

    /// *Errors*: `malformed` when the number of hashes is not that of `size`; `too_large`.
    [[nodiscard]] static Result<CompactRange> from(std::uint64_t size, std::vector<Hash> hashes);

    /// Adds a leaf behind the last.
    void append(const Hash& leaf);

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] Hash root() const;
    [[nodiscard]] TreeHead head() const { return {size_, root()}; }
    [[nodiscard]] std::span<const Hash> hashes() const noexcept { return hashes_; }

    friend bool operator==(const CompactRange&, const CompactRange&) = default;

private:
    std::uint64_t size_ = 0;
    std::vector<Hash> hashes_;
};

/// The hashes of complete subtrees: of the leaves from `index << level` on, `1 << level` of them.
class HashSource {
public:
    virtual ~HashSource() = default;
    /// The hash of one of them. *Errors*: the implementation's.
    [[nodiscard]] virtual Result<Hash> hash(unsigned level, std::uint64_t index) = 0;

protected:
    HashSource() = default;
    HashSource(const HashSource&) = default;
    HashSource& operator=(const HashSource&) = default;
};

/// Proofs and roots from hashes at hand. *Errors*: `invalid_argument` for an index or size that makes no sense, those
/// of the source.
/// @{
[[nodiscard]] Result<Hash> tree_root(HashSource& hashes, std::uint64_t size);
[[nodiscard]] Result<InclusionProof> prove_inclusion(HashSource& hashes, Index index, std::uint64_t size);
/// @}

/// From size 0 the path is empty.
[[nodiscard]] Result<ConsistencyProof> prove_consistency(HashSource& hashes, std::uint64_t old_size,
                                                         std::uint64_t new_size);
/// What is needed to let such a tree grow. *Errors*: as `tree_root`.
[[nodiscard]] Result<CompactRange> compact_range(HashSource& hashes, std::uint64_t size);

}  // namespace safeq::audit
