// An object whose invariants are checked after every operation on it, failed ones included: `checked->operation()`.
#pragma once

#include <gtest/gtest.h>

#include <utility>

namespace client_cache::testing {

template <class T>
class Checked {
  class Access {
   public:
    explicit Access(T& object) : object_(object) {}
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    ~Access() { EXPECT_TRUE(object_.check_invariants()); }
    T* operator->() const { return &object_; }

   private:
    T& object_;
  };

 public:
  template <class... Arguments>
  explicit Checked(Arguments&&... arguments) : object_(std::forward<Arguments>(arguments)...) {}
  Checked(const Checked&) = delete;
  Checked& operator=(const Checked&) = delete;
  ~Checked() = default;

  Access operator->() { return Access(object_); }
  // For what is done to the object as a whole; checks what it was before.
  T& operator*() {
    EXPECT_TRUE(object_.check_invariants());
    return object_;
  }

 private:
  T object_;
};

}  // namespace client_cache::testing
