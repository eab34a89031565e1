// A doubly linked list of numbers, whose links lie in an array of the caller's: `elements[number]` is a Neighbours.
//
// Links side by side are a twentieth of their entries: where there are many, a use of one leaves the lines of its
// neighbours' entries alone.
//
// Complexity: every operation is O(1) and noexcept; only check_invariants() walks.
// Thread safety: none.
// Invariants: first_ and last_ are both kNone or both not; the links agree in both directions and end in kNone; a
// number is on one list of a container at a time. Does not: own, move or count elements. Destroying or overwriting a
// list forgets its elements untouched.
#pragma once

#include <utility>

#include "client_cache/number.hpp"

namespace client_cache {

struct Neighbours {
  Number previous = kNone;
  Number next = kNone;
};

class NumberedList {
 public:
  NumberedList() noexcept = default;
  NumberedList(NumberedList&& other) noexcept
      : first_(std::exchange(other.first_, kNone)), last_(std::exchange(other.last_, kNone)) {}
  NumberedList& operator=(NumberedList&& other) noexcept {
    first_ = std::exchange(other.first_, kNone);
    last_ = std::exchange(other.last_, kNone);
    return *this;
  }
  NumberedList(const NumberedList&) = delete;
  NumberedList& operator=(const NumberedList&) = delete;
  ~NumberedList() = default;

  [[nodiscard]] bool empty() const noexcept { return first_ == kNone; }
  // kNone when there is none.
  [[nodiscard]] Number front() const noexcept { return first_; }
  [[nodiscard]] Number back() const noexcept { return last_; }

  template <class Element>
  void push_front(Element* elements, Number added) noexcept {
    link(elements, added, kNone, first_);
  }
  template <class Element>
  void push_back(Element* elements, Number added) noexcept {
    link(elements, added, last_, kNone);
  }
  template <class Element>
  void insert_after(Element* elements, Number position, Number added) noexcept {
    link(elements, added, position, elements[position].next);
  }

  template <class Element>
  void remove(Element* elements, Number removed) noexcept {
    const Number previous = elements[removed].previous;
    const Number next = elements[removed].next;
    (previous == kNone ? first_ : elements[previous].next) = next;
    (next == kNone ? last_ : elements[next].previous) = previous;
  }

  template <class Element>
  void move_to_back(Element* elements, Number moved) noexcept {
    if (last_ == moved) return;
    remove(elements, moved);
    push_back(elements, moved);
  }

  template <class Element>
  [[nodiscard]] bool check_invariants(const Element* elements) const noexcept {
    Number before = kNone;
    for (Number at = first_; at != kNone; at = elements[at].next) {
      if (elements[at].previous != before) return false;
      before = at;
    }
    return before == last_;
  }

 private:
  template <class Element>
  void link(Element* elements, Number added, Number previous, Number next) noexcept {
    elements[added].previous = previous;
    elements[added].next = next;
    (previous == kNone ? first_ : elements[previous].next) = added;
    (next == kNone ? last_ : elements[next].previous) = added;
  }

  Number first_ = kNone;
  Number last_ = kNone;
};

}  // namespace client_cache
