// SPDX-License-Identifier: Apache-2.0
// Makes random logs, most of them damaged in one way, and tells what this library makes of each; the second verifier
// (tests/support/audit_verifier.py) must say the same. Usage: audit_logs FOLDER COUNT SEED
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include <fmt/format.h>

#include <safeq/audit/follower.hpp>
#include <safeq/audit/proof_file.hpp>
#include <safeq/audit/tile.hpp>

#include "audit/tile_builder.hpp"
#include "support/random.hpp"

using namespace safeq;
using namespace safeq::audit;
namespace fs = std::filesystem;

namespace {

using Files = std::map<std::string, Bytes>;

class Reader final : public LogReader {
public:
    explicit Reader(const Files& files) : files_{files} {}
    Result<Bytes> read(const std::string& path) override {
        const auto at = files_.find(path);
        if (at == files_.end()) return fail(Errc::not_found, path);
        return at->second;
    }

private:
    const Files& files_;
};

class Scene {
public:
    explicit Scene(std::uint64_t seed) : dice_{seed}, random_{seed} {}

    std::uint64_t below(std::uint64_t bound) { return dice_() % bound; }

    // A log that grew in a few steps, with the partial tiles of each.
    void grow() {
        constexpr std::array sizes{0u, 1u, 2u, 7u, 40u, 255u, 256u, 257u, 300u, 511u, 512u, 513u, 700u};
        std::uint64_t size = sizes.at(below(sizes.size()));
        if (below(3) == 0) size = below(120);
        TileBuilder builder;
        for (std::uint64_t steps = 1 + below(3); steps-- > 0;) {
            std::vector<LogFile> made;
            const std::uint64_t target = steps == 0 ? size : builder.size() + below(size - builder.size() + 1);
            while (builder.size() < target) must(builder.append(bytes_of(below(below(30) == 0 ? 3000 : 90)), made));
            builder.add_partials(made);
            for (LogFile& file : made) files[file.path] = std::move(file.bytes);
            head = builder.head();
            old = files.contains("checkpoint") ? files["checkpoint"] : Bytes{};
            publish(text());
        }
    }

    std::string text() const { return Checkpoint{.origin = origin, .head = head}.text(); }

    // Signs any text as the log.
    void publish(const std::string& words) { set_checkpoint(note(words, origin, key)); }
    std::string note(const std::string& words, const std::string& name, const crypto::SigningKey& by) {
        crypto::SignedNote made{words, {}};
        must(made.sign(name, by));
        return made.encode();
    }
    void set_checkpoint(const std::string& words) { files["checkpoint"] = to_bytes(words); }
    std::string checkpoint() { return std::string{as_text(files["checkpoint"])}; }

    Bytes& some_file() {
        auto at = files.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(below(files.size())));
        return at->second;
    }
    // The bundle of the last entries, if there are any.
    Bytes* last_bundle() {
        if (head.size == 0) return nullptr;
        TileId tile{TileId::Kind::entries, 0, (head.size - 1) / tile_width};
        tile.width = width_in_tree(0, tile.index, head.size);
        return &files[tile.path()];
    }

    std::string damage();

    static void must(const Result<void>& done) {
        if (done) return;
        fmt::print(stderr, "audit_logs: {}\n", done.error().message());
        std::exit(2);
    }

    Bytes bytes_of(std::size_t size) {
        Bytes out(size);
        random_.fill(out);
        return out;
    }

    std::mt19937_64 dice_;
    test::SeededRandom random_;
    std::string origin = "log.example/" + std::to_string(below(1000));
    crypto::SigningKey key = crypto::SigningKey::generate(random_);
    Files files;
    TreeHead head;
    Bytes old;
};

std::string Scene::damage() {
    const auto resigned = [&](const std::string& what, const std::string& words) {
        publish(words);
        return what;
    };
    TreeHead other = head;
    switch (below(36)) {
        case 0: some_file().push_back(std::byte{0}); return "longer";
        case 1: {
            Bytes& file = some_file();
            file.resize(below(file.size() + 1));
            return "shorter";
        }
        case 2: {
            auto at = files.begin();
            std::advance(at, static_cast<std::ptrdiff_t>(below(files.size())));
            files.erase(at);
            return "missing";
        }
        case 3: std::swap(some_file(), some_file()); return "swapped";
        case 4:
        case 5:
        case 6: {
            Bytes& file = some_file();
            if (!file.empty()) file[below(file.size())] ^= std::byte{1} << static_cast<int>(below(8));
            return "bit";
        }
        case 7: other.size += 1; return resigned("size-more", Checkpoint{.origin = origin, .head = other}.text());
        case 8:
            if (other.size > 0) --other.size;
            return resigned("size-less", Checkpoint{.origin = origin, .head = other}.text());
        case 9:
            other.root[below(32)] ^= std::byte{1};
            return resigned("root", Checkpoint{.origin = origin, .head = other}.text());
        case 10: set_checkpoint(note(text(), origin, crypto::SigningKey::generate(random_))); return "other-key";
        case 11: set_checkpoint(note(text(), "x" + origin, key)); return "other-name";
        case 12: return resigned("other-origin", Checkpoint{.origin = "x" + origin, .head = head}.text());
        case 13: return resigned("extension", text() + "an extension line\n");
        case 14: return resigned("empty-extension", text() + "\nafter an empty line\n");
        case 15: return resigned("leading-zero", fmt::format("{}\n0{}\n{}\n", origin, head.size, to_base64(head.root)));
        case 16: return resigned("plus", fmt::format("{}\n+{}\n{}\n", origin, head.size, to_base64(head.root)));
        case 17: {
            std::string root = to_base64(head.root);
            root[42] = static_cast<char>(root[42] + 1);  // the bits behind the last byte
            return resigned("padding-bits", fmt::format("{}\n{}\n{}\n", origin, head.size, root));
        }
        case 18: return resigned("short-root", fmt::format("{}\n{}\nAAAA\n", origin, head.size));
        case 19: return resigned("two-lines", fmt::format("{}\n{}\n", origin, head.size));
        case 20: set_checkpoint(checkpoint() + "\u2014 someone.example AAAAAAAA\n"); return "foreign-line";
        case 21: set_checkpoint(checkpoint() + "\u2014 someone.example AAAAAAAA"); return "line-without-end";
        case 22: set_checkpoint(checkpoint() + "not a signature\n"); return "no-line";
        case 23: {
            const std::string line = checkpoint().substr(checkpoint().rfind("\n\n") + 2);
            set_checkpoint(checkpoint() + line);
            return "line-twice";
        }
        case 24: {
            crypto::SignedNote made = *crypto::SignedNote::parse(checkpoint(), checkpoint_limits);
            made.signatures.push_back(made.signatures.front());
            made.signatures.back().signature[below(64)] ^= std::byte{1};
            set_checkpoint(made.encode());
            return "second-line-wrong";
        }
        case 25: {
            std::string crlf;
            for (const char c : text()) crlf += c == '\n' ? std::string{"\r\n"} : std::string{c};
            return resigned("crlf", crlf);
        }
        case 26: return resigned("not-utf8", text() + "\xff\n");
        case 27:
            if (!old.empty()) files["checkpoint"] = old;
            return "older-checkpoint";
        case 28:
            if (Bytes* bundle = last_bundle(); bundle != nullptr) *bundle = bytes_of(bundle->size());
            return "random-bundle";
        case 29:
            if (Bytes* bundle = last_bundle(); bundle != nullptr && !bundle->empty()) bundle->at(1) ^= std::byte{1};
            return "entry-length";
        case 30: {
            const SignedCheckpoint own{{.origin = origin, .head = head}, {text(), {}}};
            crypto::SignedNote made = *crypto::SignedNote::parse(checkpoint(), checkpoint_limits);
            made.signatures.push_back(*cosign(own, "witness.example", crypto::SigningKey::generate(random_),
                                              Time{std::chrono::hours{500'000}}));
            set_checkpoint(made.encode());
            return "cosigned";
        }
        case 31: {
            // Garbage where nobody has to look.
            files["tile/7/000.p/3"] = bytes_of(96);
            files["tile/entries/x001/000"] = bytes_of(5);
            return "stray-files";
        }
        case 32:
        case 33:
            // A reader that is behind: where the full tile is there, the partial one of its checkpoint may be gone.
            if (!old.empty()) files["checkpoint"] = old;
            std::erase_if(files, [&](const auto& file) {
                const std::size_t at = file.first.find(".p/");
                return at != std::string::npos && files.contains(file.first.substr(0, at));
            });
            return "pruned";
        default: return "none";
    }
}

void write(const fs::path& file, ByteView bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                                static_cast<std::streamsize>(bytes.size()));
}

// A proof with one byte changed now and then.
std::string maybe_changed(Scene& scene, std::string proof) {
    if (scene.below(2) == 0) return proof;
    char& c = proof[scene.below(proof.size())];
    c = static_cast<char>(static_cast<unsigned char>(c) ^ (1U << scene.below(7)));
    return proof;
}

std::string verdict(bool verified, const std::string& what) { return verified ? "ok " + what : std::string{"refused"}; }

void one(const fs::path& folder, std::uint64_t number, std::uint64_t seed) {
    Scene scene{seed};
    const crypto::NoteKey key{scene.origin, scene.key.verifying_key()};
    scene.grow();
    const fs::path home = folder / std::to_string(number);
    write(home / "vkey", as_bytes(key.text() + "\n"));

    // Proofs are made while the log is whole.
    Reader whole{scene.files};
    std::string proof_verdict = "none";
    if (scene.head.size > 0) {
        const Index index = scene.below(scene.head.size);
        const std::string text = maybe_changed(scene, prove_entry(whole, key, scene.checkpoint(), index)->encode());
        const auto proof = ProofFile::parse(text);
        proof_verdict = verdict(proof && check_proof(*proof, key), std::to_string(proof ? proof->index : 0));
        write(home / "proof", as_bytes(text));
    }
    std::string growth_verdict = "none";
    const auto old = SignedCheckpoint::open(as_text(scene.old), key);
    if (old && old->checkpoint.head.size > 0) {
        const std::string text = maybe_changed(scene, prove_growth(whole, key, *old, scene.checkpoint())->encode());
        const auto proof = AddCheckpoint::parse(text);
        const auto now = proof ? check_growth(*proof, *old, key) : std::unexpected(proof.error());
        growth_verdict = verdict(now.has_value(), now ? std::to_string(now->checkpoint.head.size) : std::string{});
        write(home / "growth", as_bytes(text));
        write(home / "old", scene.old);
    }

    const std::string damage = scene.damage();
    for (const auto& [path, bytes] : scene.files) write(home / "log" / path, bytes);
    Reader reader{scene.files};
    const auto verified = verify_log(reader, key);
    fmt::print("{} {} | {} | {} | {}\n", number, damage,
               verdict(verified.has_value(), verified ? fmt::format("{} {}", verified->checkpoint.head.size,
                                                                    to_hex(verified->checkpoint.head.root))
                                                      : std::string{}),
               proof_verdict, growth_verdict);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::uint64_t seed = std::stoull(argv[3]);
    for (std::uint64_t number = 0; number < std::stoull(argv[2]); ++number) one(argv[1], number, seed + number);
    return 0;
}
