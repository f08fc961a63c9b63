// Arrow arrays that come from Python: anything with `__arrow_c_array__` (pyarrow, polars, nanoarrow ...), no copy.
#pragma once

#include <nanobind/nanobind.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow_abi.h"
#include "arrow_type.h"

namespace levada {

namespace nb = nanobind;

// Owns an imported array; the pointers below already take the array's offset into account where that is possible.
class Column {
public:
    ColumnType type;
    int64_t length = 0;

    // Takes the structs over from their capsules (the capsules' own `release` is cleared, as the interface asks).
    Column(ArrowSchema *schema, ArrowArray *array) : type(parse_type(*schema)), length(array->length), array_(*array) {
        array->release = nullptr;
        if (array_.null_count != 0 && array_.n_buffers > 0 && type.kind != Kind::Null)
            validity_ = static_cast<const uint8_t *>(array_.buffers[0]);
    }
    Column(Column &&other) noexcept
        : type(std::move(other.type)), length(other.length), array_(other.array_), validity_(other.validity_) {
        other.array_.release = nullptr;
    }
    Column(const Column &) = delete;
    Column &operator=(const Column &) = delete;
    Column &operator=(Column &&) = delete;
    ~Column() {
        if (array_.release != nullptr) array_.release(&array_);
    }

    // False promises that `is_null` is false everywhere, so that loops without nulls can be chosen.
    bool may_have_nulls() const { return validity_ != nullptr || (type.kind == Kind::Null && length > 0); }
    bool is_null(int64_t row) const {
        if (validity_ == nullptr) return type.kind == Kind::Null;
        const int64_t bit = row + array_.offset;
        return (validity_[bit >> 3] >> (bit & 7) & 1) == 0;
    }

    // Fixed-width values, as many as `length`.
    template <typename T>
    const T *values() const {
        return array_.buffers[1] == nullptr ? nullptr : static_cast<const T *>(array_.buffers[1]) + array_.offset;
    }
    const uint8_t *fixed(int64_t row) const {
        return static_cast<const uint8_t *>(array_.buffers[1]) + (row + array_.offset) * type.width;
    }
    bool boolean(int64_t row) const {
        const int64_t bit = row + array_.offset;
        return static_cast<const uint8_t *>(array_.buffers[1])[bit >> 3] >> (bit & 7) & 1;
    }
    // One value of a Utf8, Binary or FixedBinary column.
    std::string_view bytes(int64_t row) const {
        if (type.kind == Kind::FixedBinary) return {reinterpret_cast<const char *>(fixed(row)), size_t(type.width)};
        if (type.view) return view(row);
        return type.large ? by_offsets<int64_t>(row) : by_offsets<int32_t>(row);
    }

private:
    ArrowArray array_;
    const uint8_t *validity_ = nullptr;

    template <typename Offset>
    std::string_view by_offsets(int64_t row) const {
        const Offset *at = static_cast<const Offset *>(array_.buffers[1]) + array_.offset + row;
        const size_t size = static_cast<size_t>(at[1] - at[0]);
        if (size == 0) return {"", 0};
        return {static_cast<const char *>(array_.buffers[2]) + at[0], size};
    }
    std::string_view view(int64_t row) const {  // 16 bytes: length, then 12 bytes inline or prefix, buffer, offset
        const char *at = static_cast<const char *>(array_.buffers[1]) + (row + array_.offset) * 16;
        int32_t parts[4];
        std::memcpy(parts, at, 16);
        const size_t size = static_cast<size_t>(parts[0]);
        if (size <= 12) return {at + 4, size};
        return {static_cast<const char *>(array_.buffers[2 + parts[2]]) + parts[3], size};
    }
};

inline std::string python_type_name(nb::handle value) {
    return std::string(Py_TYPE(value.ptr())->tp_name);
}

// Takes one array. `what` names the argument in errors. Dictionary arrays of pyarrow are decoded first.
inline Column import_array(nb::handle value, const char *what) {
    static PyObject *method = PyUnicode_InternFromString("__arrow_c_array__");
    nb::object pair = nb::steal(PyObject_CallMethodNoArgs(value.ptr(), method));
    if (!pair.is_valid()) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw nb::python_error();
        PyErr_Clear();
        const bool chunked = PyObject_HasAttrString(value.ptr(), "combine_chunks") == 1;
        const std::string message = std::string(what) + " must be an Arrow array, not " + python_type_name(value) +
                                    (chunked ? "; call combine_chunks() on it" : "; make one with pyarrow.array(...)");
        throw nb::type_error(message.c_str());
    }
    if (!PyTuple_Check(pair.ptr()) || PyTuple_GET_SIZE(pair.ptr()) != 2)
        throw nb::type_error("__arrow_c_array__ must return two capsules");
    auto *schema =
        static_cast<ArrowSchema *>(PyCapsule_GetPointer(PyTuple_GET_ITEM(pair.ptr(), 0), "arrow_schema"));
    auto *array = static_cast<ArrowArray *>(PyCapsule_GetPointer(PyTuple_GET_ITEM(pair.ptr(), 1), "arrow_array"));
    if (schema == nullptr || array == nullptr) throw nb::python_error();
    if (schema->dictionary != nullptr) {
        nb::object decoded = value.attr("dictionary_decode")();
        return import_array(decoded, what);
    }
    return Column(schema, array);
}

// Takes a sequence of arrays of equal length, at least one.
inline std::vector<Column> import_columns(nb::handle values, const char *what) {
    nb::object items = nb::steal(PySequence_Fast(values.ptr(), "columns must be a sequence of Arrow arrays"));
    if (!items.is_valid()) throw nb::python_error();
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(items.ptr());
    if (count == 0) throw nb::value_error("at least one column is needed");
    std::vector<Column> columns;
    columns.reserve(static_cast<size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
        columns.push_back(import_array(PySequence_Fast_GET_ITEM(items.ptr(), i), what));
        if (columns.back().length != columns.front().length)
            throw nb::value_error("the columns must have the same length");
    }
    return columns;
}

// Takes an array that must have one kind and no nulls (slots, hashes, key groups).
inline Column import_plain(nb::handle value, Kind kind, const char *what, const char *expected) {
    Column column = import_array(value, what);
    if (column.type.kind != kind) {
        const std::string message =
            std::string(what) + " must be an Arrow array of " + expected + ", not of format '" + column.type.format + "'";
        throw nb::type_error(message.c_str());
    }
    for (int64_t row = 0; column.may_have_nulls() && row < column.length; ++row) {
        if (column.is_null(row)) throw nb::value_error((std::string(what) + " must not hold nulls").c_str());
    }
    return column;
}

}  // namespace levada
