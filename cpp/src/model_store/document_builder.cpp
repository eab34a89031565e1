#include "model_store/document_builder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace model_store {
namespace {

// Positions in the document's parts are 32-bit words, and payloads a little less.
std::uint32_t position(std::size_t value) {
  if (value >= Value::kPayloadLimit) throw std::length_error("a JSON text is too large to be indexed");
  return static_cast<std::uint32_t>(value);
}

template <typename T>
std::string_view bytes_of(std::span<const T> items) {
  return {reinterpret_cast<const char*>(items.data()), items.size_bytes()};
}

std::size_t hash_of(std::string_view bytes) { return std::hash<std::string_view>{}(bytes); }

bool has_duplicates(std::span<const std::uint32_t> keys) {
  std::vector<std::uint32_t> sorted(keys.begin(), keys.end());
  std::ranges::sort(sorted);
  return std::ranges::adjacent_find(sorted) != sorted.end();
}

// Lays parts out one after another, first to measure and then to copy.
class Layout {
 public:
  template <typename T>
  std::size_t add(std::size_t count) {
    end_ = (end_ + alignof(T) - 1) / alignof(T) * alignof(T);
    return std::exchange(end_, end_ + count * sizeof(T));
  }
  [[nodiscard]] std::size_t end() const noexcept { return end_; }

 private:
  std::size_t end_ = 0;
};

template <typename Range>
auto copy_part(Pages& pages, std::size_t offset, const Range& part) {
  using T = typename Range::value_type;
  if (!part.empty()) std::memcpy(pages.data() + offset, part.data(), part.size() * sizeof(T));
  return std::span<const T>(reinterpret_cast<const T*>(pages.data() + offset), part.size());
}

}  // namespace

// What service models come to. Too little room means growing, which copies; too much is hardly touched.
constexpr std::size_t kTextPerNode = 8;
constexpr std::size_t kTextPerString = 32;
constexpr std::size_t kTextPerDistinctPart = 256;

DocumentBuilder::DocumentBuilder(std::size_t text_size)
    : string_index_(text_size / kTextPerDistinctPart), node_index_(text_size / kTextPerDistinctPart) {
  text_.reserve(text_size);
  nodes_.reserve(text_size / kTextPerNode);
  strings_.reserve(text_size / kTextPerString + 1);
  strings_.push_back(0);
}

std::uint32_t DocumentBuilder::string(std::string_view text) {
  return string_index_.find_or_add(
      hash_of(text), [&](std::uint32_t id) { return text_of(id) == text; },
      [&] {
        const std::uint32_t id = position(strings_.size() - 1);
        text_.insert(text_.end(), text.begin(), text.end());
        strings_.push_back(position(text_.size()));
        is_key_.push_back(false);
        return id;
      });
}

std::uint32_t DocumentBuilder::key(std::string_view text) {
  const std::uint32_t id = string(text);
  is_key_[id] = true;
  return id;
}

Value DocumentBuilder::integer(std::int64_t number) {
  if (number >= 0 && number < std::int64_t{Value::kPayloadLimit}) {
    return {Kind::integer, static_cast<std::uint32_t>(number)};
  }
  return this->number({Number::Type::signed_integer, 0, std::bit_cast<std::uint64_t>(number)});
}

Value DocumentBuilder::unsigned_integer(std::uint64_t number) {
  return this->number({Number::Type::unsigned_integer, 0, number});
}

Value DocumentBuilder::floating(double number) {
  return this->number({Number::Type::floating, 0, std::bit_cast<std::uint64_t>(number)});
}

Value DocumentBuilder::number(Number number) {
  const std::span<const Number> one(&number, 1);
  const std::uint32_t id = number_index_.find_or_add(
      hash_of(bytes_of(one)),
      [&](std::uint32_t other) { return bytes_of(std::span<const Number>(&numbers_[other], 1)) == bytes_of(one); },
      [&] {
        numbers_.push_back(number);
        return position(numbers_.size() - 1);
      });
  return {Kind::number, id};
}

Value DocumentBuilder::array(std::span<const std::uint32_t> values) {
  return {Kind::array, node(node_index_, position(values.size()), values)};
}

Value DocumentBuilder::object(std::span<const std::uint32_t> keys, std::span<const std::uint32_t> values) {
  const std::size_t nodes_before = nodes_.size();
  const std::uint32_t layout = node(layout_index_, position(keys.size()), keys);
  if (nodes_.size() != nodes_before && has_duplicates(keys)) layouts_with_duplicates_.insert(layout);
  if (layouts_with_duplicates_.contains(layout)) return object_of_duplicates(keys, values);
  return {Kind::object, node(node_index_, layout, values)};
}

Value DocumentBuilder::object_of_duplicates(std::span<const std::uint32_t> keys,
                                            std::span<const std::uint32_t> values) {
  std::unordered_map<std::uint32_t, std::size_t> position_of;
  std::vector<std::uint32_t> unique_keys;
  std::vector<std::uint32_t> last_values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto [known, fresh] = position_of.try_emplace(keys[i], unique_keys.size());
    if (fresh) {
      unique_keys.push_back(keys[i]);
      last_values.push_back(values[i]);
    } else {
      last_values[known->second] = values[i];
    }
  }
  return object(unique_keys, last_values);
}

// What a node is lies in the values that point to it, so equal words may serve as a layout here and as an array there.
std::uint32_t DocumentBuilder::node(Interner& index, std::uint32_t head, std::span<const std::uint32_t> words) {
  constexpr std::size_t kOddMultiplier = 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio: spreads small heads over all bits
  return index.find_or_add(
      hash_of(bytes_of(words)) ^ ((head + 1) * kOddMultiplier >> 32U),
      [&](std::uint32_t other) {
        return nodes_[other] == head && nodes_.size() - other > words.size() &&
               std::equal(words.begin(), words.end(), nodes_.begin() + other + 1);
      },
      [&] {
        const std::uint32_t offset = position(nodes_.size());
        nodes_.push_back(head);
        nodes_.insert(nodes_.end(), words.begin(), words.end());
        return offset;
      });
}

std::vector<std::uint32_t> DocumentBuilder::key_table() const {
  const auto count = static_cast<std::size_t>(std::ranges::count(is_key_, true));
  std::vector<std::uint32_t> table(std::bit_ceil(count + count / 2 + 1), 0);
  for (std::uint32_t id = 0; id < is_key_.size(); ++id) {
    if (!is_key_[id]) continue;
    std::size_t slot = hash_of(text_of(id)) & (table.size() - 1);
    while (table[slot] != 0) slot = (slot + 1) & (table.size() - 1);
    table[slot] = id + 1;
  }
  return table;
}

std::shared_ptr<const Document> DocumentBuilder::finish(Value root) {
  const std::vector<std::uint32_t> keys = key_table();
  Layout layout;
  const auto strings_at = layout.add<std::uint32_t>(strings_.size());
  const auto text_at = layout.add<char>(text_.size());
  const auto numbers_at = layout.add<Number>(numbers_.size());
  const auto nodes_at = layout.add<std::uint32_t>(nodes_.size());
  const auto keys_at = layout.add<std::uint32_t>(keys.size());

  std::shared_ptr<Document> document(new Document);
  document->root_ = root;
  Pages pages(layout.end());
  document->strings_ = copy_part(pages, strings_at, strings_);
  const auto text = copy_part(pages, text_at, text_);
  document->text_ = {text.data(), text.size()};
  document->numbers_ = copy_part(pages, numbers_at, numbers_);
  document->nodes_ = copy_part(pages, nodes_at, nodes_);
  document->keys_ = copy_part(pages, keys_at, keys);
  pages.freeze();
  document->pages_ = std::move(pages);
  return document;
}

}  // namespace model_store
