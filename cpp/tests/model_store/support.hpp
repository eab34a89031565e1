// What the suites have in common: texts as buffers, documents as text, directories that go away.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "model_store/document.hpp"
#include "model_store/parse.hpp"

namespace model_store::testing {

inline Buffer buffer_of(std::string_view text, std::size_t padding = kTextPadding) {
  Buffer buffer{Pages(text.size() + padding), text.size()};
  if (!text.empty()) std::memcpy(buffer.pages.data(), text.data(), text.size());
  return buffer;
}

inline std::shared_ptr<const Document> parse_text(std::string_view text) { return parse(buffer_of(text)); }

// A value as JSON, strings unescaped: enough to compare by.
inline std::string dump(const Document& document, Value value) {
  std::ostringstream out;
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.payload() != 0 ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.payload());
    case Kind::number: {
      const Number& number = document.number(value.payload());
      if (number.type == Number::Type::signed_integer) return std::to_string(static_cast<std::int64_t>(number.bits));
      if (number.type == Number::Type::unsigned_integer) return std::to_string(number.bits);
      double real = 0;
      std::memcpy(&real, &number.bits, sizeof real);
      out << 'f' << real;
      return out.str();
    }
    case Kind::string:
      return '"' + std::string(document.string(value.payload())) + '"';
    case Kind::array: {
      out << '[';
      const char* separator = "";
      for (const auto word : document.array(value)) {
        out << std::exchange(separator, ",") << dump(document, Value::from_word(word));
      }
      out << ']';
      return out.str();
    }
    case Kind::object: {
      out << '{';
      const Members members = document.object(value);
      for (std::size_t i = 0; i < members.size(); ++i) {
        out << (i == 0 ? "\"" : ",\"") << document.string(members.key(i)) << "\":" << dump(document, members.value(i));
      }
      out << '}';
      return out.str();
    }
  }
  return "?";
}

// What `text` is parsed to, as JSON, or "refused".
inline std::string parsed(std::string_view text) {
  const auto document = parse_text(text);
  return document ? dump(*document, document->root()) : "refused";
}

// Gives a file the place of another, which threads may be reading. Windows refuses while somebody has that one open.
inline void replace(const std::filesystem::path& path, const std::filesystem::path& by) {
  std::error_code refused;
  for (int attempt = 0; attempt < 100'000; ++attempt) {
    std::filesystem::rename(by, path, refused);
    if (!refused) return;
    std::this_thread::yield();
  }
  throw std::filesystem::filesystem_error("replace", path, by, refused);
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::random_device random;
    do {
      path_ = std::filesystem::temp_directory_path() / ("model_store." + std::to_string(random()));
    } while (!std::filesystem::create_directory(path_));
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // Writes a file, with the directories it needs, and returns its path.
  std::string write(const std::string& name, std::string_view content) const {
    const auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  [[nodiscard]] std::string path(const std::string& name = "") const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace model_store::testing
