// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <safeq/core/bytes.hpp>

namespace safeq::document::pdf {

/// Whether the file names a stream filter that unpacks and that `UnpackBudget` can't bound: LZW or run-length. Names
/// are found however they are escaped; one in the middle of other data is taken for a filter too.
[[nodiscard]] bool unpacks_without_bound(ByteView pdf);

/// While it lives, streams that libqpdf inflates on this thread may together become no larger than 100 times the file
/// and no larger than 256 MiB; beyond that the inflating filter throws.
///
/// libqpdf's table of filters belongs to the process: from the first budget on, Flate streams are decoded here for
/// every user of libqpdf in the process, unbounded where no budget lives, and those with a TIFF predictor not at all.
class UnpackBudget final {
public:
    explicit UnpackBudget(std::size_t file_bytes);
    ~UnpackBudget();
    UnpackBudget(const UnpackBudget&) = delete;
    UnpackBudget& operator=(const UnpackBudget&) = delete;

private:
    std::size_t left_;
};

}  // namespace safeq::document::pdf
