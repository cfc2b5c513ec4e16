// SPDX-License-Identifier: Apache-2.0
#include <safeq/spool/arrival.hpp>

#include <algorithm>

#include <safeq/spool/envelope.hpp>

#include "unseal.hpp"

namespace safeq::spool {
namespace {

class Arrival final : public BlobSink {
public:
    Arrival(std::unique_ptr<BlobSink> sink, const Header& expected, KnownIntakes& intakes)
        : sink_{std::move(sink)}, expected_{expected}, intakes_{intakes} {
        beginning_.reserve(Preamble::encoded_bytes);
    }

    Result<void> write(ByteView bytes) override {
        if (!good_) {
            const std::size_t n = std::min(bytes.size(), Preamble::encoded_bytes - beginning_.size());
            beginning_.insert(beginning_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
            if (beginning_.size() == Preamble::encoded_bytes) SAFEQ_TRY_VOID(judge());
        }
        return sink_->write(bytes);
    }

    Result<void> commit() override {
        if (!good_) SAFEQ_TRY_VOID(judge());
        return sink_->commit();
    }

private:
    // A shorter one is refused as what it is: truncated.
    Result<void> judge() {
        SAFEQ_TRY_VOID(check_beginning(beginning_, expected_, intakes_));
        good_ = true;
        return {};
    }

    std::unique_ptr<BlobSink> sink_;
    Header expected_;
    KnownIntakes& intakes_;
    Bytes beginning_;
    bool good_ = false;
};

}  // namespace

Result<void> check_beginning(ByteView beginning, const Header& expected, KnownIntakes& intakes) {
    SAFEQ_TRY(const Preamble preamble, Preamble::decode(beginning));
    Header header = expected;
    header.owner = preamble.header.owner;
    SAFEQ_TRY_VOID(preamble.header.check(header));
    if (preamble.header.intake != expected.intake)
        return fail(Errc::denied, "spool file", "written by another intake than the one that sends it");
    return verify_signature(preamble, intakes);
}

std::unique_ptr<BlobSink> arrival(std::unique_ptr<BlobSink> sink, const Header& expected, KnownIntakes& intakes) {
    return std::make_unique<Arrival>(std::move(sink), expected, intakes);
}

}  // namespace safeq::spool
