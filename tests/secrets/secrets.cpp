// SPDX-License-Identifier: Apache-2.0
// What is done with secrets, each with its secret marked as undefined memory: run under valgrind, whatever branches on
// such memory, or finds an address by it, is reported. `leaky-…` do so on purpose, and must be caught. Where a secret
// is compared, it is the library that compares, in the call that a program makes: see `equal_and_told`.
//
//     secrets --list | secrets NAME
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "secrets.hpp"

using namespace safeq;
using namespace safeq::secrets;

// The linker puts `equal_and_told` in the place of `crypto::equal` (see CMakeLists.txt). What it says is told to
// whoever asked, at once, so from there on it is no secret: the library may branch on it, and on nothing else. So the
// calls that compare run here whole, and a comparison by anything but `crypto::equal` is caught at its first branch.
#define SAFEQ_EQUAL "_ZN5safeq6crypto5equalESt4spanIKSt4byteLm18446744073709551615EES4_"
bool equal_as_it_is(ByteView a, ByteView b) noexcept __asm__("__real_" SAFEQ_EQUAL);
bool equal_and_told(ByteView a, ByteView b) noexcept __asm__("__wrap_" SAFEQ_EQUAL);

bool equal_and_told(ByteView a, ByteView b) noexcept {
    ++comparisons;
    const bool same = equal_as_it_is(a, b);
    publish_object(same);
    return same;
}

int main(int argc, char** argv) {
    std::vector<Case> cases;
    for (const auto& some : {comparing_cases(), computing_cases(), leaky_cases()})
        cases.insert(cases.end(), some.begin(), some.end());
    const std::string_view wish = argc == 2 ? argv[1] : "";
    if (wish == "--list") {
        for (const Case& each : cases) std::printf("%s\n", std::string{each.name}.c_str());
        return 0;
    }
    const auto found = std::ranges::find(cases, wish, &Case::name);
    check(found != cases.end(), "--list, or a name of that list");
    check(RUNNING_ON_VALGRIND != 0, "to be run under valgrind");
    found->run();
    return 0;
}
