// Anonymous pages of memory, from the system.
//
// Complexity: one system call each. Thread safety: free functions, no shared state.
#pragma once

#include <cstddef>

namespace platform {

// Whether pages come one by one, when they are first touched, or all of them at once.
enum class Filling { lazy, eager };

// Zero-filled and writable. Throws std::bad_alloc.
[[nodiscard]] std::byte* map_pages(std::size_t size, Filling filling = Filling::lazy);

void unmap_pages(void* pages, std::size_t size) noexcept;

// From here on a write is a fault, unless the system refuses.
void make_read_only(void* pages, std::size_t size) noexcept;

}  // namespace platform
