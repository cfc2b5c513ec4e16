// SPDX-License-Identifier: Apache-2.0
// Wycheproof's vectors for C2SP chunked-encryption, Cobblestone-256 and -128: sealing, streaming, and opening with the
// size known beforehand, as spool files are.
#include <safeq/spool/chunked.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <safeq/crypto/hash.hpp>

#include "inflate.hpp"
#include "support/vectors.hpp"

using namespace safeq;
using namespace safeq::spool;

namespace {

struct Vector {
    Bytes key;
    Bytes context;
    Bytes sealed;
    std::optional<std::size_t> message_bytes;
    std::string message_sha512;
    bool valid = false;
    std::set<std::string> flags;
};

Bytes hex(const nlohmann::json& text) {
    auto bytes = from_hex(text.get<std::string>());
    REQUIRE(bytes);
    return *bytes;
}

Vector load(const nlohmann::json& test) {
    Vector vector{.key = hex(test.at("key")),
                  .context = hex(test.at("ctx")),
                  .sealed = test::Inflate::unpack(hex(test.at("ct"))),
                  .message_bytes = std::nullopt,
                  .message_sha512 = test.value("msgSha512", ""),
                  .valid = test.at("result") == "valid",
                  .flags = test.at("flags").get<std::set<std::string>>()};
    if (test.contains("msgLength")) vector.message_bytes = test.at("msgLength").get<std::size_t>();
    return vector;
}

struct Prefix {
    Salt salt;
    Commitment commitment;
};

std::optional<Prefix> prefix_of(ByteView sealed) {
    if (sealed.size() < chunked_prefix_bytes) return std::nullopt;
    Prefix prefix;
    std::ranges::copy(sealed.first<sizeof(Salt)>(), prefix.salt.begin());
    std::ranges::copy(sealed.subspan<sizeof(Salt), sizeof(Commitment)>(), prefix.commitment.begin());
    return prefix;
}

/// The longest authentic beginning, chunk by chunk, as a reader of a stream sees it.
Bytes stream(ChunkCipher& cipher, ByteView chunks, bool& whole) {
    Bytes message;
    whole = false;
    for (std::uint64_t i = 0; !whole; ++i) {
        const ByteView sealed = chunks.first(std::min(chunks.size(), sealed_chunk_bytes));
        chunks = chunks.subspan(sealed.size());
        Bytes out(sealed.size() < 16 ? 0 : sealed.size() - 16);
        if (!cipher.open(i, out, sealed)) return message;
        message.insert(message.end(), out.begin(), out.end());
        whole = sealed.size() < sealed_chunk_bytes;
        if (whole && !chunks.empty()) {
            whole = false;
            return message;
        }
    }
    return message;
}

void check_message(const Vector& vector, const Bytes& message) {
    CHECK(message.size() == vector.message_bytes.value_or(0));
    if (vector.message_bytes) CHECK(to_hex(crypto::sha512(message)) == vector.message_sha512);
}

void seal_again(const Vector& vector, ChunkCipher cipher, const Prefix& prefix, ByteView message) {
    Bytes sealed = ByteWriter{}.bytes(prefix.salt).bytes(cipher.commitment()).take();
    ChunkSealer sealer{std::move(cipher)};
    while (!sealer.finished()) {
        const ByteView chunk = message.first(std::min(message.size(), chunk_bytes));
        message = message.subspan(chunk.size());
        Bytes out(chunk.size() + 16);
        REQUIRE(sealer.seal(out, chunk));
        sealed.insert(sealed.end(), out.begin(), out.end());
    }
    CHECK(same_bytes(sealed, vector.sealed));
}

void run(const Vector& vector) {
    const auto derive = [&](const Salt& salt) {
        return ChunkCipher::derive(vector.key, salt, ChunkContext{vector.context});
    };
    const auto prefix = prefix_of(vector.sealed);
    auto cipher = derive(prefix ? prefix->salt : Salt{});
    const bool header_good = prefix && cipher && cipher->commitment() == prefix->commitment;
    REQUIRE(header_good == !vector.flags.contains("HeaderFailure"));
    if (!header_good) return;

    const ByteView chunks = ByteView{vector.sealed}.subspan(chunked_prefix_bytes);
    bool whole = false;
    const Bytes message = stream(*cipher, chunks, whole);
    CHECK(whole == vector.valid);
    check_message(vector, message);
    if (vector.valid) seal_again(vector, std::move(*derive(prefix->salt)), *prefix, message);

    const auto layout = ChunkLayout::of_sealed(chunks.size());
    CHECK((layout || !vector.valid));
    if (!layout) return;
    auto opener = ChunkOpener::create(std::move(*derive(prefix->salt)), prefix->commitment, *layout);
    REQUIRE(opener);
    Bytes known;
    bool all = true;
    bool last = false;
    for (std::uint64_t i = 0; i < layout->chunks; ++i) {
        Bytes out(layout->plaintext_bytes_of(i), std::byte{0xee});
        last = opener->open(i, out, chunks.subspan(i * sealed_chunk_bytes, out.size() + 16)).has_value();
        if (!last) CHECK(out == Bytes(out.size()));
        all = all && last;
        if (all) known.insert(known.end(), out.begin(), out.end());
    }
    CHECK(all == vector.valid);
    CHECK(last == (vector.valid || vector.flags.contains("ValidFinalChunk")));
    CHECK(known == message);
}

int run_file(const std::string& name) {
    const auto file = nlohmann::json::parse(test::read_vector_file("wycheproof/" + name));
    int count = 0;
    for (const auto& group : file.at("testGroups")) {
        for (const auto& test : group.at("tests")) {
            INFO(name << " " << test.at("tcId") << ": " << test.at("comment"));
            run(load(test));
            ++count;
        }
    }
    return count;
}

}  // namespace

TEST_CASE("Wycheproof: Cobblestone-256") {
    const int count = run_file("c2sp_chunked_encryption_aes_256_gcm_test.json");  // skips by an exception
    CHECK(count == 35);
}

TEST_CASE("Wycheproof: Cobblestone-128") {
    const int count = run_file("c2sp_chunked_encryption_aes_128_gcm_test.json");  // skips by an exception
    CHECK(count == 35);
}
