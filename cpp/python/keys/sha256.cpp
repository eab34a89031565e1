// The low-level functions, not EVP: linked statically they are 14 KB and 50 ns a digest, where EVP brings all of
// OpenSSL's providers and a fetch. They are deprecated for choosing an implementation by hand, which is exactly what is
// wanted here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "keys/sha256.hpp"

#include <openssl/sha.h>

namespace client_cache::python {

Digest sha256(std::string_view bytes) {
  Digest digest;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &context);
  return digest;
}

}  // namespace client_cache::python
