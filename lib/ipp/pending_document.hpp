// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <safeq/ipp/engine.hpp>

namespace safeq::ipp {

struct PendingDocument::State {
    MessageHeader request;
    std::unique_ptr<DocumentSink> sink;  // gone after a failure, and with it whatever it held
    std::vector<Attribute> unsupported;
    std::string printer_uri;
    std::function<void(const Error&)> failed;  // may be empty
    bool empty = true;
    std::optional<Error> failure;

    void give_up(Error error) {
        sink.reset();
        if (failed) failed(error);
        failure = std::move(error);
    }
};

}  // namespace safeq::ipp
