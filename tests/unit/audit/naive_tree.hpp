// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <safeq/audit/merkle.hpp>

namespace safeq::test {

/// A Merkle tree as RFC 6962, section 2.1, defines it: recursive, slow, with nothing kept.
class NaiveTree final : public audit::HashSource {
public:
    explicit NaiveTree(std::vector<audit::Hash> leaves) : leaves_{std::move(leaves)} {}

    static std::vector<audit::Hash> some_leaves(std::size_t count) {
        std::vector<audit::Hash> leaves;
        for (std::size_t i = 0; i < count; ++i)
            leaves.push_back(audit::leaf_hash(as_bytes("leaf " + std::to_string(i))));
        return leaves;
    }

    [[nodiscard]] const std::vector<audit::Hash>& leaves() const { return leaves_; }

    [[nodiscard]] audit::Hash root(std::size_t begin, std::size_t end) const {
        if (begin == end) return crypto::sha256(ByteView{});
        if (end - begin == 1) return leaves_.at(begin);
        const std::size_t middle = begin + split(end - begin);
        return audit::node_hash(root(begin, middle), root(middle, end));
    }
    [[nodiscard]] audit::Hash root(std::size_t size) const { return root(0, size); }

    [[nodiscard]] std::vector<audit::Hash> path(std::size_t index, std::size_t begin, std::size_t end) const {
        if (end - begin == 1) return {};
        const std::size_t middle = begin + split(end - begin);
        auto out = index < middle ? path(index, begin, middle) : path(index, middle, end);
        out.push_back(index < middle ? root(middle, end) : root(begin, middle));
        return out;
    }

    [[nodiscard]] std::vector<audit::Hash> subproof(std::size_t m, std::size_t begin, std::size_t end,
                                                    bool whole) const {
        if (m == end) return whole ? std::vector<audit::Hash>{} : std::vector{root(begin, end)};
        const std::size_t middle = begin + split(end - begin);
        auto out = m <= middle ? subproof(m, begin, middle, whole) : subproof(m, middle, end, false);
        out.push_back(m <= middle ? root(middle, end) : root(begin, middle));
        return out;
    }

    Result<audit::Hash> hash(unsigned level, std::uint64_t index) override {
        const std::size_t begin = static_cast<std::size_t>(index) << level;
        return root(begin, begin + (std::size_t{1} << level));
    }

private:
    static std::size_t split(std::size_t size) {
        std::size_t k = 1;
        while (2 * k < size) k *= 2;
        return k;
    }
    std::vector<audit::Hash> leaves_;
};

}  // namespace safeq::test
