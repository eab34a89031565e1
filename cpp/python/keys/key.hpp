// `ClientCacheKey`, `ResourceCacheKey` and `SessionCacheKey`: a call's canonical bytes and their hash, immutable.
//
// The bytes lie in the object itself, the spelling of the call behind the canonical part. Only the canonical part
// counts for equality, which is memcmp: comparing keys never runs Python code, so a cache may do it under its lock. A
// key is tracked by the garbage collector only while it holds objects by identity.
//
// A cache that several sessions share has keys that also say which session's they are. Few keys have that or hold
// objects, so both lie behind the bytes, of those keys alone: most are 80 bytes with what the interpreter adds.
#pragma once

#include <cstring>
#include <functional>

#include "boto3/call.hpp"
#include "keys/encoder.hpp"

namespace client_cache::python {

// A session's number among those that share caches; kNoSession of a key that is of none.
using SessionNumber = std::uint64_t;
inline constexpr SessionNumber kNoSession = 0;

// What the hash of a session's key differs by from that of the same key of none.
constexpr std::size_t salt_of(SessionNumber session) { return session * 0x9E3779B97F4A7C15U; }

struct KeyObject {
  struct Rare {
    PyObject* identities = nullptr;  // a tuple of the objects that the bytes name by address, or null
    SessionNumber session = kNoSession;

    bool any() const { return identities != nullptr || session != kNoSession; }
  };

  PyVarObject ob_base;  // ob_size: bytes in `bytes`
  std::size_t hash;
  std::uint32_t canonical_size : 31;
  std::uint32_t has_rare : 1;
  char bytes[1];  // the canonical part, the spelling, and a Rare where there is one

  std::string_view canonical() const { return {bytes, canonical_size}; }
  std::string_view spelling() const { return {bytes + canonical_size, size() - canonical_size}; }
  std::string_view canonical_and_spelling() const { return {bytes, size()}; }

  Rare rare() const {
    Rare rare;
    if (has_rare) std::memcpy(&rare, bytes + size(), sizeof rare);  // unaligned
    return rare;
  }
  SessionNumber session() const { return rare().session; }

 private:
  std::size_t size() const { return static_cast<std::size_t>(Py_SIZE(this)) - (has_rare ? sizeof(Rare) : 0); }
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

// The call.
nb::str key_label(const KeyObject& key);
// `call`, and whose it is.
nb::object with_session(nb::object call, const KeyObject& key);

// The same call's key of this session, or of none.
nb::object key_of_session(const KeyObject& key, SessionNumber session);

void register_keys(nb::module_& module);

}  // namespace client_cache::python
