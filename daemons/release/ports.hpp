// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <asio/thread_pool.hpp>

#include <safeq/net/http_server.hpp>
#include <safeq/net/ipp_client.hpp>
#include <safeq/service/admin.hpp>
#include <safeq/service/custody.hpp>
#include <safeq/service/recorder.hpp>
#include <safeq/service/release_desk.hpp>
#include <safeq/store/subject_keys.hpp>
#include <safeq/tls/exceptions.hpp>

#include "common/current.hpp"

namespace safeq::daemon {

/// By which TLS policies devices are talked to.
struct DevicePolicies {
    tls::PolicyRef strict;           ///< for every device
    tls::ExceptionTable exceptions;  ///< but for these
};

/// Documents go to devices over IPPS, the device's key pinned or its certificate led to its authority. Each use of an
/// exception is on record before the connection is made; what can't be recorded isn't done.
class IppDelivery final : public service::Delivery {
public:
    IppDelivery(const Current<DevicePolicies>& policies, service::Recorder& recorder, const Clock& clock,
                Random& random, std::stop_token stop)
        : policies_{policies}, recorder_{recorder}, clock_{clock}, random_{random}, stop_{std::move(stop)} {}
    [[nodiscard]] service::Delivered deliver(const service::Consignment& consignment) override;

private:
    [[nodiscard]] Result<tls::PolicyChoice> policy_for(DeviceId device);
    [[nodiscard]] Result<std::unique_ptr<net::IppClient>> connect(const service::Consignment& consignment);

    const Current<DevicePolicies>& policies_;
    service::Recorder& recorder_;
    const Clock& clock_;
    Random& random_;
    std::stop_token stop_;
};

class KeyMaker final : public service::SubjectKeyMaker {
public:
    explicit KeyMaker(store::SubjectKeys& keys) : keys_{keys} {}
    [[nodiscard]] Result<void> create(SubjectId subject) override;
    [[nodiscard]] Result<void> destroy(SubjectId subject) override { return keys_.destroy(subject); }

private:
    store::SubjectKeys& keys_;
};

/// PUT /internal/v1/jobs/{job}/{number}: a sealed file from an intake, streamed to the spool. Everything else is 404.
[[nodiscard]] net::HttpHandler receive_files(service::Custody& custody, asio::thread_pool& pool);

}  // namespace safeq::daemon
