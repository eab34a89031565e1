// Items on the stack while they are few: a call's options nearly always are.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace client_cache::python {

template <class Item>
class FewItems {
 public:
  void add(Item item) {
    if (size_ < kInline) [[likely]] {
      few_[size_++] = std::move(item);
      return;
    }
    if (many_.empty()) many_.assign(std::move_iterator(few_.begin()), std::move_iterator(few_.end()));
    many_.push_back(std::move(item));
    ++size_;
  }
  void remove(Item* item) {
    std::move(item + 1, end(), item);
    --size_;
  }
  Item* begin() { return many_.empty() ? few_.data() : many_.data(); }
  Item* end() { return begin() + size_; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kInline = 8;
  std::array<Item, kInline> few_{};
  std::vector<Item> many_;
  std::size_t size_ = 0;
};

}  // namespace client_cache::python
