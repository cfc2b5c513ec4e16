// SPDX-License-Identifier: Apache-2.0
#include <safeq/crypto/hpke.hpp>

#include <map>
#include <sstream>
#include <vector>

#include "crypto/hpke_schedule.hpp"
#include "crypto/x25519.hpp"
#include "vectors/crypto/wycheproof.hpp"

using namespace safeq;
using namespace safeq::crypto;
using test::hex;
using test::hex_array;

namespace {

using Fields = std::map<std::string, std::string>;

// The RFC's text: "name: value", values folded over lines, records apart by empty lines. The first record is the
// set-up, then come the encryptions and the exports.
std::vector<Fields> parse_rfc(const std::string& text) {
    std::vector<Fields> records{{}};
    std::string field;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#") || line.starts_with("~~~") || line.empty()) {
            if (!records.back().empty()) records.emplace_back();
            field.clear();
            continue;
        }
        std::string value = line;
        if (const auto colon = line.find(':'); colon != std::string::npos) {
            field = line.substr(0, colon);
            value = line.substr(colon + 1);
            records.back()[field];
        }
        std::erase(value, ' ');
        records.back()[field] += value;
    }
    if (records.back().empty()) records.pop_back();
    return records;
}

// DHKEM(X25519, HKDF-SHA256) of RFC 9180, 4.1, built from the parts under test.
constexpr std::uint16_t dhkem_x25519 = 0x0020;

Bytes dhkem_suite() { return ByteWriter{}.text("KEM").u16(dhkem_x25519).take(); }

X25519Key derive_key_pair(ByteView input) {
    const Secret derived = hpke::labelled_extract(dhkem_suite(), {}, "dkp_prk", input);
    const Secret scalar = hpke::labelled_expand(dhkem_suite(), derived, "sk", {}, 32);
    const auto key = X25519Scalar::from(scalar.expose());
    REQUIRE(key);
    return X25519Key{*key};
}

Secret dhkem_secret(const X25519Key& own, const X25519Public& peer, const X25519Public& enc,
                    const X25519Public& recipient) {
    const X25519Shared agreed = own.agree(peer);
    const Bytes context = ByteWriter{}.bytes(enc).bytes(recipient).take();
    const Secret extracted = hpke::labelled_extract(dhkem_suite(), {}, "eae_prk", agreed.expose());
    return hpke::labelled_expand(dhkem_suite(), extracted, "shared_secret", context, 32);
}

constexpr hpke::Suite rfc_suite{.kem = dhkem_x25519, .aead = 0x0001, .aead_key_bytes = 16};

}  // namespace

TEST_CASE("HPKE key schedule: RFC 9180, A.1.1", "[crypto]") {
    const auto records = parse_rfc(test::read_vector_file("hpke/rfc9180-a1-base.txt"));
    const Fields& setup = records.at(0);

    const X25519Key ephemeral = derive_key_pair(hex(setup.at("ikmE")));
    const X25519Key recipient = derive_key_pair(hex(setup.at("ikmR")));
    const auto enc = hex_array<32>(setup.at("enc"));
    CHECK(to_hex(ephemeral.public_key()) == setup.at("pkEm"));
    CHECK(to_hex(recipient.public_key()) == setup.at("pkRm"));
    CHECK(ephemeral.public_key() == enc);

    const Secret sender = dhkem_secret(ephemeral, recipient.public_key(), enc, recipient.public_key());
    const Secret receiver = dhkem_secret(recipient, enc, enc, recipient.public_key());
    CHECK(to_hex(sender.expose()) == setup.at("shared_secret"));
    CHECK(to_hex(receiver.expose()) == setup.at("shared_secret"));

    const hpke::Schedule schedule = hpke::schedule_base(rfc_suite, sender.expose(), hex(setup.at("info")));
    CHECK(to_hex(schedule.key.expose()) == setup.at("key"));
    CHECK(to_hex(schedule.base_nonce) == setup.at("base_nonce"));

    const auto key = Aead128Key::from(schedule.key.expose());
    REQUIRE(key);
    Aead aead{*key};
    int encryptions = 0;
    int exports = 0;
    for (const Fields& record : records) {
        if (record.contains("sequence number")) {
            AeadNonce nonce = schedule.base_nonce;
            const int number = std::stoi(record.at("sequence number"));
            nonce[10] ^= static_cast<std::byte>(number >> 8);
            nonce[11] ^= static_cast<std::byte>(number & 0xff);
            CHECK(to_hex(nonce) == record.at("nonce"));
            const Bytes plaintext = hex(record.at("pt"));
            Bytes sealed(plaintext.size() + aead_tag_bytes);
            aead.seal(sealed, nonce, {plaintext}, {hex(record.at("aad"))});
            CHECK(to_hex(sealed) == record.at("ct"));
            ++encryptions;
        } else if (record.contains("exported_value")) {
            const Secret exporter = Secret::copy_of(hex(setup.at("exporter_secret")));
            const Secret value = hpke::labelled_expand(hpke::suite_id(rfc_suite), exporter, "sec",
                                                       hex(record.at("exporter_context")), 32);
            CHECK(to_hex(value.expose()) == record.at("exported_value"));
            ++exports;
        }
    }
    CHECK(encryptions == 6);
    CHECK(exports == 3);
}

TEST_CASE("HPKE with X-Wing opens what another implementation sealed", "[crypto]") {
    // The draft's first encapsulation; key schedule and AES-256-GCM computed apart from this library.
    const auto vector = test::read_json("xwing/test-vectors.json").at(0);
    const auto key = XwingPrivateKey::from_seed(XwingSeed::copy_of(hex_array<32>(vector.at("seed"))));
    const auto opened = hpke_open(key, hex_array<xwing_ciphertext_bytes>(vector.at("ct")),
                                  {as_bytes("safeq test info")}, {as_bytes("safeq test aad")},
                                  hex("107dd223753e613b02661267ca9ceecbab774093a03cfa0b3c8ee5b45ddc7e83"
                                      "74a6dd7883091d3eccceee4332d52093"));
    REQUIRE(opened);
    CHECK(as_text(opened->expose()) == "X-Wing, HKDF-SHA256, AES-256-GCM");
}
