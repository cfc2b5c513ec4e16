// SPDX-License-Identifier: Apache-2.0
#include <safeq/document/format.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include "support/documents.hpp"

using namespace safeq;
using namespace safeq::document;

namespace {

Format of(std::string_view text) { return sniff(as_bytes(text)); }

}  // namespace

TEST_CASE("formats are told apart by their bytes") {
    CHECK(sniff(test::make_pdf(1, "x")) == Format::pdf);
    CHECK(sniff(test::make_pwg_raster(1)) == Format::pwg_raster);
    CHECK(sniff(test::make_jpeg()) == Format::jpeg);
    CHECK(of("%!PS-Adobe-3.0\n") == Format::postscript);
    CHECK(of("\x04%!PS") == Format::postscript);
    CHECK(of("\r\n %!") == Format::postscript);
    CHECK(of("") == Format::unknown);
    CHECK(of("hello") == Format::unknown);
    CHECK(of("RaS3") == Format::unknown);
    CHECK(of("2SaR") == Format::unknown);
}

TEST_CASE("a PDF's header may come late, but not behind another language") {
    CHECK(of("junk\n%PDF-1.4") == Format::pdf);
    CHECK(of(std::string(1019, ' ') + "%PDF-") == Format::pdf);
    CHECK(of(std::string(1020, ' ') + "%PDF-") == Format::unknown);
    CHECK(of("\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n%PDF-1.4") == Format::unknown);
    CHECK(of("%!PS\n%PDF-1.4") == Format::postscript);
    CHECK(of("x %!PS\n%PDF-1.4") == Format::unknown);
    CHECK(of("\xff\xd8\xff%PDF-1.4") == Format::jpeg);
}

TEST_CASE("media types lead to formats and back") {
    for (const Format format : {Format::pdf, Format::pwg_raster, Format::jpeg, Format::postscript}) {
        CHECK(format_of(mime_type(format)) == format);
        CHECK_FALSE(name(format).empty());
    }
    CHECK(mime_type(Format::unknown) == "application/octet-stream");
    CHECK(format_of("text/html") == Format::unknown);
}
