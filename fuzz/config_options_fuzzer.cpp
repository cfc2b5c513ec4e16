// SPDX-License-Identifier: Apache-2.0
// Under test: daemon::from_config, daemon::to_config, net::ListenAddress::parse. The first byte chooses the daemon.
// Property: any text is refused with `config_invalid` or `too_large`, or gives options that a daemon can be started
// with; those, written out, read back as the same options.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/options.hpp"

namespace {

template <class Options>
void check(std::string_view text) {
    const auto options = safeq::daemon::from_config<Options>(text);
    if (!options) {
        const safeq::Errc code = options.error().code;
        if (code != safeq::Errc::config_invalid && code != safeq::Errc::too_large) std::abort();
        return;
    }
    const auto again = safeq::daemon::from_config<Options>(safeq::daemon::to_config(*options));
    if (!again || *again != *options) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 3) {
        case 0: check<safeq::daemon::IntakeOptions>(text); break;
        case 1: check<safeq::daemon::ReleaseOptions>(text); break;
        default: check<safeq::daemon::ReportOptions>(text); break;
    }
    return 0;
}
