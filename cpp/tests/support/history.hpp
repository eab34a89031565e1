// A history of operations run on a cache and on its definition, compared after every step. The choices come from
// outside: a pseudo-random generator in a test, the bytes of an input in the fuzzer.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

#include "client_cache/bounded_cache.hpp"
#include "support/naive_cache.hpp"

namespace client_cache::testing {

// Where the cache and its definition disagree.
class Disagreement : public std::logic_error {
 public:
  explicit Disagreement(const std::source_location& where)
      : std::logic_error("disagreement at line " + std::to_string(where.line()) + " of " + where.file_name()) {}
};

// `HashModulus` keys share no more than that many hashes: 1 puts all entries into one run of the index.
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
        require(as_items(cache_.erase(key)) == naive_.erase(key));
        break;
      case 9:
        require(as_items(cache_.pop_victim()) == naive_.pop_victim());
        break;
      case 10: {
        const auto capacity = static_cast<std::size_t>(choose(kLargestCapacity + 1));
        require(as_items(cache_.resize(capacity)) == naive_.resize(capacity));
        break;
      }
      case 11: {
        const auto capacity = static_cast<std::size_t>(choose(kLargestCapacity + 1));
        require(as_items(cache_.resize(capacity, key)) == naive_.resize(capacity, key));
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
        if (choose(32) == 0) require(as_items(cache_.clear()) == naive_.clear());
        break;
      default:
        require(cache_.contains(key) == naive_.peek(key).has_value());
        require(value_of(cache_.peek(key)) == naive_.peek(key));
    }
    compare();
  }

 private:
  static void require(bool agree, const std::source_location& where = std::source_location::current()) {
    if (!agree) throw Disagreement(where);
  }

  static std::optional<int> value_of(const Value* value) {
    return value == nullptr ? std::nullopt : std::optional(**value);
  }

  static Items as_items(const typename Cache::Removed& removed) {
    Items items;
    for (const auto& [key, value] : removed) items.emplace_back(key, *value);
    return items;
  }

  void get(int key) { require(value_of(cache_.get(key)) == naive_.get(key)); }

  void insert(int key) {
    const int number = ++last_value_;
    auto value = std::make_shared<const int>(number);
    const auto insertion = cache_.insert(int{key}, std::move(value));
    const auto [outcome, removed] = naive_.insert(key, number);
    require(insertion.outcome == outcome);
    require(as_items(insertion.removed) == removed);
    require((value == nullptr) == (outcome == Outcome::stored));  // NOLINT(bugprone-use-after-move)
  }

  void move_away_and_back() {
    Cache elsewhere(std::move(cache_));
    require(cache_.size() == 0 && cache_.check_invariants());  // NOLINT(bugprone-use-after-move)
    cache_ = std::move(elsewhere);
  }

  void compare() const {
    require(cache_.check_invariants());
    require(cache_.size() == naive_.size());
    Items items;
    cache_.for_each([&items](int key, const Value& value) { items.emplace_back(key, *value); });
    require(items == naive_.ordered());
    auto expected = items.rbegin();
    cache_.for_each_reversed([&expected](int key, const Value&) { require((expected++)->first == key); });
    require(expected == items.rend());
  }

  Cache cache_{kLargestCapacity / 2};
  NaiveCache<Policy> naive_{kLargestCapacity / 2};
  int last_value_ = 0;
};

}  // namespace client_cache::testing
