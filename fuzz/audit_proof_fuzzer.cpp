// SPDX-License-Identifier: Apache-2.0
// Under test: audit::verify_inclusion, verify_consistency, prove_inclusion, prove_consistency, CompactRange.
// Property: in a small tree, a proof verifies only if it is the very proof that a naive recursive definition of RFC
// 6962 gives for the very index, sizes, leaf and roots; and that one does verify.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <safeq/audit/merkle.hpp>

using namespace safeq;
using namespace safeq::audit;

namespace {

constexpr std::size_t max_leaves = 24;

void require(bool holds) {
    if (!holds) std::abort();
}

/// The definition, word for word, over leaves numbered from 0.
class Naive final : public HashSource {
public:
    Naive() {
        for (std::size_t i = 0; i < max_leaves; ++i) leaves_.at(i) = leaf_hash(std::array{static_cast<std::byte>(i)});
    }
    [[nodiscard]] const Hash& leaf(std::size_t i) const { return leaves_.at(i); }
    [[nodiscard]] Hash root(std::size_t begin, std::size_t end) const {
        if (begin == end) return empty_root();
        if (end - begin == 1) return leaves_.at(begin);
        const std::size_t middle = begin + split(end - begin);
        return node_hash(root(begin, middle), root(middle, end));
    }
    [[nodiscard]] std::vector<Hash> path(std::size_t m, std::size_t begin, std::size_t end) const {
        if (end - begin == 1) return {};
        const std::size_t middle = begin + split(end - begin);
        std::vector<Hash> out = m < middle ? path(m, begin, middle) : path(m, middle, end);
        out.push_back(m < middle ? root(middle, end) : root(begin, middle));
        return out;
    }
    [[nodiscard]] std::vector<Hash> subproof(std::size_t m, std::size_t begin, std::size_t end, bool whole) const {
        if (m == end) return whole ? std::vector<Hash>{} : std::vector<Hash>{root(begin, end)};
        const std::size_t middle = begin + split(end - begin);
        std::vector<Hash> out = m <= middle ? subproof(m, begin, middle, whole) : subproof(m, middle, end, false);
        out.push_back(m <= middle ? root(middle, end) : root(begin, middle));
        return out;
    }
    Result<Hash> hash(unsigned level, std::uint64_t index) override {
        const std::size_t begin = static_cast<std::size_t>(index) << level;
        return root(begin, begin + (std::size_t{1} << level));
    }

private:
    static std::size_t split(std::size_t n) {
        std::size_t k = 1;
        while (2 * k < n) k *= 2;
        return k;
    }
    std::array<Hash, max_leaves> leaves_;
};

struct Input {
    const std::uint8_t* data;
    std::size_t size;

    std::uint8_t byte() {
        if (size == 0) return 0;
        --size;
        return *data++;
    }
};

// Each hash is one of the tree's own, wherever the input says, or bytes of the input: random ones would lead nowhere.
Hash some_hash(Input& in, const Naive& tree) {
    const std::uint8_t how = in.byte();
    const std::size_t begin = in.byte() % max_leaves;
    const std::size_t end = begin + in.byte() % (max_leaves + 1 - begin);
    Hash hash = tree.root(begin, end);
    if (how > 200) hash.at(how % 32) ^= static_cast<std::byte>(in.byte() | 1);
    return hash;
}

// The right proof, changed as the input says.
std::vector<Hash> some_path(Input& in, const Naive& tree, std::vector<Hash> path) {
    for (std::uint8_t edits = in.byte() % 4; edits > 0; --edits) {
        const std::size_t at = path.empty() ? 0 : in.byte() % path.size();
        const auto place = path.begin() + static_cast<std::ptrdiff_t>(at);
        switch (in.byte() % 4) {
            case 0: path.insert(place, some_hash(in, tree)); break;
            case 1:
                if (!path.empty()) path.erase(place);
                break;
            case 2:
                if (!path.empty()) *place = some_hash(in, tree);
                break;
            default: path.push_back(some_hash(in, tree));
        }
    }
    return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Naive tree;
    Input in{data, size};
    const std::size_t leaves = 1 + in.byte() % max_leaves;
    const std::size_t index = in.byte() % leaves;
    const std::size_t claimed_index = in.byte() % 4 == 0 ? in.byte() % (max_leaves + 2) : index;
    const std::size_t claimed_size = in.byte() % 4 == 0 ? in.byte() % (max_leaves + 2) : leaves;
    const std::size_t claimed_leaf = in.byte() % 4 == 0 ? in.byte() % max_leaves : index;
    {
        const std::vector<Hash> right = tree.path(index, 0, leaves);
        require(prove_inclusion(tree, index, leaves)->path == right);
        const std::vector<Hash> path = some_path(in, tree, right);
        const bool verified =
            verify_inclusion({claimed_index, claimed_size, path}, tree.leaf(claimed_leaf), tree.root(0, leaves))
                .has_value();
        const bool same = claimed_index == index && claimed_size == leaves && claimed_leaf == index && path == right;
        require(!same || verified);
        if (verified) {
            // A size is bound by its root, not by the path alone: what holds must hold for the naive tree too.
            require(claimed_index < claimed_size && claimed_leaf < leaves);
            if (claimed_size == leaves)
                require(claimed_leaf == claimed_index && path == tree.path(claimed_index, 0, leaves));
        }
    }
    const std::size_t old_size = in.byte() % (leaves + 1);
    const std::size_t other_old = in.byte() % 4 == 0 ? in.byte() % (max_leaves + 1) : old_size;
    const FromEmpty from_empty = in.byte() % 2 == 0 ? FromEmpty::accept : FromEmpty::refuse;
    const std::vector<Hash> right =
        old_size == 0 || old_size == leaves ? std::vector<Hash>{} : tree.subproof(old_size, 0, leaves, true);
    require(prove_consistency(tree, old_size, leaves)->path == right);
    const std::vector<Hash> path = some_path(in, tree, right);
    const bool verified =
        verify_consistency({old_size, leaves, path}, tree.root(0, other_old), tree.root(0, leaves), from_empty)
            .has_value();
    const bool same = other_old == old_size && path == right && (old_size != 0 || from_empty == FromEmpty::accept);
    require(verified == same);

    CompactRange range;
    for (std::size_t i = 0; i < leaves; ++i) range.append(tree.leaf(i));
    require(range.root() == tree.root(0, leaves));
    require(*compact_range(tree, leaves) == range);
    return 0;
}
