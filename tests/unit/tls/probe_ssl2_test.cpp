// SPDX-License-Identifier: Apache-2.0
#include <safeq/tls/probe.hpp>

#include "fixture.hpp"
#include "support/fixed_random.hpp"

using namespace safeq;
using namespace safeq::test;
using tls::Ssl2Answer;

namespace {

// Kind and version; lengths of a certificate of 4, a cipher of 3 and a connection of 2 bytes; these.
constexpr std::string_view sound =
    "8014"
    "0400010002"
    "000400030002"
    "6c656166"
    "010080"
    "6964";

Result<Ssl2Answer> read(std::string_view hex) { return tls::read_ssl2_answer(from_hex(hex).value()); }

Errc refused(std::string_view hex) {
    const auto answer = read(hex);
    REQUIRE_FALSE(answer);
    return answer.error().code;
}

}  // namespace

TEST_CASE("a greeting of SSL 2.0 is written as it was in 1995", "[tls][probe]") {
    FixedRandom random{Bytes(16, std::byte{0xcc})};
    CHECK(to_hex(tls::ssl2_probe_hello(random)) ==
          "802e"
          "010002"
          "0015"
          "0000"
          "0010"
          "010080020080030080040080050080060040"
          "0700c0" +
              std::string(32, 'c'));
}

TEST_CASE("answers to it are told apart", "[tls][probe]") {
    CHECK(must(read(sound)) == Ssl2Answer::accepted);
    CHECK(must(read(std::string{sound} + "ffff")) == Ssl2Answer::accepted);
    CHECK(must(read("800b"
                    "0400010002"
                    "000000000000")) == Ssl2Answer::refused);  // no cipher in common
    CHECK(must(read("8003"
                    "000001")) == Ssl2Answer::refused);
    CHECK(must(read("15030000020228")) == Ssl2Answer::refused);
}

TEST_CASE("an answer to it is not read before it is there, and is whole", "[tls][probe][hostile]") {
    for (std::size_t i = 0; i < sound.size(); i += 2) CHECK(must(read(sound.substr(0, i))) == Ssl2Answer::incomplete);
    CHECK(must(read("ffff04")) == Ssl2Answer::incomplete);
    CHECK(refused("48545450") == Errc::malformed);
    CHECK(refused("160300") == Errc::malformed);
    CHECK(refused("8000") == Errc::truncated);
    CHECK(refused("800101") == Errc::malformed);
    CHECK(refused("80040400"
                  "0100") == Errc::truncated);
    CHECK(refused("800b"
                  "0400010003"
                  "000000000000") == Errc::malformed);
    CHECK(refused("800b"
                  "0400010002"
                  "000100000000") == Errc::truncated);
    CHECK(refused("800b"
                  "0400010002"
                  "0000ffff0000") == Errc::truncated);
    CHECK(refused("800c"
                  "0400010002"
                  "000000000000"
                  "00") == Errc::trailing_data);
    CHECK(refused("800c"
                  "0400010002"
                  "000000010000"
                  "01") == Errc::malformed);
}
