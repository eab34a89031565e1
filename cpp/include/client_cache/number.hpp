// What stands for an entry where a pointer would take twice the room.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace client_cache {

using Number = std::uint32_t;

inline constexpr Number kNone = 0;
inline constexpr Number kHighestNumber = 0x7FFF'FFFF;

// Makes `elements[highest]` one of them. What is to be copied when there is no room for more is copied seldom: up to
// sixteen times the room is taken, but little above `most`, and the system gives memory when it is first touched.
template <class T>
void make_room(std::vector<T>& elements, Number highest, Number most) {
  const std::size_t count = std::size_t{highest} + 1;
  const std::size_t enough = std::size_t{most} + most / 16 + 16;  // with what left and is not destroyed yet
  if (elements.capacity() < count && count <= enough) elements.reserve(std::min(16 * count, enough));
  if (elements.size() < count) elements.resize(count);
}

}  // namespace client_cache
