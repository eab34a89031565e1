// `ClientCacheKey`, `ResourceCacheKey` and `SessionCacheKey`: a call's canonical bytes and their hash, immutable.
//
// The bytes lie in the object itself, the spelling of the call behind the canonical part. Only the canonical part
// counts for equality, which is memcmp: comparing keys never runs Python code, so a cache may do it under its lock. A
// key is tracked by the garbage collector only while it holds objects by identity.
#pragma once

#include <functional>

#include "boto3/call.hpp"
#include "keys/encoder.hpp"

namespace client_cache::python {

struct KeyObject {
  PyVarObject ob_base;  // ob_size: bytes in `bytes`
  std::size_t hash;
  PyObject* identities;  // a tuple of the objects that the bytes name by address, or null
  std::uint32_t canonical_size;
  char bytes[1];

  std::string_view canonical() const { return {bytes, canonical_size}; }
  std::string_view spelling() const {
    return {bytes + canonical_size, static_cast<std::size_t>(Py_SIZE(this)) - canonical_size};
  }
};

// A call encoded on the stack, to look up without making a key.
class EncodedCall {
 public:
  // `further` are parameters that the call has no place for, encoded.
  explicit EncodedCall(const Call& call, std::string_view further = {})
      : call_(call), encoder_(buffer_), params_(encode_call(call, encoder_, buffer_)) {
    if (!further.empty()) buffer_.append(further);
    hash_ = std::hash<std::string_view>()(buffer_.view());
  }

  std::string_view canonical() const { return buffer_.view(); }
  std::size_t hash() const { return hash_; }

  // The key of this call, of `type`, which is the key type of the call's kind or one derived from it.
  nb::object make_key(PyTypeObject* type);

 private:
  const Call& call_;
  ByteBuffer buffer_;
  Encoder encoder_;
  EncodedParams params_;
  std::size_t hash_;
};

PyTypeObject* key_type(Kind kind);
bool is_key(PyObject* object, Kind kind);
bool is_key(PyObject* object);  // of any kind
inline KeyObject* as_key(PyObject* object) { return reinterpret_cast<KeyObject*>(object); }

nb::str key_label(const KeyObject& key);

void register_keys(nb::module_& module);

}  // namespace client_cache::python
