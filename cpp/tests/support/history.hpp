// A history of operations run on a cache and on its definition, compared after every step. The choices come from
// outside: a pseudo-random generator in a test, the bytes of an input in the fuzzer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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

  // Without a lifetime entries never expire.
  explicit History(Lifetime lifetime = {})
      : cache_(kLargestCapacity / 2, lifetime),
        naive_(kLargestCapacity / 2, lifetime, [](int key) { return FewHashes<HashModulus>{}(key); }) {}

  // choose(n) is a number from 0 to n - 1.
  template <class Choose>
  void step(const Choose& choose) {
    const int key = choose(kKeys);
    now_ += Time(choose(4));
    switch (choose(20)) {
      case 0:
      case 1:
      case 2:
        require(value_of(cache_.get(key, now_)) == naive_.get(key, now_), "get");
        break;
      case 3:
        require(value_of(cache_.use(key, now_)) == naive_.use(key, now_), "use");
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
      case 10:
        resize(static_cast<std::size_t>(choose(kLargestCapacity + 1)));
        break;
      case 11:
        resize(static_cast<std::size_t>(choose(kLargestCapacity + 1)), key);
        break;
      case 12:
        clone();
        break;
      case 13:
        move_away_and_back();
        break;
      case 14:
        // Rarely, or no history would grow long.
        if (choose(32) == 0) require(as_items(cache_.clear()) == naive_.clear(), "clear");
        break;
      case 15:
        expire();
        break;
      case 16:
        replace(key);
        break;
      case 17:
        require(cache_.pin(key) == naive_.pin(key, true), "pin");
        break;
      case 18:
        require(cache_.pin(key, false) == naive_.pin(key, false), "unpin");
        break;
      default:
        require(cache_.contains(key, now_) == naive_.peek(key, now_).has_value(), "contains");
        require(value_of(cache_.peek(key, now_)) == naive_.peek(key, now_), "peek");
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

  void insert(int key) {
    expire();
    const int number = ++last_value_;
    auto value = std::make_shared<const int>(number);
    const auto insertion = cache_.insert(int{key}, std::move(value), now_);
    const auto [outcome, removed] = naive_.insert(key, number, now_);
    require(insertion.outcome == outcome, "outcome of insert");
    require(as_items(insertion.removed) == removed, "evicted by insert");
    const bool moved = value == nullptr;  // NOLINT(bugprone-use-after-move)
    require(moved == (outcome == Outcome::stored), "move of the value");
  }

  void replace(int key) {
    const int number = ++last_value_;
    const auto replaced = cache_.replace(key, std::make_shared<const int>(number), now_);
    const auto expected = naive_.replace(key, number, now_);
    require((replaced ? std::optional(**replaced) : std::nullopt) == expected, "replace");
  }

  void expire() {
    Items items = as_items(cache_.expire(now_));
    std::sort(items.begin(), items.end());
    require(items == naive_.expire(now_), "expire");
  }

  template <class... Keep>
  void resize(std::size_t capacity, Keep... keep) {
    std::optional<Items> removed;
    try {
      removed = as_items(cache_.resize(capacity, keep..., now_));
    } catch (const std::length_error&) {
      require(cache_.capacity() != capacity || cache_.size() <= capacity, "refused resize");
    }
    require(removed == naive_.resize(capacity, keep..., now_), "resize");
  }

  void clone() {
    Cache copy = cache_.clone();
    require(copy.statistics().hits == 0 && copy.lifetime().ttl == cache_.lifetime().ttl, "clone");
    counted_before_ = statistics();
    cache_ = std::move(copy);
    naive_.forget_ghosts();
  }

  void move_away_and_back() {
    Cache elsewhere(std::move(cache_));
    require(cache_.size() == 0 && cache_.check_invariants(), "moved from");  // NOLINT(bugprone-use-after-move)
    cache_ = std::move(elsewhere);
  }

  void compare() const {
    require(cache_.check_invariants(), "invariants");
    require(cache_.size() == naive_.size(), "size");
    require(statistics() == naive_statistics(), "statistics");
    for (int key = 0; key < kKeys; ++key) require(seen(cache_.eviction(key)) == seen(naive_.eviction(key)), "ghosts");
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

  static std::optional<std::pair<Time, std::optional<std::size_t>>> seen(const std::optional<Eviction>& eviction) {
    if (!eviction) return std::nullopt;
    return std::pair(eviction->when, eviction->by);
  }

  using Counts = std::array<std::uint64_t, 6>;

  static Counts counts(const Statistics& counted) {
    return {counted.hits,        counted.misses,  counted.evictions,
            counted.expirations, counted.regrets, counted.near_regrets};
  }
  // Those of the clones that this cache came from, too.
  [[nodiscard]] Counts statistics() const {
    Counts sum = counts(cache_.statistics());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += counted_before_[i];
    return sum;
  }
  [[nodiscard]] Counts naive_statistics() const { return counts(naive_.statistics()); }

  Cache cache_;
  NaiveCache<Policy> naive_;
  Counts counted_before_{};
  Time now_{};
  int last_value_ = 0;
};

}  // namespace client_cache::testing
