// The typed encoding of option values: what a key is made of, and what its pickle carries.
//
// A value is a tag and what the tag says follows. Lengths, counts and numbers of bytes are LEB128 varints, text is
// UTF-8 with lone surrogates passed through. The encoding is the same on every machine and in every process, except for
// `identity`.
//
// Canonical: two values encode alike if and only if they mean the same to boto3. Dicts and sets are sorted.
// Spelled: for `label` and `key`; keeps the order in which the call was written, and the repr of what is no plain
// value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace client_cache::python {

enum class Tag : char {
  none = 'N',
  yes = 'T',
  no = 'F',
  integer = 'i',      // 8 bytes, little endian, two's complement
  big_integer = 'I',  // length, bytes in little endian, two's complement
  real = 'f',         // 8 bytes, little endian, IEEE 754
  text = 's',         // length, UTF-8
  bytes = 'b',        // length, bytes
  byte_array = 'B',   // length, bytes
  tuple = '(',        // count, values
  list = '[',         // count, values
  dict = '{',         // count, pairs of values
  set = '<',          // count, values
  frozen_set = '>',   // count, values
  unsigned_marker = 'U',
  url = 'u',        // text without its user-info, SHA-256 of the whole
  secret = 'H',     // SHA-256 of the value's encoding
  config = 'c',     // qualified type (text, empty for Config itself), count, pairs of option name (text) and value
  qualified = 'Q',  // canonical only: qualified type (text), the plain value under it
  shown = 'R',      // spelled only: repr (text), the plain value under it
  identity = 'O',   // 8 bytes: the address of an object that the key holds
};

enum class Form { canonical, spelled };

// What stands for a secret wherever one is shown.
inline constexpr std::string_view kMask = "***";

// A botocore Config with no option given: the same as no Config.
inline constexpr std::string_view kEmptyConfig{"cs\0\0", 4};

// How deep options may nest. boto3's own go four levels deep; the bound keeps a self-containing list from recursing for
// ever.
inline constexpr int kMaxDepth = 64;

// Where user-info may hide in a text: behind "://" in any text, in all of it where a URL's scheme may be left out.
enum class UrlRule { with_scheme, scheme_optional };

struct UserInfo {
  std::size_t begin = 0;
  std::size_t end = 0;  // of the user-info; the '@' stands here
  explicit operator bool() const { return end != 0; }
};

// The user-info of a URL, from its scheme to the last '@': too much rather than too little, since it is shown masked.
UserInfo find_user_info(std::string_view text, UrlRule rule);

// The order of a canonical dict's keys and a set's elements, on their encodings: texts by their bytes, then the rest.
bool encoded_less(std::string_view left, std::string_view right);

}  // namespace client_cache::python
