// A circular doubly linked list through links that live in its elements: it links, it never owns.
//
// Complexity: every operation is O(1) and noexcept; only check_invariants() walks.
// Thread safety: none.
// Invariants: the elements form one ring through the list's own sentinel, the same in both directions; an element is on
// one list at a time. Constness is shallow, as with any container of pointers.
// Does not: allocate, destroy, copy or count elements. Destroying or overwriting a list forgets its elements untouched.
#pragma once

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
  IntrusiveList() noexcept { forget(); }
  IntrusiveList(IntrusiveList&& other) noexcept { take(other); }
  IntrusiveList& operator=(IntrusiveList&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() = default;

  [[nodiscard]] bool empty() const noexcept { return sentinel_.next == &sentinel_; }
  // Null when there is none.
  [[nodiscard]] T* front() const noexcept { return element(sentinel_.next); }
  [[nodiscard]] T* back() const noexcept { return element(sentinel_.previous); }
  [[nodiscard]] T* next(const T& element_on_list) const noexcept { return element(links(element_on_list).next); }
  [[nodiscard]] T* previous(const T& element_on_list) const noexcept {
    return element(links(element_on_list).previous);
  }

  void push_front(T& added) noexcept { link(added, sentinel_, *sentinel_.next); }
  void push_back(T& added) noexcept { link(added, *sentinel_.previous, sentinel_); }
  void insert_after(T& position, T& added) noexcept { link(added, position, *links(position).next); }

  static void remove(T& removed) noexcept {
    const ListLinks& gone = removed;
    gone.previous->next = gone.next;
    gone.next->previous = gone.previous;
  }

  void move_to_back(T& moved) noexcept {
    if (sentinel_.previous == &moved) return;
    remove(moved);
    push_back(moved);
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    const ListLinks* at = &sentinel_;
    do {
      if (at->next == nullptr || at->next->previous != at) return false;
      at = at->next;
    } while (at != &sentinel_);
    return true;
  }

 private:
  static const ListLinks& links(const T& element) noexcept { return element; }

  static void link(ListLinks& added, ListLinks& before, ListLinks& after) noexcept {
    added.previous = &before;
    added.next = &after;
    before.next = &added;
    after.previous = &added;
  }

  T* element(ListLinks* at) const noexcept { return at == &sentinel_ ? nullptr : static_cast<T*>(at); }

  void forget() noexcept { sentinel_.previous = sentinel_.next = &sentinel_; }

  void take(IntrusiveList& other) noexcept {
    if (other.empty()) return forget();
    link(sentinel_, *other.sentinel_.previous, *other.sentinel_.next);
    other.forget();
  }

  ListLinks sentinel_;
};

}  // namespace client_cache
