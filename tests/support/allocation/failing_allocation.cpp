// SPDX-License-Identifier: Apache-2.0
#include "support/allocation/failing_allocation.hpp"

#include <atomic>
#include <cstdio>

namespace {

std::atomic<std::size_t> left = 0;  // until the one that fails; 0: none does
std::atomic<bool> failed = false;
thread_local bool counts = false;

// Whether this is the one.
bool fails_now() noexcept {
    if (!counts) return false;
    std::size_t now = left.load(std::memory_order_relaxed);
    while (now != 0 && !left.compare_exchange_weak(now, now - 1)) {
    }
    if (now != 1) return false;
    failed = true;
    return true;
}

void* allocate(std::size_t size) {
    if (fails_now()) throw std::bad_alloc{};
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace safeq::test {

FailingAllocation::FailingAllocation(std::size_t n) noexcept {
    failed = false;
    left = n;
}
FailingAllocation::~FailingAllocation() { left = 0; }
bool FailingAllocation::happened() const noexcept { return failed; }

bool allocation_fails() noexcept { return fails_now(); }

CountedThread::CountedThread() noexcept { counts = true; }
CountedThread::~CountedThread() { counts = false; }

void hold(bool property, std::source_location where) {
    if (property) return;
    std::fprintf(stderr, "%s:%u: broken\n", where.file_name(), static_cast<unsigned>(where.line()));
    std::_Exit(broken);
}

}  // namespace safeq::test
