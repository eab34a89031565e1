// Reads the encoding of encoding.hpp, from a key or from a pickle: every byte is checked, since a pickle may be
// anybody's.
//
// Errors: FormatError for bytes that the encoder cannot have written.
#pragma once

#include <stdexcept>
#include <string>

#include "boto3/environment.hpp"
#include "boto3/params.hpp"
#include "keys/encoding.hpp"

namespace client_cache::python {

struct FormatError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Decoder {
 public:
  // `identities`: may the bytes name objects by address? Never when they come from outside.
  Decoder(std::string_view bytes, Form form, bool identities) : bytes_(bytes), form_(form), identities_(identities) {}

  bool at_end() const { return position_ == bytes_.size(); }
  std::size_t position() const { return position_; }

  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1).front()); }
  std::uint64_t varint();
  nb::str text();

  // The next value as a hashable Python object: dicts and Configs as sorted tuples of pairs, lists as tuples.
  nb::object value() { return read(View::object); }

  // The next value as a label shows it: by its repr.
  nb::str repr() { return nb::cast<nb::str>(read(View::repr)); }

  // Skips a secret's digest. `value` and `repr` take no secret: only a secret parameter has one.
  void secret();

  // The bytes of the next value, checked.
  std::string_view raw_value();

  // Whether the next value has this tag; reads nothing.
  bool next_is(Tag tag) const { return position_ < bytes_.size() && bytes_[position_] == static_cast<char>(tag); }

 private:
  enum class View { object, repr };

  std::string_view take(std::uint64_t size);
  Tag tag();
  nb::object read(View view);
  nb::object read_tagged(Tag tag, View view);
  nb::object read_plain(Tag tag);
  nb::str read_url();
  nb::object read_items(Tag tag, View view);
  nb::object read_pairs(View view);
  nb::object read_config(View view);
  nb::object read_identity(View view);
  std::uint64_t count(std::size_t smallest_item);
  void check_order(std::string_view previous, std::string_view current) const;

  std::string_view bytes_;
  std::size_t position_ = 0;
  Form form_;
  bool identities_;
  int depth_ = 0;
};

// Hides the user-info of any URL in `text`.
nb::str masked_text(nb::str text);

}  // namespace client_cache::python
