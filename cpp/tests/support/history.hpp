// A history of operations run on a cache and on its definition, compared after every step. The choices come from
// outside: a pseudo-random generator in a test, the bytes of an input in the fuzzer.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "client_cache/bounded_cache.hpp"
#include "support/naive_cache.hpp"

namespace client_cache::testing {

// Says in what the cache and its definition disagree.
class Disagreement : public std::logic_error {
  using std::logic_error::logic_error;
};

// At most `HashModulus` different hashes: with 1, all entries are one run in the index.
template <std::size_t HashModulus>
struct FewHashes {
  std::size_t operator()(int key) const noexcept { return static_cast<std::size_t>(key) % HashModulus; }
};

template <class Policy, std::size_t HashModulus>
class History {
  // Allocated values, so that a sanitizer sees each one that is lost, doubled or used after its end.
  using Value = std::shared_ptr<const int>;
  using Cache = BoundedCache<int, Value, Policy, FewHashes<HashModulus>>;
  using Items = typename NaiveCache<Policy>::Items;

 public:
  static constexpr int kKeys = 40;
  static constexpr int kLargestCapacity = 32;

  // choose(n) is a number from 0 to n - 1.
  template <class Choose>
  void step(const Choose& choose) {
    const int key = choose(kKeys);
    switch (choose(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        get(key);
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        insert(key);
        break;
      case 8:
        require(as_items(cache_.erase(key)) == naive_.erase(key), "erase");
        break;
      case 9:
        require(as_items(cache_.pop_victim()) == naive_.pop_victim(), "pop_victim");
        break;
      case 10: {
        const auto capacity = static_cast<std::size_t>(choose(kLargestCapacity + 1));
        require(as_items(cache_.resize(capacity)) == naive_.resize(capacity), "resize");
        break;
      }
      case 11: {
        const auto capacity = static_cast<std::size_t>(choose(kLargestCapacity + 1));
        require(as_items(cache_.resize(capacity, key)) == naive_.resize(capacity, key), "resize to keep a key");
        break;
      }
      case 12:
        cache_ = cache_.clone();
        break;
      case 13:
        move_away_and_back();
        break;
      case 14:
        // Rarely, or no history would grow long.
        if (choose(32) == 0) require(as_items(cache_.clear()) == naive_.clear(), "clear");
        break;
      default:
        require(cache_.contains(key) == naive_.peek(key).has_value(), "contains");
        require(value_of(cache_.peek(key)) == naive_.peek(key), "peek");
    }
    compare();
  }

 private:
  static void require(bool agree, const char* in_what) {
    if (!agree) throw Disagreement(in_what);
  }

  static std::optional<int> value_of(const Value* value) {
    return value == nullptr ? std::nullopt : std::optional(**value);
  }

  static Items as_items(const typename Cache::Removed& removed) {
    Items items;
    for (const auto& [key, value] : removed) items.emplace_back(key, *value);
    return items;
  }

  void get(int key) { require(value_of(cache_.get(key)) == naive_.get(key), "get"); }

  void insert(int key) {
    const int number = ++last_value_;
    auto value = std::make_shared<const int>(number);
    const auto insertion = cache_.insert(int{key}, std::move(value));
    const auto [outcome, removed] = naive_.insert(key, number);
    require(insertion.outcome == outcome, "outcome of insert");
    require(as_items(insertion.removed) == removed, "evicted by insert");
    const bool moved = value == nullptr;  // NOLINT(bugprone-use-after-move)
    require(moved == (outcome == Outcome::stored), "move of the value");
  }

  void move_away_and_back() {
    Cache elsewhere(std::move(cache_));
    require(cache_.size() == 0 && cache_.check_invariants(), "moved from");  // NOLINT(bugprone-use-after-move)
    cache_ = std::move(elsewhere);
  }

  void compare() const {
    require(cache_.check_invariants(), "invariants");
    require(cache_.size() == naive_.size(), "size");
    Items items;
    cache_.for_each([&items](int key, const Value& value) { items.emplace_back(key, *value); });
    require(items == naive_.ordered(), "order");
    auto expected = items.rbegin();
    cache_.for_each_reversed([&](int key, const Value&) {
      require(expected != items.rend() && expected->first == key, "reversed order");
      ++expected;
    });
    require(expected == items.rend(), "reversed size");
  }

  Cache cache_{kLargestCapacity / 2};
  NaiveCache<Policy> naive_{kLargestCapacity / 2};
  int last_value_ = 0;
};

}  // namespace client_cache::testing
