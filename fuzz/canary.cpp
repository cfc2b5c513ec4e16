// SPDX-License-Identifier: Apache-2.0
// A target that must crash: it reads one byte too many behind a head that a fuzzer finds within seconds. Who runs the
// targets runs it first, so that a run in which nothing is instrumented can't look clean.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4 || std::memcmp(data, "safe", 4) != 0) return 0;
    const std::vector<std::uint8_t> copy(data, data + size);
    const volatile std::uint8_t* past = copy.data();
    static volatile std::uint8_t sink = 0;
    sink = past[copy.size()];
    return 0;
}
