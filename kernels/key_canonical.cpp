#include "key_codec.h"

#include <datetime.h>

#include <cmath>

#include "key_classes.h"
#include "key_nesting.h"
#include "key_scalars.h"

namespace levada {

namespace {

bool is_plain(PyObject *raw) {
    return PyLong_CheckExact(raw) || PyUnicode_CheckExact(raw) || raw == Py_None || PyBool_Check(raw) ||
           PyBytes_CheckExact(raw);
}

nb::object the_nan() {
    static PyObject *nan = PyFloat_FromDouble(std::nan(""));
    return nb::borrow(nan);
}

// A named tuple keeps its class.
nb::object canonical_tuple(nb::handle value) {
    const Nesting nesting;
    PyObject *raw = value.ptr();
    const Py_ssize_t count = PyTuple_GET_SIZE(raw);
    nb::object fresh;
    for (Py_ssize_t i = 0; i < count; ++i) {
        PyObject *item = PyTuple_GET_ITEM(raw, i);
        if (is_plain(item)) continue;
        nb::object canonical = canonical_python_key(item);
        if (canonical.ptr() == item) continue;
        if (!fresh.is_valid()) fresh = checked(PySequence_List(raw));
        PyList_SetItem(fresh.ptr(), i, canonical.release().ptr());
    }
    if (!fresh.is_valid()) return nb::borrow(value);
    if (PyTuple_CheckExact(raw)) return checked(PyList_AsTuple(fresh.ptr()));
    return nb::handle(reinterpret_cast<PyObject *>(&PyTuple_Type)).attr("__new__")(value.type(), fresh);
}

nb::object canonical_record(nb::handle value, const KeyClass &info) {
    const Nesting nesting;
    nb::object fresh;
    for (const nb::object &field : info.fields) {
        nb::object item = checked(PyObject_GetAttr(value.ptr(), field.ptr()));
        nb::object canonical = canonical_python_key(item);
        if (canonical.is(item)) continue;
        if (!fresh.is_valid()) fresh = nb::module_::import_("copy").attr("copy")(value);
        if (PyObject_GenericSetAttr(fresh.ptr(), field.ptr(), canonical.ptr()) != 0) throw nb::python_error();
    }
    return fresh.is_valid() ? fresh : nb::borrow(value);
}

nb::object canonical_row(nb::handle value) {
    const Nesting nesting;
    nb::object values = value.attr("_values");
    nb::object tuple = nb::tuple(values);
    nb::object canonical = canonical_tuple(tuple);
    if (canonical.is(tuple)) return nb::borrow(value);
    nb::object fresh = nb::module_::import_("copy").attr("copy")(value);
    fresh.attr("_values") = nb::list(canonical);
    return fresh;
}

// Where a zone's offset depends on `fold` (hours that happen twice, or never), Python compares wall clocks within one
// zone and finds values of different zones never equal; in UTC it compares instants.
nb::object canonical_datetime(nb::handle value) {
    if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
    PyObject *zone = PyDateTime_DATE_GET_TZINFO(value.ptr());
    if (zone == Py_None || Py_TYPE(zone) == Py_TYPE(PyDateTime_TimeZone_UTC)) return nb::borrow(value);
    nb::object offset = value.attr("utcoffset")();
    if (offset.is_none()) return nb::borrow(value);
    const int fold = PyDateTime_DATE_GET_FOLD(value.ptr());
    nb::object other = value.attr("replace")(nb::arg("fold") = 1 - fold);
    if (other.attr("utcoffset")().equal(offset)) return nb::borrow(value);
    return value.attr("astimezone")(nb::borrow(PyDateTime_TimeZone_UTC));
}

}  // namespace

nb::object canonical_python_key(nb::handle value) {
    PyObject *raw = value.ptr();
    if (is_plain(raw)) return nb::borrow(value);
    if (PyTuple_CheckExact(raw)) return canonical_tuple(value);
    const auto info = key_class(Py_TYPE(raw));
    switch (info->shape) {
        case Shape::Float: return std::isnan(PyFloat_AS_DOUBLE(raw)) ? the_nan() : nb::borrow(value);
        case Shape::Real: return std::isnan(PyFloat_AsDouble(raw)) ? the_nan() : nb::borrow(value);
        case Shape::Tuple: return canonical_tuple(value);
        case Shape::Record: return canonical_record(value, *info);
        case Shape::Row: return canonical_row(value);
        case Shape::DateTime: return canonical_datetime(value);
        case Shape::Decimal: {
            if (PyObject_IsTrue(nb::object(value.attr("is_nan")()).ptr()) == 0) return nb::borrow(value);
            Scratch scratch;
            decimal_leaf_of(value, scratch);  // refuses a signaling NaN
            return the_nan();
        }
        case Shape::Refused: refuse(value, info->remedy);
        default: return nb::borrow(value);
    }
}

}  // namespace levada
