// A cache's items together, as they were at one moment: listed, iterated over, compared, shown.
#pragma once

#include <span>

#include "caches/cache.hpp"

namespace client_cache::python {

std::span<const PyMethodDef> snapshot_methods();
std::span<const PyType_Slot> snapshot_slots();

}  // namespace client_cache::python
