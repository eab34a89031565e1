// Search paths of Python's, searched without the GIL.
//
// What a path or name must be is left to botocore: for all but texts that name files plainly, the answer is that there
// is none (see the functions' own documentation).
#pragma once

#include <nanobind/nanobind.h>

namespace models {

void register_searching(nanobind::module_& module);

}  // namespace models
