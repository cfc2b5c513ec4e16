// SPDX-License-Identifier: Apache-2.0
#include "config/read_files.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace safeq::daemon;

TEST_CASE("files that were read show in the configuration by name and digest, whatever the order", "[config]") {
    ReadFiles files;
    CHECK(files.lines().empty());
    files.add("/srv/safeq/public/intakes", "b");
    files.add("/srv/safeq/public/b.policy", "");
    const std::string before = files.lines();
    CHECK(before ==
          "file=\"/srv/safeq/public/b.policy\" "
          "sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
          "file=\"/srv/safeq/public/intakes\" "
          "sha256=3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d\n");
    ReadFiles other;
    other.add("/srv/safeq/public/b.policy", "");
    other.add("/srv/safeq/public/intakes", "b");
    CHECK(other.lines() == before);
    // Any change of one is another text.
    other.add("/srv/safeq/public/intakes", "c");
    CHECK(other.lines() != before);
    files.add("/srv/safeq/public/a.policy", "");
    CHECK(files.lines() != before);
}
