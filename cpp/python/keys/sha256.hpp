// SHA-256 of a secret, by OpenSSL's libcrypto.
#pragma once

#include <array>
#include <string_view>

namespace client_cache::python {

using Digest = std::array<char, 32>;

Digest sha256(std::string_view bytes);

}  // namespace client_cache::python
