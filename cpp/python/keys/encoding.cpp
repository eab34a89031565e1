#include "keys/encoding.hpp"

namespace client_cache::python {
namespace {

std::string_view text_of(std::string_view encoded) {
  std::size_t start = 1;
  while (encoded[start++] & 0x80) {
  }
  return encoded.substr(start);
}

}  // namespace

UserInfo find_user_info(std::string_view text, UrlRule rule) {
  if (text.find('@') == std::string_view::npos) return {};
  const std::size_t at = text.rfind('@');
  const std::size_t scheme = text.find("://");
  if (scheme < at) return {scheme + 3, at};
  if (rule == UrlRule::with_scheme || at == 0) return {};
  return {text.starts_with("//") ? std::size_t{2} : std::size_t{0}, at};
}

bool encoded_less(std::string_view left, std::string_view right) {
  const char text = static_cast<char>(Tag::text);
  if (left.front() == text && right.front() == text) return text_of(left) < text_of(right);
  if ((left.front() == text) != (right.front() == text)) return left.front() == text;
  return left < right;
}

}  // namespace client_cache::python
