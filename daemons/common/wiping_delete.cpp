// SPDX-License-Identifier: Apache-2.0
// What a daemon frees, it wipes: titles, names and pieces of documents pass through texts and buffers that aren't made
// for secrets, and would lie in its memory, and in a core of it, until something else is put there. Costs a pass over
// each block. Under a sanitizer, whose own functions find mistakes, nothing is replaced.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

namespace {

void wipe_and_free(void* block) noexcept {
    if (block == nullptr) return;
    explicit_bzero(block, malloc_usable_size(block));
    std::free(block);
}

}  // namespace

// The forms that the standard library's others come down to.
void operator delete(void* block) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { wipe_and_free(block); }

#endif
