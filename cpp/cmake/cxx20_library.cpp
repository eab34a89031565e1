// What the code uses of C++20 that compilers and their libraries got last: compiled when CMake configures, never run.
#include <algorithm>
#include <atomic>
#include <bit>
#include <compare>
#include <concepts>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

template <std::integral Number>
Number read(Number& shared) {
  return std::atomic_ref<Number>(shared).load(std::memory_order_relaxed);
}

struct Identity {
  [[no_unique_address]] std::hash<int> hash;
  int volume;
  friend auto operator<=>(const Identity& one, const Identity& other) { return one.volume <=> other.volume; }
};

int use(std::span<int> numbers, std::string_view text, std::atomic<int>& state) {
  std::ranges::sort(numbers);
  std::unordered_map<int, int> counts;
  std::erase_if(counts, [](const auto& count) { return count.second == 0; });
  auto buffer = std::make_unique_for_overwrite<char[]>(std::bit_ceil(text.size()));
  state.notify_one();
  state.wait(0, std::memory_order_relaxed);
  if (text.starts_with('_') || counts.contains(0) || Identity{{}, 1} < Identity{{}, 2}) [[likely]]
    return read(numbers.front()) + buffer[0];
  return static_cast<int>(std::bit_cast<unsigned>(1.0F));
}
