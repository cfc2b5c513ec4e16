// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <safeq/tls/derive.hpp>
#include <safeq/tls/scan.hpp>

#include "hello_bytes.hpp"
#include "scan_target.hpp"

using namespace safeq;
using namespace safeq::test;
using tls::Scan;

namespace {

using Codes = std::vector<std::uint16_t>;

// One for TLS 1.2 that prefers a signed suite where it finds a scheme of its own.
struct Device {
    Codes own;
    bool deaf = false;        // signs even where it finds none
    bool static_rsa = false;  // takes a suite without a signature then
    bool insists = false;     // but only where it could have signed
};

Scan scan_device(const Bytes& der, const Device& device) {
    const std::vector<Bytes> usual{extension(23, ""), extension(0xff01, "00")};
    return scan_script([&](ByteView hello) -> Result<Bytes> {
        if (offered_version(hello) != 0x0303 || offers_tls13(hello)) return alert(2, 70);
        const Offer offer{hello};
        const auto common = std::ranges::find_if(device.own, [&](auto code) { return holds(offer.schemes, code); });
        const bool found = common != device.own.end();
        if (holds(offer.suites, 0xc02f) && (found || device.deaf))
            return record(22, join({server_hello({.suite = 0xc02f, .extensions = usual}), certificates({der}),
                                    ecdhe(3, 0x0017, found ? *common : device.own.back()), done()}));
        if (device.static_rsa && holds(offer.suites, 0x002f) && (found || !device.insists))
            return record(22,
                          join({server_hello({.suite = 0x002f, .extensions = usual}), certificates({der}), done()}));
        return alert(2, 40);
    });
}

}  // namespace

TEST_CASE("what a server signs with decides what fits", "[tls][scan]") {
    World world;
    const Bytes der = to_bytes(world.issue(tls::Purpose::server, tls::KeyKind::rsa_3072).certificate.der());
    const auto scan = [&](const Device& device) { return scan_device(der, device); };

    const Scan sound = scan({.own = {0x0201, 0x0401, 0x0804}, .static_rsa = true});
    CHECK(sound.versions[3].schemes == Codes{0x0401, 0x0804, 0x0201});
    CHECK(fitting(sound) == std::vector<std::string>{"intermediate-2026", "legacy-mfd-2026", "obsolete-mfd-2026"});
    CHECK(has(weaknesses(sound, world.clock.now()), "signs TLS 1.2 with rsa_pkcs1_sha1"));

    // The SHA-1 signer of old: all suites are there, and yet nothing comes of it.
    const Scan sha1 = scan({.own = {0x0201}});
    CHECK(sha1.versions[3].suites == Codes{0xc02f});
    CHECK(sha1.versions[3].schemes == Codes{0x0201});
    CHECK_FALSE(sha1.versions[3].unasked_scheme);
    CHECK(fitting(sha1).empty());
    CHECK(fit(sha1, tls::intermediate_2026).detail == "no signature scheme in common");
    CHECK(has(weaknesses(sha1, world.clock.now()), "RFC 9155"));
    const Scan md5 = scan({.own = {0x0101}});
    CHECK(fitting(md5).empty());
    CHECK(has(weaknesses(md5, world.clock.now()), "rsa_pkcs1_md5"));
    // Of another kind of key.
    CHECK(fitting(scan({.own = {0x0403}})).empty());
    // Asked for what it can't sign with, it takes a suite that needs no signature.
    CHECK(fitting(scan({.own = {0x0201}, .static_rsa = true})) == std::vector<std::string>{"obsolete-mfd-2026"});

    const Scan insistent = scan({.own = {0x0201}, .static_rsa = true, .insists = true});
    CHECK(insistent.versions[3].suites == Codes{0xc02f, 0x002f});
    CHECK(insistent.versions[3].static_rsa_schemes.empty());
    CHECK(fitting(insistent).empty());
    CHECK(fit(insistent, tls::obsolete_mfd_2026).detail == "no signature scheme in common");
    CHECK(scan({.own = {0x0501}, .static_rsa = true, .insists = true}).versions[3].static_rsa_schemes == Codes{0x0501});

    // One that doesn't read what it is asked for chooses the suite all the same.
    const Scan deaf = scan({.own = {0x0201}, .deaf = true, .static_rsa = true});
    CHECK(deaf.versions[3].schemes == Codes{0x0201});
    CHECK(deaf.versions[3].unasked_scheme == 0x0201);
    CHECK(fitting(deaf).empty());
    CHECK(fit(deaf, tls::obsolete_mfd_2026).detail == "signed with rsa_pkcs1_sha1, whatever is offered");
    const Scan strange = scan({.own = {0xeeee}, .deaf = true});
    CHECK(strange.versions[3].schemes.empty());
    CHECK(fit(strange, tls::obsolete_mfd_2026).detail ==
          "signed with the signature scheme 0xeeee, whatever is offered");
    CHECK(fitting(scan({.own = {0x0401}, .deaf = true})).size() == 3);

    // An operator's policy that takes less.
    tls::Derivation narrow{tls::intermediate_2026};
    must(narrow.set_name("narrow"));
    must(narrow.remove_signature("rsa_pkcs1_sha256"));
    const auto without = must(narrow.finish());
    CHECK_FALSE(fit(scan({.own = {0x0401}}), *without).fits);
    CHECK(fit(sound, *without).fits);
}
