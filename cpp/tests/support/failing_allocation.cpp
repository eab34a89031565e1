#include "support/failing_allocation.hpp"

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>

namespace {

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-no-malloc): this is operator new

thread_local std::optional<std::size_t> allocations_to_go;

void* allocate(std::size_t size) {
  if (allocations_to_go) {
    if (*allocations_to_go == 0) {
      allocations_to_go.reset();
      throw std::bad_alloc();
    }
    --*allocations_to_go;
  }
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables,cppcoreguidelines-no-malloc)

namespace client_cache::testing {

FailingAllocation::FailingAllocation(std::size_t succeeding) noexcept { allocations_to_go = succeeding; }
FailingAllocation::~FailingAllocation() { allocations_to_go.reset(); }

std::size_t fail_each_allocation(const std::function<void()>& operation, const std::function<void()>& unchanged) {
  for (std::size_t succeeding = 0;; ++succeeding) {
    try {
      const FailingAllocation failing(succeeding);
      operation();
      return succeeding;
    } catch (const std::bad_alloc&) {
      unchanged();
    }
  }
}

}  // namespace client_cache::testing
