// What stands under names of modules and classes at this moment, compared by identity with what stood there.
//
// A place is a tuple: the module's dict, a name in it, and whether the class of that name counts with all its members,
// or the name of one of them, or None for what stands there alone. Complexity: a few nanoseconds for each place whose
// class has the version that it had, else for each member; a comparison allocates nothing. Thread safety: any thread
// may ask; each dict is read in one step, the places are not. Does not: judge what it finds, or look at what classes
// inherit.
#pragma once

#include <nanobind/nanobind.h>

namespace client_cache::python {

void register_members(nanobind::module_& module);

}  // namespace client_cache::python
