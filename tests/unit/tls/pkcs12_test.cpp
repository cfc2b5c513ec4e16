// SPDX-License-Identifier: Apache-2.0
// Credentials::from_pkcs12, on files that OpenSSL writes here and now.
#include <safeq/tls/credentials.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "child.hpp"
#include "fixture.hpp"
#include "support/temporary_folder.hpp"

using namespace safeq;
using namespace safeq::tls;
using safeq::test::must;
using safeq::test::run_quietly;
using safeq::test::World;

namespace {

struct Files {
    World world;
    test::TemporaryFolder folder;

    void write(const char* name, std::string_view text) const {
        std::ofstream{folder / name, std::ios::binary} << text;
    }
    [[nodiscard]] Bytes read(const char* name) const {
        std::ifstream in{folder / name, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        return to_bytes(text);
    }
    [[nodiscard]] std::string path(const char* name) const { return (folder / name).string(); }

    Issued issue(KeyKind kind = KeyKind::ecdsa_p256) {
        Issued issued = world.issue(Purpose::server, kind);
        write("cert.pem", issued.certificate.pem());
        write("key.pem", as_text(issued.key_pem.expose()));
        write("ca.pem", world.authority.certificate().pem());
        return issued;
    }
    /// `openssl pkcs12 -export` of what was issued last.
    [[nodiscard]] Bytes exported(const std::vector<std::string>& options = {}, const std::string& password = "secret") {
        std::vector<std::string> command{"openssl",          "pkcs12", "-export",        "-inkey",
                                         path("key.pem"),    "-in",    path("cert.pem"), "-passout",
                                         "pass:" + password, "-out",   path("all.p12")};
        command.insert(command.end(), options.begin(), options.end());
        REQUIRE(run_quietly(command) == 0);
        return read("all.p12");
    }
};

Result<std::shared_ptr<const Credentials>> open(const Bytes& file, std::string_view password = "secret") {
    return Credentials::from_pkcs12(file, crypto::Secret::copy_of(password));
}

Errc code(const Bytes& file, std::string_view password = "secret") {
    const auto opened = open(file, password);
    REQUIRE_FALSE(opened);
    UNSCOPED_INFO(opened.error().message());
    return opened.error().code;
}

// Every place of an object identifier's bytes is given another's, which is as long.
Bytes changed(Bytes file, std::string_view from_hex_text, std::string_view to_hex_text, std::size_t at_least) {
    const Bytes from = *from_hex(from_hex_text), to = *from_hex(to_hex_text);
    REQUIRE(from.size() == to.size());
    std::size_t places = 0;
    for (auto at = std::search(file.begin(), file.end(), from.begin(), from.end()); at != file.end();
         at = std::search(at, file.end(), from.begin(), from.end())) {
        std::ranges::copy(to, at);
        ++places;
    }
    REQUIRE(places >= at_least);
    return file;
}

void shake_hands(World& world, const std::shared_ptr<const Credentials>& credentials) {
    const auto here = must(ServerContext::create({.policy = &intermediate_2026, .credentials = credentials}));
    const auto there =
        must(ClientContext::create({.policy = &intermediate_2026, .check = Anchored{world.anchors(), "localhost"}}));
    Session server = must(Session::server(here, world.clock, world.random));
    Session client = must(Session::client(there, world.clock, world.random));
    for (int turn = 0; turn < 10 && !(server.established() && client.established()); ++turn) {
        Bytes bytes;
        client.take_outgoing(bytes);
        must(server.received(bytes));
        server.take_outgoing(bytes);
        must(client.received(bytes));
    }
    CHECK(server.established());
    CHECK(client.established());
}

}  // namespace

TEST_CASE("what OpenSSL exports is read, and serves", "[tls]") {
    Files files;
    for (const KeyKind kind : {KeyKind::ecdsa_p256, KeyKind::rsa_2048}) {
        const Issued issued = files.issue(kind);
        for (const auto& options : std::vector<std::vector<std::string>>{
                 {},
                 {"-name", "a name"},
                 {"-certfile", files.path("ca.pem")},
                 {"-iter", "100000"},
                 {"-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC", "-macalg", "SHA512"},
                 {"-certpbe", "NONE"},
                 {"-keypbe", "NONE", "-certpbe", "NONE"}}) {
            const auto opened = must(open(files.exported(options)));
            CHECK(opened->certificate() == issued.certificate);
            const bool whole = !options.empty() && options.front() == "-certfile";
            REQUIRE(opened->chain().size() == (whole ? 2 : 1));
            if (whole) CHECK(opened->chain().back() == files.world.authority.certificate());
            shake_hands(files.world, opened);
        }
    }
}

TEST_CASE("passwords of all kinds", "[tls]") {
    Files files;
    files.issue();
    for (const std::string password : {"", "x", "pa ss\"wörd 密碼"}) {
        CAPTURE(password);
        const Bytes file = files.exported({}, password);
        CHECK(open(file, password));
        CHECK(code(file, password + "x") == Errc::authentication_failed);
        CHECK(code(file, "X") == Errc::authentication_failed);
    }
    CHECK(code(files.exported(), std::string(1025, 'x')) == Errc::too_large);
    CHECK(code(files.exported(), "\xff\xfe") != Errc::internal);
}

TEST_CASE("what is old, new, or unauthenticated is refused, and says what to do", "[tls]") {
    Files files;
    files.issue();
    for (const auto& options : std::vector<std::vector<std::string>>{{"-legacy"},
                                                                     {"-keypbe", "PBE-SHA1-3DES"},
                                                                     {"-certpbe", "PBE-SHA1-3DES"},
                                                                     {"-keypbe", "PBE-SHA1-3DES", "-certpbe", "NONE"},
                                                                     {"-keypbe", "DES-EDE3-CBC"},
                                                                     {"-macalg", "SHA1"}}) {
        const auto opened = open(files.exported(options));
        REQUIRE_FALSE(opened);
        CAPTURE(options.front(), opened.error().message());
        CHECK(opened.error().code == Errc::unsupported);
        CHECK(opened.error().detail.contains("openssl pkcs12 -legacy -in OLD"));
    }
    CHECK(code(files.exported({"-nomac"})) == Errc::unsupported);
    CHECK(code(files.exported({"-macalg", "MD5"})) == Errc::unsupported);

    const Bytes file = files.exported();
    const std::string_view sha256 = "608648016503040201", pbmac1 = "2a864886f70d01050e";
    CHECK(code(changed(file, sha256, pbmac1, 1)) == Errc::unsupported);
    const std::string_view with_sha256 = "2a864886f70d0209", with_sha1 = "2a864886f70d0207";
    CHECK(code(changed(file, with_sha256, with_sha1, 2)) == Errc::unsupported);
    CHECK(code(changed(file, "2a864886f70d010701", "2a864886f70d010703", 2)) == Errc::unsupported);  // enveloped data
}

TEST_CASE("a file that would keep us busy is refused before the work begins", "[tls]") {
    Files files;
    files.issue();
    // 65,537 iterations take three bytes, which have room for more than we do.
    const Bytes file = files.exported({"-iter", "65537"});
    CHECK(open(file));
    CHECK(code(changed(file, "0203010001", "02037fffff", 1)) == Errc::too_large);
    CHECK(code(changed(file, "0203010001", "0203ffffff", 1)) != Errc::authentication_failed);  // negative
    CHECK(code(changed(file, "0203010001", "0203000000", 1)) != Errc::authentication_failed);
}

TEST_CASE("cut, torn and foreign files are refused", "[tls]") {
    Files files;
    files.issue();
    const Bytes file = files.exported();
    for (std::size_t size = 0; size < file.size(); ++size)
        CHECK(code(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size))) != Errc::internal);
    for (std::size_t at = 0; at < file.size(); at += 7) {
        Bytes torn = file;
        torn[at] ^= std::byte{0x21};
        if (const auto opened = open(torn)) CHECK((*opened)->certificate() == must(open(file))->certificate());
    }
    Bytes longer = file;
    longer.push_back(std::byte{0});
    CHECK(code(longer) == Errc::malformed);
    CHECK(code(Bytes(1024 * 1024 + 1)) == Errc::too_large);
    CHECK(code(files.read("cert.pem")) == Errc::malformed);

    REQUIRE(run_quietly({"openssl", "pkcs12", "-export", "-nokeys", "-in", files.path("cert.pem"), "-passout",
                         "pass:secret", "-out", files.path("no-key.p12")}) == 0);
    CHECK(code(files.read("no-key.p12")) == Errc::key_invalid);
    REQUIRE(run_quietly({"openssl", "pkcs12", "-export", "-nocerts", "-inkey", files.path("key.pem"), "-passout",
                         "pass:secret", "-out", files.path("no-cert.p12")}) == 0);
    CHECK(code(files.read("no-cert.p12")) == Errc::key_invalid);
    REQUIRE(run_quietly({"openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "9", "-subj", "/CN=x",
                         "-keyout", files.path("key.pem"), "-out", files.path("cert.pem")}) == 0);
    CHECK(code(files.exported()) == Errc::key_invalid);
}
