// A cache's items one by one, as a dict has them: looked up, stored, removed.
#pragma once

#include <span>

#include "caches/cache.hpp"

namespace client_cache::python {

std::span<const PyMethodDef> item_methods();
std::span<const PyType_Slot> item_slots();

}  // namespace client_cache::python
