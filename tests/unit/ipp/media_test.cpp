// SPDX-License-Identifier: Apache-2.0
#include "ipp/media.hpp"

#include <catch2/catch_test_macros.hpp>

#include <safeq/ipp/attribute.hpp>

using namespace safeq::ipp;
using namespace safeq::ipp::detail;

TEST_CASE("media names tell their size") {
    CHECK(media_size("iso_a4_210x297mm") == MediaSize{21000, 29700});
    CHECK(media_size("na_letter_8.5x11in") == MediaSize{21590, 27940});
    CHECK(media_size("na_index-4x6_4x6in") == MediaSize{10160, 15240});
    CHECK(media_size("jpn_chou4_90x205mm") == MediaSize{9000, 20500});
    CHECK(media_size("om_small_0.125x0.5mm") == MediaSize{13, 50});
    for (const char* other :
         {"", "a4", "iso_a4", "iso_a4_210x297", "iso_a4_210mm", "iso_a4_x297mm", "iso_a4_-1x5mm", "iso_a4_0x5mm",
          "iso_a4_1e9x5mm", "iso_a4_999999999x1mm", "iso_a4_1..5x1mm", "iso_a4_1.x1mm", "_210x297mm"})
        CHECK(media_size(other) == std::nullopt);
}

TEST_CASE("what the printer describes is what it takes") {
    const std::vector<std::string> supported{"iso_a4_210x297mm", "na_letter_8.5x11in"};
    for (const std::string& name : supported) CHECK(match_media_col(media_col(*media_size(name)), supported) == name);
    CHECK(match_media_col(media_col({100, 100}), supported) == std::nullopt);
    CHECK(match_media_col(Collection{}, supported) == "");
    CHECK(match_media_col(Collection{{Attribute{"media-type", Value::keyword("gold")}}}, supported) == std::nullopt);
    CHECK(match_media_col(Collection{{Attribute{"media-top-margin", Value::integer(-1)}}}, supported) == std::nullopt);
}
