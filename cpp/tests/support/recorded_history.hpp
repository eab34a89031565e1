// What threads asked of a cache, what it answered, and when: the record that linearizability.hpp judges.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "support/threads.hpp"

namespace client_cache::testing {

enum class Operation { get, insert, replace, erase, contains, pin, unpin, pop_victim, resize, size, clear, snapshot };
constexpr int kOperations = 12;

struct Call {
  Operation operation;
  int argument = 0;  // the key, or the capacity
  int value = 0;     // of insert and replace
};

struct Answer {
  std::optional<int> number;  // a value, a size, an outcome, a yes or no
  std::vector<std::pair<int, int>> items;

  bool operator==(const Answer&) const = default;
};

struct Event {
  Call call;
  Answer answer;
  std::uint64_t invoked;
  std::uint64_t answered;
};

using RecordedHistory = std::vector<Event>;

// Works on anything with the operations of ConcurrentCache<BoundedCache<int, int, ...>>.
template <class Cache>
Answer perform(Cache& cache, const Call& call) {
  const auto items = [](const auto& removed) {
    Answer answer;
    for (const auto& [key, value] : removed) answer.items.emplace_back(key, value);
    return answer;
  };
  const auto number = [](auto value) { return Answer{static_cast<int>(value), {}}; };
  switch (call.operation) {
    case Operation::get:
      return {cache.get(call.argument), {}};
    case Operation::insert: {
      const auto insertion = cache.insert(int{call.argument}, int{call.value});
      Answer answer = items(insertion.removed);
      answer.number = static_cast<int>(insertion.outcome);
      return answer;
    }
    case Operation::replace:
      return {cache.replace(call.argument, int{call.value}), {}};
    case Operation::pin:
      return number(cache.pin(call.argument, true));
    case Operation::unpin:
      return number(cache.pin(call.argument, false));
    case Operation::erase:
      return items(cache.erase(call.argument));
    case Operation::contains:
      return number(cache.contains(call.argument));
    case Operation::pop_victim:
      return items(cache.pop_victim());
    case Operation::resize:
      try {
        return items(cache.resize(static_cast<std::size_t>(call.argument)));
      } catch (const std::length_error&) {  // more are pinned
        return number(-1);
      }
    case Operation::size:
      return number(cache.size());
    case Operation::clear:
      return items(cache.clear());
    case Operation::snapshot:
      return items(cache.snapshot());
  }
  return {};
}

// Runs the calls of each program in its order on a thread of its own, and records them all.
template <class Cache>
RecordedHistory record(Cache& cache, const std::vector<std::vector<Call>>& programs) {
  std::atomic<std::uint64_t> clock = 0;
  std::vector<RecordedHistory> of_thread(programs.size());
  run_together(static_cast<int>(programs.size()), [&](int thread) {
    const auto index = static_cast<std::size_t>(thread);
    for (const Call& call : programs[index]) {
      const std::uint64_t invoked = ++clock;
      Answer answer = perform(cache, call);
      of_thread[index].push_back({call, std::move(answer), invoked, ++clock});
    }
  });
  RecordedHistory history;
  for (RecordedHistory& events : of_thread) std::ranges::move(events, std::back_inserter(history));
  return history;
}

// Whether any two of its calls were under way at one time.
inline bool has_overlap(const RecordedHistory& history) {
  for (const Event& one : history) {
    for (const Event& other : history) {
      if (one.invoked < other.invoked && other.invoked < one.answered) return true;
    }
  }
  return false;
}

inline std::ostream& operator<<(std::ostream& out, const Event& event) {
  constexpr std::string_view names[] = {"get",   "insert",     "replace", "erase", "contains", "pin",
                                        "unpin", "pop_victim", "resize",  "size",  "clear",    "snapshot"};
  out << '[' << event.invoked << ", " << event.answered << "] " << names[static_cast<std::size_t>(event.call.operation)]
      << '(' << event.call.argument << ", " << event.call.value << ") ->";
  if (event.answer.number) out << ' ' << *event.answer.number;
  for (const auto& [key, value] : event.answer.items) out << " {" << key << ", " << value << '}';
  return out;
}

}  // namespace client_cache::testing
