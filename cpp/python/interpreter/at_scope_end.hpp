// What is to be done at the end of a scope, however it is left.
//
// Does not: let an exception of the action out.
#pragma once

#include <utility>

namespace client_cache::python {

template <class Action>
class [[nodiscard]] AtScopeEnd {
 public:
  explicit AtScopeEnd(Action action) : action_(std::move(action)) {}
  ~AtScopeEnd() { action_(); }
  AtScopeEnd(const AtScopeEnd&) = delete;
  AtScopeEnd& operator=(const AtScopeEnd&) = delete;

 private:
  Action action_;
};

}  // namespace client_cache::python
