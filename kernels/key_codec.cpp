#include "key_codec.h"

#include <datetime.h>
#include <nanobind/stl/string.h>

#include <cmath>
#include <string>
#include <string_view>

#include "arrow_export.h"
#include "arrow_import.h"
#include "key_classes.h"
#include "key_columns.h"
#include "key_groups.h"

namespace levada {

namespace {

constexpr int64_t kDaySeconds = 86400;
constexpr Py_ssize_t kMaxDigits = 4096;  // of a Decimal; Python itself refuses int("...") of more than 4300

// What a leaf of a Python value may point into.
struct Scratch {
    LeafScratch leaf;
    nb::object keep;
};

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

nb::object checked(PyObject *fresh) {
    if (fresh == nullptr) throw nb::python_error();
    return nb::steal(fresh);
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

Leaf scalar_leaf(nb::handle value, const KeyClass &info, Scratch &scratch) {
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

// Two ways to take a key in: as a hash, and as bytes. A walk calls `leaf` for a scalar, or `open` and then its parts.
class HashSink {
public:
    uint64_t hash = kNullHash;

    void leaf(const Leaf &leaf) { hash = hash_leaf(leaf); }
    void open(Tag tag, size_t count) { hash = start_sequence(tag, count); }
    void name(std::string_view text) { hash = combine(hash, hash_str(text)); }
    void number(uint64_t value) { hash = combine(hash, value); }
    template <typename Walk>
    void part(Walk walk) {
        HashSink inner;
        walk(inner);
        hash = combine(hash, inner.hash);
    }
};

class WriteSink {
public:
    explicit WriteSink(KeyWriter &writer) : writer_(writer) {}

    void leaf(const Leaf &leaf) { writer_.leaf(leaf); }
    void open(Tag tag, size_t count) {
        writer_.tag(tag);
        writer_.number(count, 4);
    }
    void name(std::string_view text) { writer_.text(text); }
    void number(uint64_t value) { writer_.number(value, 1); }
    template <typename Walk>
    void part(Walk walk) {
        walk(*this);
    }

private:
    KeyWriter &writer_;
};

template <typename Sink>
void walk(nb::handle value, Sink &sink);

template <typename Sink>
void walk_tuple(nb::handle value, Sink &sink) {
    const Nesting nesting;
    const Py_ssize_t count = PyTuple_GET_SIZE(value.ptr());
    sink.open(Tag::Tuple, static_cast<size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i)
        sink.part([&](auto &inner) { walk(nb::handle(PyTuple_GET_ITEM(value.ptr(), i)), inner); });
}

template <typename Sink>
void walk_row(nb::handle value, Sink &sink) {
    const Nesting nesting;
    nb::object values = value.attr("_values");
    nb::object fields = nb::getattr(value, "_fields", nb::none());
    if (!PyList_Check(values.ptr())) throw nb::type_error("a Row's _values must be a list");
    const bool named = !fields.is_none();
    sink.open(Tag::Row, nb::len(values));
    sink.number(nb::cast<uint8_t>(value.attr("_row_kind").attr("value")));
    sink.number(named);
    Scratch scratch;
    if (named)
        for (nb::handle field : fields) sink.name(str_leaf_of(nb::str(field), scratch).bytes);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(values.ptr()); ++i) {
        nb::object item = nb::borrow(PyList_GET_ITEM(values.ptr(), i));
        sink.part([&](auto &inner) { walk(item, inner); });
    }
}

template <typename Sink>
void walk_record(nb::handle value, const KeyClass &info, Sink &sink) {
    const Nesting nesting;
    sink.open(Tag::Record, info.fields.size());
    sink.name(info.name);
    for (const nb::object &field : info.fields) {
        nb::object item = checked(PyObject_GetAttr(value.ptr(), field.ptr()));
        sink.part([&](auto &inner) { walk(item, inner); });
    }
}

template <typename Sink>
void walk_enum(nb::handle value, const KeyClass &info, Sink &sink) {
    const bool flag = info.shape == Shape::Flag;
    sink.open(flag ? Tag::Flag : Tag::Enum, 2);
    sink.name(info.name);
    nb::object part = value.attr(flag ? "_value_" : "_name_");
    sink.part([&](auto &inner) { walk(part, inner); });
}

template <typename Sink>
void walk(nb::handle value, Sink &sink) {
    PyObject *raw = value.ptr();
    Scratch scratch;
    if (PyLong_CheckExact(raw)) return sink.leaf(int_leaf_of(value, scratch));
    if (PyUnicode_CheckExact(raw)) return sink.leaf(str_leaf_of(value, scratch));
    if (PyTuple_CheckExact(raw)) return walk_tuple(value, sink);
    if (PyBytes_CheckExact(raw)) return sink.leaf(bytes_leaf_of(value));
    const auto info = key_class(Py_TYPE(raw));
    switch (info->shape) {
        case Shape::Tuple: return walk_tuple(value, sink);
        case Shape::Row: return walk_row(value, sink);
        case Shape::Record: return walk_record(value, *info, sink);
        case Shape::Enum:
        case Shape::Flag: return walk_enum(value, *info, sink);
        default: return sink.leaf(scalar_leaf(value, *info, scratch));
    }
}

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

uint64_t hash_python_key(nb::handle value) {
    HashSink sink;
    walk(value, sink);
    return sink.hash;
}

void write_python_key(nb::handle value, KeyWriter &writer) {
    WriteSink sink(writer);
    walk(value, sink);
}

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

namespace {

nb::object hash_values(nb::list values) {
    const auto count = static_cast<int64_t>(nb::len(values));
    Buffer hashes = Buffer::of<uint64_t>(count);
    for (int64_t i = 0; i < count; ++i) {
        if (static_cast<size_t>(i) >= nb::len(values)) throw nb::value_error("the list changed while it was hashed");
        nb::object value = nb::borrow(PyList_GET_ITEM(values.ptr(), i));
        hashes.as<uint64_t>()[i] = hash_python_key(value);
    }
    return to_python(fixed_column("L", count, std::move(hashes)));
}

nb::object hash_columns(nb::handle columns) {
    const std::vector<Column> keys = import_columns(columns, "a key column");
    const int64_t count = keys.front().length;
    Buffer hashes = Buffer::of<uint64_t>(count);
    {
        nb::gil_scoped_release released;
        for (const Column &column : keys) check_key_type(column.type);
        constexpr int64_t kBlock = 1024;
        for (int64_t row = 0; row < count; row += kBlock)
            hash_key_rows(keys, row, std::min(kBlock, count - row), hashes.as<uint64_t>() + row);
    }
    return to_python(fixed_column("L", count, std::move(hashes)));
}

nb::bytes key_bytes(nb::handle value) {
    KeyWriter writer;
    write_python_key(value, writer);
    return nb::bytes(writer.out.data(), writer.out.size());
}

uint32_t key_group(nb::handle value, int64_t max_parallelism) {
    return KeyGroups(max_parallelism).of(hash_python_key(value));
}

void translate(const std::exception_ptr &thrown, void *) {
    try {
        std::rethrow_exception(thrown);
    } catch (const KeyTypeFault &fault) {
        nb::object type = nb::module_::import_("levada.common.errors").attr("KeyTypeError");
        PyErr_SetString(type.ptr(), fault.what());
    }
}

}  // namespace

void register_key_codec(nb::module_ &m) {
    PyDateTime_IMPORT;
    register_arrow_export(m);
    nb::register_exception_translator(translate);
    m.attr("CODEC_VERSION") = kCodecVersion;
    m.def("key_bytes", &key_bytes, nb::arg("value").none());
    m.def("key_hash", &hash_python_key, nb::arg("value").none());
    m.def("key_group", &key_group, nb::arg("value").none(), nb::arg("max_parallelism"));
    m.def("canonical_key", &canonical_python_key, nb::arg("value").none());
    m.def("hash_values", &hash_values, nb::arg("values"));
    m.def("hash_columns", &hash_columns, nb::arg("columns"));
    m.def("set_main_module", &set_main_module, nb::arg("name"));
}

}  // namespace levada
