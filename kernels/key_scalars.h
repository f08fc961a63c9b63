// The canonical form of scalar Python values.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "key_classes.h"
#include "key_leaf.h"

namespace levada {

namespace nb = nanobind;

// What a leaf of a Python value may point into.
struct Scratch {
    LeafScratch leaf;
    nb::object keep;
};

// Throws KeyTypeFault.
[[noreturn]] void refuse(nb::handle value, const std::string &remedy);

inline nb::object checked(PyObject *fresh) {
    if (fresh == nullptr) throw nb::python_error();
    return nb::steal(fresh);
}

Leaf int_leaf_of(nb::handle value, Scratch &scratch);
Leaf str_leaf_of(nb::handle value, Scratch &scratch);
Leaf bytes_leaf_of(nb::handle value);
Leaf decimal_leaf_of(nb::handle value, Scratch &scratch);
// A value of any shape that has no parts.
Leaf scalar_leaf(nb::handle value, const KeyClass &info, Scratch &scratch);

}  // namespace levada
