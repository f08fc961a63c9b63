// Which Python classes can be keys, and how each is taken apart.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <vector>

namespace levada {

namespace nb = nanobind;

enum class Shape : unsigned char {
    None,
    Int,       // int, bool and their subclasses; IntEnum
    Float,
    Str,       // and str subclasses, StrEnum
    Bytes,
    Tuple,     // and named tuples
    Decimal,
    DateTime,
    Date,
    Time,
    Delta,
    Uuid,
    Enum,
    Flag,
    Record,    // frozen dataclass
    Row,       // levada.common.types.Row
    Whole,     // numpy integers and booleans, by int()
    Real,      // numpy floats, by float()
    Refused,
};

struct KeyClass {
    Shape shape = Shape::Refused;
    bool nanoseconds = false;      // pandas.Timestamp / Timedelta
    std::string name;              // module and qualified name: Enum, Flag, Record
    std::vector<nb::object> fields;  // names of the compared fields: Record
    std::string remedy;            // Refused: what to use in its place
};

// Remembered per class.
std::shared_ptr<const KeyClass> key_class(PyTypeObject *type);

// The module name that classes of the program's main script have in every process.
void set_main_module(const std::string &name);

}  // namespace levada
