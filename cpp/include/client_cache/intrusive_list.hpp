// A doubly linked list through links that live in its elements: it links, it never owns.
//
// Complexity: every operation is O(1) and noexcept; only check_invariants() walks.
// Thread safety: none.
// Invariants: first_ and last_ are both null or both not; the links agree in both directions and end in null; an
// element is on one list at a time. Constness is shallow, as with any container of pointers.
// Does not: allocate, destroy, copy or count elements. Destroying or overwriting a list forgets its elements untouched.
//
// The ends are pointers of their own rather than a sentinel among the elements. With a sentinel, GCC 12 at -O3 hoisted
// the load of its link out of a loop of removals, where two caches in one std::variant met in one function.
#pragma once

#include <utility>

namespace client_cache {

// What an element inherits. Its address is its identity on the list, so it is not copied.
struct ListLinks {
  ListLinks() = default;
  ListLinks(const ListLinks&) = delete;
  ListLinks& operator=(const ListLinks&) = delete;
  ~ListLinks() = default;

  ListLinks* previous = nullptr;
  ListLinks* next = nullptr;
};

// T derives from ListLinks.
template <class T>
class IntrusiveList {
 public:
  IntrusiveList() noexcept = default;
  IntrusiveList(IntrusiveList&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), last_(std::exchange(other.last_, nullptr)) {}
  IntrusiveList& operator=(IntrusiveList&& other) noexcept {
    IntrusiveList taken(std::move(other));
    std::swap(first_, taken.first_);
    std::swap(last_, taken.last_);
    return *this;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() = default;

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  // Null when there is none.
  [[nodiscard]] T* front() const noexcept { return element(first_); }
  [[nodiscard]] T* back() const noexcept { return element(last_); }
  [[nodiscard]] T* next(const T& element_on_list) const noexcept { return element(links(element_on_list).next); }
  [[nodiscard]] T* previous(const T& element_on_list) const noexcept {
    return element(links(element_on_list).previous);
  }

  void push_front(T& added) noexcept { link(added, nullptr, first_); }
  void push_back(T& added) noexcept { link(added, last_, nullptr); }
  void insert_after(T& position, T& added) noexcept { link(added, &position, links(position).next); }

  void remove(T& removed) noexcept {
    const ListLinks& gone = removed;
    link_to(gone.previous, gone.next);
  }

  void move_to_back(T& moved) noexcept {
    if (last_ == &moved) return;
    remove(moved);
    push_back(moved);
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    const ListLinks* before = nullptr;
    for (const ListLinks* at = first_; at != nullptr; at = at->next) {
      if (at->previous != before) return false;
      before = at;
    }
    return before == last_;
  }

 private:
  static const ListLinks& links(const T& element) noexcept { return element; }
  static T* element(ListLinks* at) noexcept { return static_cast<T*>(at); }

  // Makes two elements neighbours; null is the end on that side.
  void link_to(ListLinks* before, ListLinks* after) noexcept {
    (before == nullptr ? first_ : before->next) = after;
    (after == nullptr ? last_ : after->previous) = before;
  }

  void link(ListLinks& added, ListLinks* before, ListLinks* after) noexcept {
    added.previous = before;
    added.next = after;
    (before == nullptr ? first_ : before->next) = &added;
    (after == nullptr ? last_ : after->previous) = &added;
  }

  ListLinks* first_ = nullptr;
  ListLinks* last_ = nullptr;
};

}  // namespace client_cache
