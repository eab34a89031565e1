#include "model_store/pages.hpp"

#include <sys/mman.h>

#include <new>

namespace model_store {

Pages::Pages(std::size_t size) : size_(size) {
  if (size == 0) return;
  void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(mapped);
}

Pages::~Pages() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void Pages::freeze() noexcept {
  // A refusal leaves the pages writable, which harms nobody: no code here writes to them.
  if (data_ != nullptr) (void)::mprotect(data_, size_, PROT_READ);
}

}  // namespace model_store
