// SPDX-License-Identifier: Apache-2.0
// Under test: tls::Credentials::from_pkcs12.
// Property: a file opens by one password at the most; what opens has a leaf and at most 16 certificates, each of which
// reads again from its own bytes, and opens again as the same; one byte more or less never opens.
#include <cstdint>
#include <cstdlib>

#include <safeq/tls/credentials.hpp>

using namespace safeq;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = std::as_bytes(std::span{data, size});
    const auto password = crypto::Secret::copy_of(std::string_view{"secret"});
    const auto opened = tls::Credentials::from_pkcs12(input, password);
    if (!opened) {
        require(opened.error().code != Errc::internal);
        return 0;
    }
    const auto& chain = (*opened)->chain();
    require(!chain.empty() && chain.size() <= 16);
    for (const tls::Certificate& certificate : chain) {
        const auto again = tls::Certificate::from_der(certificate.der());
        require(again && *again == certificate);
    }
    const auto again = tls::Credentials::from_pkcs12(input, password);
    require(again && (*again)->chain() == chain);
    require(!tls::Credentials::from_pkcs12(input, crypto::Secret::copy_of(std::string_view{"Secret"})));
    require(!tls::Credentials::from_pkcs12(input.first(size - 1), password));
    Bytes longer = to_bytes(input);
    longer.push_back(std::byte{0});
    require(!tls::Credentials::from_pkcs12(longer, password));
    return 0;
}
