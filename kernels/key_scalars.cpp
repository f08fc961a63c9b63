#include "key_scalars.h"

#include <datetime.h>
#include <nanobind/stl/string.h>

#include <cmath>
#include <string>
#include <string_view>

#include "key_columns.h"

namespace levada {

namespace {

constexpr int64_t kDaySeconds = 86400;
constexpr Py_ssize_t kMaxDigits = 4096;  // of a Decimal; Python itself refuses int("...") of more than 4300

// Days since 1970-01-01 in the proleptic Gregorian calendar.
int64_t days_of(int year, int month, int day) {
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

int64_t delta_micros(nb::handle delta) {
    PyObject *raw = delta.ptr();
    return (PyDateTime_DELTA_GET_DAYS(raw) * kDaySeconds + PyDateTime_DELTA_GET_SECONDS(raw)) * 1000000 +
           PyDateTime_DELTA_GET_MICROSECONDS(raw);
}

// The offset from UTC as a timedelta, or None for naive values (also those whose zone gives no offset).
nb::object offset_of(nb::handle value, PyObject *zone) {
    if (zone == Py_None) return nb::none();
    nb::object offset = value.attr("utcoffset")();
    if (!offset.is_none() && !PyDelta_Check(offset.ptr())) throw nb::type_error("utcoffset() must give a timedelta");
    return offset;
}

Leaf datetime_leaf_of(nb::handle value, const KeyClass &info) {
    PyObject *raw = value.ptr();
    Leaf leaf;
    leaf.tag = Tag::DateTime;
    leaf.number = days_of(PyDateTime_GET_YEAR(raw), PyDateTime_GET_MONTH(raw), PyDateTime_GET_DAY(raw)) * kDaySeconds +
                  PyDateTime_DATE_GET_HOUR(raw) * 3600 + PyDateTime_DATE_GET_MINUTE(raw) * 60 +
                  PyDateTime_DATE_GET_SECOND(raw);
    int64_t nanos = PyDateTime_DATE_GET_MICROSECOND(raw) * int64_t{1000};
    if (info.nanoseconds) nanos += nb::cast<int>(value.attr("nanosecond"));
    nb::object offset = offset_of(value, PyDateTime_DATE_GET_TZINFO(raw));
    if (!offset.is_none()) {
        leaf.tag = Tag::Instant;
        const Leaf shift = moment_leaf(Tag::Duration, delta_micros(offset), 1000000);
        leaf.number -= shift.number;
        nanos -= shift.fraction;
        if (nanos < 0) {
            nanos += 1000000000;
            leaf.number -= 1;
        }
    }
    leaf.fraction = static_cast<uint32_t>(nanos);
    return leaf;
}

Leaf time_leaf_of(nb::handle value) {
    PyObject *raw = value.ptr();
    int64_t micros = (PyDateTime_TIME_GET_HOUR(raw) * 3600 + PyDateTime_TIME_GET_MINUTE(raw) * 60 +
                      PyDateTime_TIME_GET_SECOND(raw)) * int64_t{1000000} + PyDateTime_TIME_GET_MICROSECOND(raw);
    Leaf leaf;
    leaf.tag = Tag::Time;
    nb::object offset = offset_of(value, PyDateTime_TIME_GET_TZINFO(raw));
    if (!offset.is_none()) {
        leaf.tag = Tag::ZonedTime;
        micros -= delta_micros(offset);
    }
    leaf.number = micros * 1000;
    return leaf;
}

Leaf delta_leaf_of(nb::handle value, const KeyClass &info) {
    PyObject *raw = value.ptr();
    Leaf leaf;
    leaf.tag = Tag::Duration;
    leaf.number = PyDateTime_DELTA_GET_DAYS(raw) * kDaySeconds + PyDateTime_DELTA_GET_SECONDS(raw);
    leaf.fraction = static_cast<uint32_t>(PyDateTime_DELTA_GET_MICROSECONDS(raw)) * 1000;
    if (info.nanoseconds) leaf.fraction += nb::cast<uint32_t>(value.attr("nanoseconds"));
    return leaf;
}

}  // namespace

[[noreturn]] void refuse(nb::handle value, const std::string &remedy) {
    std::string shown = nb::cast<std::string>(nb::repr(value));
    if (shown.size() > 80) {
        size_t cut = 77;
        while ((shown[cut] & 0xc0) == 0x80) --cut;  // not inside a character
        shown = shown.substr(0, cut) + "...";
    }
    throw KeyTypeFault("a value of type " + nb::cast<std::string>(nb::type_name(value.type())) +
                       " cannot be (part of) a key: " + shown + "; " + remedy);
}

Leaf int_leaf_of(nb::handle value, Scratch &scratch) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (small == -1 && PyErr_Occurred() != nullptr) throw nb::python_error();
    if (overflow == 0) return int_leaf(small);
    nb::object magnitude = checked(PyNumber_Absolute(value.ptr()));
    const auto bits = nb::cast<size_t>(magnitude.attr("bit_length")());
    scratch.keep = magnitude.attr("to_bytes")((bits + 7) / 8, "little");
    return magnitude_leaf(overflow < 0, {PyBytes_AS_STRING(scratch.keep.ptr()),
                                         static_cast<size_t>(PyBytes_GET_SIZE(scratch.keep.ptr()))});
}

Leaf str_leaf_of(nb::handle value, Scratch &scratch) {
    Py_ssize_t size = 0;
    const char *utf8 = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
    if (utf8 == nullptr) {  // lone surrogates
        PyErr_Clear();
        scratch.keep = checked(PyUnicode_AsEncodedString(value.ptr(), "utf-8", "surrogatepass"));
        utf8 = PyBytes_AS_STRING(scratch.keep.ptr());
        size = PyBytes_GET_SIZE(scratch.keep.ptr());
    }
    return text_leaf(Tag::Str, {utf8, static_cast<size_t>(size)});
}

Leaf bytes_leaf_of(nb::handle value) {
    return text_leaf(Tag::Bytes, {PyBytes_AS_STRING(value.ptr()), static_cast<size_t>(PyBytes_GET_SIZE(value.ptr()))});
}

// Trailing zeros go, whole numbers become integers, fractions that are doubles become doubles.
Leaf decimal_leaf_of(nb::handle value, Scratch &scratch) {
    nb::object parts = value.attr("as_tuple")();
    nb::object special = parts[2];
    if (PyUnicode_Check(special.ptr())) {
        const auto mark = nb::cast<std::string>(special);
        if (mark == "N") refuse(value, "signaling NaNs have no equality; use Decimal('NaN')");
        return float_leaf(mark == "n" ? std::nan("") : PyFloat_AsDouble(value.ptr()), scratch.leaf);
    }
    auto exponent = nb::cast<int64_t>(special);
    std::string digits;
    for (nb::handle digit : nb::borrow<nb::tuple>(parts[1])) digits.push_back(static_cast<char>('0' + nb::cast<int>(digit)));
    while (!digits.empty() && digits.back() == '0') {
        digits.pop_back();
        ++exponent;
    }
    if (digits.empty()) return int_leaf(0);
    const auto length = static_cast<int64_t>(digits.size());
    if (length > kMaxDigits || exponent > kMaxDigits - length)
        refuse(value, "it has over 4096 digits; use its text: str(value)");
    const bool negative = nb::cast<int>(nb::object(parts[0])) != 0;
    if (exponent > 0) digits.append(static_cast<size_t>(exponent), '0');
    if (exponent < 0) {
        const double near = PyFloat_AsDouble(value.ptr());
        if (near == -1.0 && PyErr_Occurred() != nullptr) throw nb::python_error();
        const int equal = PyObject_RichCompareBool(value.ptr(), checked(PyFloat_FromDouble(near)).ptr(), Py_EQ);
        if (equal < 0) throw nb::python_error();
        if (equal == 1) return float_bits_leaf(near);
    }
    Leaf leaf = int_leaf_of(checked(PyLong_FromString(digits.c_str(), nullptr, 10)), scratch);
    if (leaf.tag == Tag::Int) {
        scratch.leaf.bytes.clear();
        for (auto rest = static_cast<uint64_t>(leaf.number); rest != 0; rest >>= 8)
            scratch.leaf.bytes.push_back(static_cast<char>(rest & 0xff));
        leaf.bytes = scratch.leaf.bytes;
    }
    if (exponent >= 0) return magnitude_leaf(negative, leaf.bytes);
    leaf.tag = Tag::Decimal;
    leaf.negative = negative;
    leaf.number = exponent;
    return leaf;
}

Leaf scalar_leaf(nb::handle value, const KeyClass &info, Scratch &scratch) {
    if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
    PyObject *raw = value.ptr();
    switch (info.shape) {
        case Shape::None: return Leaf{};
        case Shape::Int: return int_leaf_of(value, scratch);
        case Shape::Float: return float_leaf(PyFloat_AS_DOUBLE(raw), scratch.leaf);
        case Shape::Str: return str_leaf_of(value, scratch);
        case Shape::Bytes: return bytes_leaf_of(value);
        case Shape::Decimal: return decimal_leaf_of(value, scratch);
        case Shape::DateTime: return datetime_leaf_of(value, info);
        case Shape::Date:
            return detail::number_leaf(
                Tag::Date, days_of(PyDateTime_GET_YEAR(raw), PyDateTime_GET_MONTH(raw), PyDateTime_GET_DAY(raw)));
        case Shape::Time: return time_leaf_of(value);
        case Shape::Delta: return delta_leaf_of(value, info);
        case Shape::Uuid:
            scratch.keep = value.attr("bytes");
            return text_leaf(Tag::Uuid, bytes_leaf_of(scratch.keep).bytes);
        case Shape::Whole: return int_leaf_of(checked(PyNumber_Long(raw)), scratch);
        case Shape::Real: return float_leaf(PyFloat_AsDouble(raw), scratch.leaf);
        default: refuse(value, info.remedy);
    }
}

}  // namespace levada
