// A growing byte buffer whose first bytes live on the stack: encoding a usual call allocates nothing.
//
// Complexity: append is amortised O(n). Thread safety: none, one owner. Throws std::bad_alloc, leaving the content as
// it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace client_cache::python {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  void push(char byte) {
    if (size_ == capacity_) [[unlikely]]
      grow(1);
    data_[size_++] = byte;
  }

  void append(std::string_view bytes) {
    if (capacity_ - size_ < bytes.size()) [[unlikely]]
      grow(bytes.size());
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  // LEB128: seven bits a byte, least significant first.
  void append_varint(std::uint64_t value) {
    while (value >= 0x80) {
      push(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    push(static_cast<char>(value));
  }

  void append_little_endian(std::uint64_t value) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(value & 0xFF);
      value >>= 8;
    }
    append({bytes, sizeof bytes});
  }

  void truncate(std::size_t size) { size_ = size; }

  std::size_t size() const { return size_; }
  const char* data() const { return data_; }
  std::string_view view() const { return {data_, size_}; }
  std::string_view from(std::size_t offset) const { return view().substr(offset); }

 private:
  void grow(std::size_t more) {
    const std::size_t capacity = capacity_ * 2 + more;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    std::memcpy(larger.get(), data_, size_);
    heap_ = std::move(larger);
    data_ = heap_.get();
    capacity_ = capacity;
  }

  static constexpr std::size_t kInline = 512;
  char inline_[kInline];
  std::unique_ptr<char[]> heap_;
  char* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = kInline;
};

}  // namespace client_cache::python
