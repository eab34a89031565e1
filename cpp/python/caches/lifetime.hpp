// The methods of a cache that a dict has not: lifetime, pins and statistics.
#pragma once

#include <span>

#include "caches/cache.hpp"

namespace client_cache::python {

std::span<const PyMethodDef> lifetime_methods();
std::span<const PyGetSetDef> lifetime_properties();

}  // namespace client_cache::python
