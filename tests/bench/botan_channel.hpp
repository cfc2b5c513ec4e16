// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace safeq::bench {

/// Botan's TLS 1.3 server beside its client, both in memory, with TLS_AES_256_GCM_SHA384 and X25519MLKEM768: what a
/// server on it costs at the least.
class BotanChannel {
public:
    BotanChannel(std::string_view key_pem, std::string_view certificate_pem);
    ~BotanChannel();
    BotanChannel(const BotanChannel&) = delete;
    BotanChannel& operator=(const BotanChannel&) = delete;

    /// Bytes per processor second of the server's work alone, in records of 16 KiB.
    [[nodiscard]] double receive(std::uint64_t bytes);
    [[nodiscard]] double send(std::uint64_t bytes);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace safeq::bench
