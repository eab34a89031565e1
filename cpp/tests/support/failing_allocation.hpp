// Makes one allocation of this thread fail, to see what an operation leaves behind when memory runs out.
#pragma once

#include <cstddef>
#include <functional>

namespace client_cache::testing {

// While it lives, the allocation after `succeeding` further ones throws std::bad_alloc; those after it succeed again.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::size_t succeeding) noexcept;
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;
  ~FailingAllocation();
};

// Runs `operation` again and again, failing its first allocation, then its second and so on, each time followed by
// `unchanged`, until it needs no further one and succeeds. Returns how often it failed.
std::size_t fail_each_allocation(const std::function<void()>& operation, const std::function<void()>& unchanged);

}  // namespace client_cache::testing
