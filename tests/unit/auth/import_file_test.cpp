// SPDX-License-Identifier: Apache-2.0
#include <safeq/auth/import_file.hpp>

#include <fmt/format.h>
#include <catch2/catch_test_macros.hpp>

using namespace safeq;
using namespace safeq::auth;

namespace {

constexpr std::string_view hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

void refused(const std::string& text, Errc code, std::string_view where) {
    INFO(text);
    const auto parsed = parse_import_file(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == code);
    CHECK(parsed.error().where == where);
    CHECK_FALSE(parsed.error().message().contains("CCCC"));
}

}  // namespace

TEST_CASE("a file of people is read line by line", "[auth]") {
    const auto parsed = parse_import_file(
        fmt::format("# from the old server\nalice:{0}\r\n\nbob m\u00fcller:{{CRYPT}}{0}\ncarol:{{SSHA256}}{1}", hash,
                    to_base64(Bytes(40))));
    REQUIRE(parsed);
    REQUIRE(parsed->size() == 3);
    CHECK((*parsed)[0].name == "alice");
    CHECK((*parsed)[0].line == 2);
    CHECK((*parsed)[1].name == "bob m\u00fcller");
    CHECK((*parsed)[1].line == 4);
    CHECK((*parsed)[1].password.function() == ForeignFunction::bcrypt);
    CHECK((*parsed)[2].line == 5);
    CHECK((*parsed)[2].password.function() == ForeignFunction::ssha256);
    CHECK(parse_import_file("")->empty());
    CHECK(parse_import_file("\n\n# nobody\n")->empty());
}

TEST_CASE("one wrong line refuses the file and says where", "[auth]") {
    const std::string good = fmt::format("alice:{}\n", hash);
    refused(good + "bob\n", Errc::malformed, "line 2");
    refused(good + fmt::format(":{}\n", hash), Errc::malformed, "line 2");
    refused(good + "\n\nbob:\n", Errc::unsupported, "line 4");
    refused(good + "bob:secret\n", Errc::unsupported, "line 2");
    refused(good + fmt::format("bob:{}:1\n", hash), Errc::malformed, "line 2");
    refused(good + fmt::format(" bob:{}\n", hash), Errc::malformed, "line 2");
    refused(good + fmt::format("b\tob:{}\n", hash), Errc::control_character, "line 2");
    refused(good + fmt::format("bu\u0308b:{}\n", hash), Errc::not_canonical, "line 2");
    refused(good + "bob:$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n", Errc::weak_parameters,
            "line 2");
    refused(good + "#\n" + good, Errc::duplicate, "line 3");
    refused(good + fmt::format("b\xff:{}\n", hash), Errc::invalid_utf8, "import");
    refused(std::string(max_import_bytes + 1, '\n'), Errc::too_large, "import");
    std::string many;
    for (std::size_t i = 0; i <= max_import_users; ++i) many += fmt::format("user{}:{}\n", i, hash);
    refused(many, Errc::too_many, fmt::format("line {}", max_import_users + 1));
}
