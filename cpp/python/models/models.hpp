// Registers the model store's part of the extension module.
#pragma once

#include <nanobind/nanobind.h>

void register_models(nanobind::module_& module);
