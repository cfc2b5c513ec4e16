// SPDX-License-Identifier: Apache-2.0
#include <botan/data_src.h>
#include <botan/ec_group.h>
#include <botan/ecc_key.h>
#include <botan/pem.h>
#include <botan/pkcs8.h>

#include <tls/backend.hpp>

namespace safeq::tls {

namespace {

constexpr std::size_t max_pem_bytes = 8 * 1024 * 1024;
constexpr std::size_t max_crls = 64;

}  // namespace

Result<std::vector<Botan::secure_vector<std::uint8_t>>> read_pem(std::string_view text, std::string_view label,
                                                                 std::size_t max_blocks) {
    constexpr std::string_view begin = "-----BEGIN ", end = "-----END ", dashes = "-----";
    const std::string where = "PEM " + std::string{label};
    if (text.size() > max_pem_bytes) return fail(Errc::too_large, where, "over 8 MiB");
    std::vector<Botan::secure_vector<std::uint8_t>> blocks;
    for (std::size_t at = text.find(begin); at != text.npos; at = text.find(begin, at)) {
        const std::size_t closing = text.find(end, at);
        const std::size_t stop = closing == text.npos ? text.npos : text.find(dashes, closing + end.size());
        if (stop == text.npos) return fail(Errc::malformed, where, "a block has no end");
        const std::string_view block = text.substr(at, stop + dashes.size() - at);
        at = stop + dashes.size();
        if (blocks.size() == max_blocks) return fail(Errc::too_many, where, "over " + std::to_string(max_blocks));
        auto der = crypto::at_seam(where.c_str(), Errc::malformed, [&]() -> Result<Botan::secure_vector<std::uint8_t>> {
            std::string found;
            Botan::DataSource_Memory source{block};
            auto decoded = Botan::PEM_Code::decode(source, found);
            if (found != label) return fail(Errc::malformed, where, "a block of another kind is there");
            return decoded;
        });
        if (!der) return std::unexpected{std::move(der).error()};
        blocks.push_back(std::move(*der));
    }
    if (blocks.empty()) return fail(Errc::malformed, where, "no such block");
    return blocks;
}

Result<std::unique_ptr<Botan::Private_Key>> read_key(KeyPem pem) {
    SAFEQ_TRY(const auto blocks, read_pem(pem.text, "PRIVATE KEY", 1));
    return crypto::at_seam("private key", Errc::malformed, [&]() -> Result<std::unique_ptr<Botan::Private_Key>> {
        Botan::DataSource_Memory source{blocks.front()};
        auto key = Botan::PKCS8::load_key(source);
        SAFEQ_TRY_VOID(check_key(*key));
        return key;
    });
}

Result<void> check_key(const Botan::Private_Key& key) {
    if (key.algo_name() == "RSA" ? key.key_length() < 2048 : curve_name(key).empty())
        return fail(Errc::key_invalid, "private key", "neither RSA of 2048 bits or more, nor ECDSA on P-256 or P-384");
    return {};
}

Result<std::vector<Botan::X509_CRL>> read_crls(CrlsPem pem) {
    std::vector<Botan::X509_CRL> crls;
    if (pem.text.find("-----BEGIN ") == pem.text.npos) {
        if (pem.text.find_first_not_of(" \t\r\n") != pem.text.npos)
            return fail(Errc::malformed, "revocation lists", "no PEM");
        return crls;
    }
    SAFEQ_TRY(const auto blocks, read_pem(pem.text, "X509 CRL", max_crls));
    return crypto::at_seam("revocation list", Errc::malformed, [&]() -> Result<std::vector<Botan::X509_CRL>> {
        for (const auto& block : blocks) {
            Botan::DataSource_Memory source{block};
            crls.emplace_back(source);
        }
        return std::move(crls);
    });
}

std::string curve_name(const Botan::Public_Key& key) {
    const auto* const curve = dynamic_cast<const Botan::EC_PublicKey*>(&key);
    if (curve == nullptr || key.algo_name() != "ECDSA") return {};
    const Botan::EC_Group& group = curve->domain();
    for (const char* const known : {"secp256r1", "secp384r1"})
        if (group == Botan::EC_Group::from_name(known)) return known;
    return {};
}

bool belongs_to(const Botan::Private_Key& key, const Botan::X509_Certificate& certificate) {
    const auto theirs = certificate.subject_public_key();
    const auto ours = key.public_key();
    return ours->algo_name() == theirs->algo_name() && ours->public_key_bits() == theirs->public_key_bits() &&
           curve_name(*ours) == curve_name(*theirs);
}

}  // namespace safeq::tls
