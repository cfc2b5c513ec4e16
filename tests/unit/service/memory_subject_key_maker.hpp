// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <safeq/service/admin.hpp>

#include "support/memory_audit.hpp"

namespace safeq::test {

/// Makes and destroys the keys of people, in memory.
class MemorySubjectKeyMaker final : public service::SubjectKeyMaker {
public:
    MemorySubjectKeyMaker(MemorySubjectKeys& keys, Random& random) : keys_{keys}, random_{random} {}
    Result<void> create(SubjectId subject) override {
        keys_.put(subject, audit::SubjectKey::random(random_));
        return {};
    }
    Result<void> destroy(SubjectId subject) override {
        keys_.destroy(subject);
        return {};
    }

private:
    MemorySubjectKeys& keys_;
    Random& random_;
};

}  // namespace safeq::test
