#include "model_store/pages.hpp"

#include <sys/mman.h>

#include <new>

namespace model_store {

std::byte* map_pages(std::size_t size) {
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(mapped);
}

void unmap_pages(void* pages, std::size_t size) noexcept { ::munmap(pages, size); }

void Pages::freeze() noexcept {
  // A refusal leaves the pages writable, which harms nobody: no code here writes to them.
  if (data_ != nullptr) (void)::mprotect(data_, size_, PROT_READ);
}

}  // namespace model_store
