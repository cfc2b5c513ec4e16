// SPDX-License-Identifier: Apache-2.0
// The proofs of transparency-dev/merkle: each file one case, most of them wrong in one way.
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include <safeq/audit/merkle.hpp>

#include "support/vectors.hpp"

using namespace safeq;
using namespace safeq::audit;

namespace {

struct Count {
    int right = 0;
    int wrong = 0;
};

// A string that isn't 32 bytes in base64 is no hash: such a proof can't even be stated.
std::optional<Hash> hash(const nlohmann::json& text) {
    const auto bytes = text.is_null() ? Bytes{} : from_base64(text.get<std::string>()).value_or(Bytes{});
    if (bytes.size() != sizeof(Hash)) return std::nullopt;
    Hash out;
    std::memcpy(out.data(), bytes.data(), out.size());
    return out;
}

// Some roots are any bytes, which are compared and no more: any hash that stands for them will do.
Hash root(const nlohmann::json& text) {
    if (const auto real = hash(text)) return *real;
    return crypto::sha256(as_bytes(text.is_null() ? std::string{} : text.get<std::string>()));
}

std::optional<std::vector<Hash>> path(const nlohmann::json& list) {
    std::vector<Hash> out;
    if (list.is_null()) return out;
    for (const auto& each : list) {
        const auto one = hash(each);
        if (!one) return std::nullopt;
        out.push_back(*one);
    }
    return out;
}

template <class Verify>
Count run(const char* folder, Verify verify) {
    Count count;
    const auto base = test::vector_file("merkle/LICENSE").parent_path();
    for (const auto& file : std::filesystem::recursive_directory_iterator{base / folder}) {
        if (file.path().extension() != ".json") continue;
        const auto relative = std::filesystem::relative(file.path(), base.parent_path()).string();
        const auto vector = nlohmann::json::parse(test::read_vector_file(relative));
        const bool wrong = vector.at("wantErr").get<bool>();
        INFO(relative);
        CHECK(verify(vector) == !wrong);
        ++(wrong ? count.wrong : count.right);
    }
    return count;
}

}  // namespace

TEST_CASE("inclusion proofs") {
    const Count count = run("inclusion", [](const nlohmann::json& v) {
        const auto leaf = hash(v.at("leafHash"));
        const auto proof = path(v.at("proof"));
        if (!leaf || !proof) return false;
        return verify_inclusion({v.at("leafIdx").get<std::uint64_t>(), v.at("treeSize").get<std::uint64_t>(), *proof},
                                *leaf, root(v.at("root")))
            .has_value();
    });
    CHECK(count.right + count.wrong == 98);
    CHECK(count.right == 6);
}

TEST_CASE("consistency proofs") {
    // The suite refuses a proof from the empty tree, also with an empty path.
    const Count count = run("consistency", [](const nlohmann::json& v) {
        const auto proof = path(v.at("proof"));
        if (!proof) return false;
        return verify_consistency({v.at("size1").get<std::uint64_t>(), v.at("size2").get<std::uint64_t>(), *proof},
                                  root(v.at("root1")), root(v.at("root2")), FromEmpty::refuse)
            .has_value();
    });
    CHECK(count.right + count.wrong == 98);
    CHECK(count.right == 6);
}

TEST_CASE("a proof from the empty tree is the caller's choice, and the only one that is") {
    // RFC 6962 knows no proof from size 0, and the suite refuses one; tlog-witness takes an empty one. Every other
    // vector has one verdict.
    const auto verdict = [](const nlohmann::json& v, FromEmpty from_empty) {
        const auto proof = path(v.at("proof"));
        if (!proof) return false;
        return verify_consistency({v.at("size1").get<std::uint64_t>(), v.at("size2").get<std::uint64_t>(), *proof},
                                  root(v.at("root1")), root(v.at("root2")), from_empty)
            .has_value();
    };
    int from_zero = 0;
    int differ = 0;
    run("consistency", [&](const nlohmann::json& v) {
        const bool refused = verdict(v, FromEmpty::refuse);
        from_zero += v.at("size1") == 0 ? 1 : 0;
        if (refused != verdict(v, FromEmpty::accept)) {
            ++differ;
            CHECK(v.at("desc") == "size1 is zero and size2 is not zero");
        }
        return refused;
    });
    CHECK(from_zero == 9);
    CHECK(differ == 1);
}
