// A guard against keys that contain themselves.
#pragma once

#include <nanobind/nanobind.h>

namespace levada {

namespace nb = nanobind;

// Sequences that contain themselves, through a Row, must not overflow the C stack.
class Nesting {
public:
    Nesting() {
        if (Py_EnterRecursiveCall(" while taking a key apart") != 0) throw nb::python_error();
    }
    Nesting(const Nesting &) = delete;
    Nesting &operator=(const Nesting &) = delete;
    ~Nesting() { Py_LeaveRecursiveCall(); }
};

}  // namespace levada
