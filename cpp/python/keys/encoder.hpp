// Writes Python values into a buffer in the encoding of encoding.hpp.
//
// Runs Python code only for values that are no plain ones (`__fspath__`, an enum's value, `repr`); so it is never
// called while a cache's lock is held. Errors of that code pass through as nb::python_error.
#pragma once

#include <stdexcept>
#include <utility>
#include <vector>

#include "boto3/call.hpp"
#include "interpreter/at_scope_end.hpp"
#include "keys/byte_buffer.hpp"
#include "keys/encoding.hpp"
#include "keys/few_items.hpp"
#include "keys/text.hpp"

namespace client_cache::python {

// An option nests deeper than kMaxDepth, perhaps because it contains itself.
struct NestingError : std::runtime_error {
  NestingError() : std::runtime_error("an option nests too deeply") {}
};

class Encoder {
 public:
  explicit Encoder(ByteBuffer& out, Form form = Form::canonical) : out_(out), form_(form) {}

  void value(PyObject* value, UrlRule rule = UrlRule::with_scheme);

  // One parameter's value: secrets as digests, URLs without their user-info.
  void param(Param param, PyObject* value);

  void name(PyObject* text) { append_name(out_, text); }

  // Since the last call of it: was anything encoded that a label would not show as it was written?
  bool take_reshaped() { return std::exchange(reshaped_, false); }

  // The objects that the encoding names by address. It is worth nothing without them.
  std::vector<nb::object>& identities() { return identities_; }

 private:
  // One level of nesting, for a scope.
  auto nest() {
    if (depth_ == kMaxDepth) throw NestingError{};
    ++depth_;
    return AtScopeEnd([this] { --depth_; });
  }
  struct Item {
    nb::object key;
    nb::object value;
  };
  using Items = FewItems<Item>;

  void put(Tag tag) { out_.push(static_cast<char>(tag)); }
  void put_sized(Tag tag, std::string_view bytes) { append_sized(out_, tag, bytes); }
  void put_text(std::string_view utf8, UrlRule rule);
  void put_text(PyObject* text, UrlRule rule);
  void put_integer(PyObject* integer);
  void put_sequence(Tag tag, PyObject* sequence, UrlRule rule);
  void put_set(Tag tag, PyObject* set);
  void put_dict(PyObject* dict, UrlRule rule);
  static void collect(PyObject* dict, Items& items);
  void put_items(Items& items, UrlRule rule);
  void put_retries(PyObject* retries);
  void put_config(PyObject* config);
  void put_config_option(PyObject* name, PyObject* value);
  void put_secret(PyObject* secret);
  void put_uncommon(PyObject* value, UrlRule rule);
  void put_under_type(PyObject* value, PyObject* plain, UrlRule rule);
  void put_bytes(Tag tag, PyObject* value, PyObject* bytes, UrlRule rule);
  void put_plain_part(PyObject* value, UrlRule rule);
  void put_identity(PyObject* value);

  ByteBuffer& out_;
  const Form form_;
  int depth_ = 0;
  bool reshaped_ = false;
  std::vector<nb::object> identities_;
};

// What became of each parameter of a call, a bit for each Param.
static_assert(kParams <= 32);
struct EncodedParams {
  std::uint32_t present = 0;   // not dropped as its own default
  std::uint32_t reshaped = 0;  // a label would not show it as it was written
};

// The first byte of a canonical key.
inline constexpr std::array<char, kKinds> kKindTags{'C', 'R', 'S'};

// The canonical bytes of a whole call. Throws nb::python_error: a `…CacheError` naming the parameter that nests too
// deeply.
EncodedParams encode_call(const Call& call, Encoder& encoder, ByteBuffer& out);

}  // namespace client_cache::python
