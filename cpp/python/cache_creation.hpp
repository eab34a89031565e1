// The methods of a cache by which what is missing is created: `get_or_create`, and what `_creation.py` needs for it.
#pragma once

#include <span>

#include "cache.hpp"

namespace client_cache::python {

std::span<const PyMethodDef> creation_methods();

}  // namespace client_cache::python
