// What a cache holds for one key besides its place in the orders: the hash, and the item.
//
// Thread safety: none.
// Does not: know which cache it belongs to, or whether it is still in one.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "client_cache/number.hpp"

namespace client_cache {

// The part of an entry that its user sees.
template <class Key, class Value>
struct Item {
  Key key;
  [[no_unique_address]] Value value;  // so that what follows an item may lie in the value's padding
};

template <class Key, class Value>
struct Entry {
  // An entry is made where nothing can fail any more, so that a failed insertion leaves its arguments alone.
  static_assert(std::is_nothrow_move_constructible_v<Key> && std::is_nothrow_move_constructible_v<Value>,
                "a cache takes keys and values by a move that cannot throw");

  using ItemType = Item<Key, Value>;

  Entry(std::size_t key_hash, Key&& key, Value&& value) noexcept
      : hash(key_hash), item{std::move(key), std::move(value)} {}
  Entry(std::size_t key_hash, const Key& key, const Value& value) : hash(key_hash), item{key, value} {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() = default;

  union {
    std::size_t hash;     // while the entry is in a cache
    Number next_removed;  // once it has left: removed entries form a chain without any memory of their own
  };
  [[no_unique_address]] ItemType item;
  bool pinned = false;
};

}  // namespace client_cache
