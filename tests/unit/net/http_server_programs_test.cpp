// SPDX-License-Identifier: Apache-2.0
// Other people's programs as clients: curl and openssl.
#include <safeq/net/http_server.hpp>

#include "loopback.hpp"
#include "program.hpp"

using namespace safeq;
using namespace safeq::test;

namespace {

struct Listening {
    Site site;
    TemporaryFolder folder;
    Running running{site, {.tls = site.server(), .handler = echo(8 * 1024 * 1024)}};
    std::string url = "https://localhost:" + std::to_string(running.server.port());

    Listening() {
        write_file(folder / "ca.pem", site.authority.certificate().pem());
        write_file(folder / "document", std::string(3'000'000, 'd'));
    }

    [[nodiscard]] Ended curl(std::vector<std::string> arguments) const {
        std::vector<std::string> command{"curl",      "-sS", "--http1.1", "--max-time",     "60",
                                         "--noproxy", "*",   "--cacert",  folder / "ca.pem"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return run_program(folder, command);
    }
};

}  // namespace

TEST_CASE("curl gets, posts by length and in chunks, and waits for 100 Continue", "[net]") {
    const Listening here;
    Ended ended = here.curl({here.url + "/a%20b?x=1"});
    INFO(ended.err);
    CHECK(ended.status == 0);
    CHECK(ended.out == "GET /a b ");

    ended = here.curl({"-v", "--expect100-timeout", "50", "-H", "Expect: 100-continue", "--data-binary",
                       "@" + std::string{here.folder / "document"}, here.url + "/p"});
    CHECK(ended.status == 0);
    CHECK((ended.out == "POST /p " + std::string(3'000'000, 'd')));
    CHECK(ended.err.contains("HTTP/1.1 100 Continue"));

    ended = here.curl({"-H", "Transfer-Encoding: chunked", "-T", here.folder / "document", here.url + "/t"});
    CHECK(ended.status == 0);
    CHECK((ended.out == "PUT /t " + std::string(3'000'000, 'd')));

    ended = here.curl({"-v", here.url + "/1", here.url + "/2"});
    CHECK(ended.status == 0);
    CHECK(ended.out == "GET /1 GET /2 ");
    CHECK(ended.err.contains("Re-using existing connection"));
}

TEST_CASE("curl hears why a body was refused", "[net]") {
    Listening here;
    write_file(here.folder / "document", std::string(20'000'000, 'd'));
    const Ended ended = here.curl({"-o", "/dev/null", "-w", "%{http_code}", "-H", "Expect:", "--data-binary",
                                   "@" + std::string{here.folder / "document"}, here.url + "/p"});
    INFO(ended.err);
    CHECK(ended.out == "413");
}

TEST_CASE("openssl speaks TLS 1.3 and 1.2 with us, and nothing older", "[net]") {
    const Listening here;
    const auto s_client = [&](std::vector<std::string> more) {
        std::vector<std::string> command{"openssl",
                                         "s_client",
                                         "-quiet",
                                         "-no_ign_eof",
                                         "-verify_return_error",
                                         "-verify_hostname",
                                         "localhost",
                                         "-CAfile",
                                         here.folder / "ca.pem",
                                         "-connect",
                                         "127.0.0.1:" + std::to_string(here.running.server.port())};
        command.insert(command.end(), more.begin(), more.end());
        return run_program(here.folder, command, "GET /o HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    };
    for (const char* version : {"-tls1_3", "-tls1_2"}) {
        const Ended ended = s_client({version, "-ign_eof"});
        INFO(version << ": " << ended.err);
        CHECK(ended.status == 0);
        CHECK(ended.out.starts_with("HTTP/1.1 200 OK\r\n"));
        CHECK(ended.out.ends_with("\r\n\r\nGET /o "));
    }
    const Ended old = s_client({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
    CHECK(old.status != 0);
    CHECK(old.out.empty());
}

TEST_CASE("who speaks plain HTTP to a TLS port hears no HTTP", "[net]") {
    const Listening here;
    const Ended ended =
        run_program(here.folder, {"curl", "-sS", "--http0.9", "--max-time", "60", "--noproxy", "*",
                                  "http://localhost:" + std::to_string(here.running.server.port()) + "/"});
    CHECK(!ended.out.contains("HTTP"));
    CHECK(!ended.out.contains("GET"));
}
