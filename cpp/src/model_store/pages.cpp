#include "model_store/pages.hpp"

#include <sys/mman.h>

#include <new>

namespace model_store {

namespace {

#ifdef MAP_POPULATE
constexpr int kFillIn = MAP_POPULATE;
#else
constexpr int kFillIn = 0;  // not macOS: pages come by a fault each
#endif

std::byte* map(std::size_t size, int more_flags) {
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(mapped);
}

}  // namespace

Pages::Pages(std::size_t size, Use use) : size_(size) {
  // Filling in thousands of pages by one call is several times cheaper than by a fault each. A size beyond any model's
  // is more likely a damaged file's claim.
  constexpr std::size_t kMostAtOnce = 16U * 1024 * 1024;
  if (size > 0) data_ = map(size, use == Use::whole && size <= kMostAtOnce ? kFillIn : 0);
}

std::byte* map_pages(std::size_t size) { return map(size, 0); }

void unmap_pages(void* pages, std::size_t size) noexcept { ::munmap(pages, size); }

void Pages::freeze() noexcept {
  // A refusal leaves the pages writable, which harms nobody: no code here writes to them.
  if (data_ != nullptr) (void)::mprotect(data_, size_, PROT_READ);
}

}  // namespace model_store
