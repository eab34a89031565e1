// What a hit and an evicting insertion cost at 10, 1,000 and 100,000 entries, for every policy, beside
// std::unordered_map.
//
// Keys are what the Python binding's are: a pointer to an immutable identity that carries its hash. They are asked for
// in random order, so that a large cache pays for every cache line it touches.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/concurrent_cache.hpp"
#include "client_cache/lfu.hpp"
#include "client_cache/lru.hpp"

namespace {

using client_cache::BoundedCache;
using client_cache::ConcurrentCache;
using client_cache::Lfu;
using client_cache::Lru;

struct Identity {
  std::size_t hash;
  std::string bytes;
};
using Key = const Identity*;
using Value = const void*;

struct CachedHash {
  std::size_t operator()(Key key) const noexcept { return key->hash; }
};
struct SameIdentity {
  bool operator()(Key one, Key other) const noexcept { return one == other || one->bytes == other->bytes; }
};

template <class Policy>
using Cache = BoundedCache<Key, Value, Policy, CachedHash, SameIdentity>;
using Map = std::unordered_map<Key, Value, CachedHash, SameIdentity>;

// Identities in random order, and an endless walk over them.
class Keys {
 public:
  explicit Keys(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string bytes = "client s3 region " + std::to_string(i);
      identities_.push_back(
          std::make_unique<Identity>(Identity{.hash = std::hash<std::string>{}(bytes), .bytes = bytes}));
    }
    std::shuffle(identities_.begin(), identities_.end(), std::minstd_rand(1));
  }

  Key next() {
    at_ = at_ + 1 < identities_.size() ? at_ + 1 : 0;
    return identities_[at_].get();
  }

 private:
  std::vector<std::unique_ptr<Identity>> identities_;
  std::size_t at_ = 0;
};

template <class AnyCache>
void hit(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Keys stored(count);
  AnyCache cache(count);
  for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(cache.insert(stored.next(), nullptr));
  // In an order of its own, unrelated to that of the insertions and of the memory.
  std::vector<Key> asked(std::max<std::size_t>(count, 4096));
  std::generate(asked.begin(), asked.end(), [&stored] { return stored.next(); });
  std::shuffle(asked.begin(), asked.end(), std::minstd_rand(2));
  std::size_t at = 0;
  for ([[maybe_unused]] const auto _ : state) {
    benchmark::DoNotOptimize(cache.get(asked[at]));
    at = at + 1 < asked.size() ? at + 1 : 0;
  }
}

template <class AnyCache>
void evicting_insert(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Keys keys(2 * count);  // so that the next one is never in the cache
  AnyCache cache(count);
  for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(cache.insert(keys.next(), nullptr));
  for ([[maybe_unused]] const auto _ : state) benchmark::DoNotOptimize(cache.insert(keys.next(), nullptr));
}

// The yardstick: a table of the same keys, bounded by forgetting the oldest.
class FirstInFirstOut {
 public:
  explicit FirstInFirstOut(std::size_t capacity) : oldest_first_(capacity) { map_.reserve(capacity); }

  const Value* get(Key key) const {
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : &found->second;
  }
  bool insert(Key key, Value value) {
    if (map_.size() == oldest_first_.size()) map_.erase(oldest_first_[at_]);
    oldest_first_[at_] = key;
    at_ = at_ + 1 < oldest_first_.size() ? at_ + 1 : 0;
    return map_.emplace(key, value).second;
  }

 private:
  Map map_;
  std::vector<Key> oldest_first_;
  std::size_t at_ = 0;
};

void sizes(benchmark::internal::Benchmark* benchmark) { benchmark->Arg(10)->Arg(1'000)->Arg(100'000); }

BENCHMARK(hit<Cache<Lru>>)->Apply(sizes);
BENCHMARK(hit<Cache<Lfu>>)->Apply(sizes);
BENCHMARK(hit<ConcurrentCache<Cache<Lru>>>)->Apply(sizes);
BENCHMARK(hit<FirstInFirstOut>)->Name("hit<std::unordered_map>")->Apply(sizes);
BENCHMARK(evicting_insert<Cache<Lru>>)->Apply(sizes);
BENCHMARK(evicting_insert<Cache<Lfu>>)->Apply(sizes);
BENCHMARK(evicting_insert<ConcurrentCache<Cache<Lru>>>)->Apply(sizes);
BENCHMARK(evicting_insert<FirstInFirstOut>)->Name("evicting_insert<std::unordered_map>")->Apply(sizes);

}  // namespace
