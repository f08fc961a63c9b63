// Python values as keys: hash, canonical bytes, and the form that Python dicts compare as the codec does.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>

#include "key_leaf.h"

namespace levada {

namespace nb = nanobind;

// All of these need the GIL and throw KeyTypeFault for values that cannot be keys.
uint64_t hash_python_key(nb::handle value);
void write_python_key(nb::handle value, KeyWriter &writer);
nb::object canonical_python_key(nb::handle value);

}  // namespace levada
