#include "key_classes.h"

#include <datetime.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <string_view>
#include <unordered_map>

namespace levada {

namespace {

std::optional<std::string> main_module;

nb::object attribute(nb::handle value, const char *name) {
    PyObject *found = PyObject_GetAttrString(value.ptr(), name);
    if (found == nullptr) PyErr_Clear();
    return nb::steal(found);
}

std::string text(nb::handle value) {
    return value.is_valid() && PyUnicode_Check(value.ptr()) ? nb::cast<std::string>(value) : std::string();
}

// `python job.py` and a worker that imports `job` must agree on the names of the script's classes.
std::string main_module_name() {
    if (main_module) return *main_module;
    nb::object main = nb::module_::import_("sys").attr("modules").attr("get")("__main__");
    nb::object spec = attribute(main, "__spec__");
    std::string name = spec.is_valid() && !spec.is_none() ? text(attribute(spec, "name")) : std::string();
    const std::string file = text(attribute(main, "__file__"));
    if (name.empty() && !file.empty())
        name = text(nb::module_::import_("pathlib").attr("PurePath")(file).attr("stem"));
    return name.empty() ? "__main__" : name;
}

std::string qualified_name(PyTypeObject *type) {
    nb::handle handle(reinterpret_cast<PyObject *>(type));
    std::string module = text(attribute(handle, "__module__"));
    if (module == "__main__" || module == "__mp_main__") module = main_module_name();
    return module + "." + text(attribute(handle, "__qualname__"));
}

bool is_subclass(PyTypeObject *type, const char *module, const char *name) {
    // A class of a module that was never imported cannot exist.
    nb::object loaded = nb::module_::import_("sys").attr("modules").attr("get")(module);
    if (loaded.is_none()) return false;
    nb::object base = attribute(loaded, name);
    return base.is_valid() && PyType_Check(base.ptr()) &&
           PyType_IsSubtype(type, reinterpret_cast<PyTypeObject *>(base.ptr())) != 0;
}

// Subclasses that compare in their own way would be equal to Python and different to the codec, or the reverse.
KeyClass plain(Shape shape, PyTypeObject *type, PyTypeObject *base, bool numpy) {
    KeyClass result;
    const bool same = type->tp_richcompare == base->tp_richcompare && type->tp_hash == base->tp_hash;
    if (same || numpy) {
        result.shape = shape;
    } else {
        result.remedy = std::string("its class defines its own equality; convert it: ") + base->tp_name + "(value)";
    }
    return result;
}

bool has_flag(nb::handle params, const char *name) {
    nb::object flag = attribute(params, name);
    return flag.is_valid() && PyObject_IsTrue(flag.ptr()) == 1;
}

KeyClass dataclass_of(PyTypeObject *type, nb::handle params) {
    KeyClass result;
    if (!has_flag(params, "frozen")) {
        result.remedy = "make the dataclass frozen: @dataclass(frozen=True)";
        return result;
    }
    if (!has_flag(params, "eq")) {
        result.remedy = "let the dataclass compare by value: @dataclass(frozen=True, eq=True)";
        return result;
    }
    result.shape = Shape::Record;
    result.name = qualified_name(type);
    nb::handle handle(reinterpret_cast<PyObject *>(type));
    for (nb::handle field : nb::module_::import_("dataclasses").attr("fields")(handle))
        if (has_flag(field, "compare")) result.fields.push_back(nb::borrow(field.attr("name")));
    return result;
}

std::string remedy_for(PyTypeObject *type, const std::string &module) {
    const std::string_view name = type->tp_name;
    if (PyType_IsSubtype(type, &PyList_Type))
        return "lists can change; use a tuple: tuple(value)";
    if (PyType_IsSubtype(type, &PyDict_Type)) return "dicts can change; use a tuple: tuple(sorted(value.items()))";
    if (PyType_IsSubtype(type, &PySet_Type) || PyType_IsSubtype(type, &PyFrozenSet_Type))
        return "sets have no order; use a tuple: tuple(sorted(value))";
    if (PyType_IsSubtype(type, &PyByteArray_Type) || PyType_IsSubtype(type, &PyMemoryView_Type))
        return "its bytes can change; use bytes(value)";
    if (PyType_IsSubtype(type, &PyComplex_Type)) return "use a tuple: (value.real, value.imag)";
    if (is_subclass(type, "fractions", "Fraction")) return "use a tuple: (value.numerator, value.denominator)";
    if (name == "NaTType" || name == "NAType" || name == "pandas._libs.missing.NAType") return "use None";
    if (module == "numpy") return "convert it: tuple(value.tolist()) for an array, value.item() for a single value";
    return "key by one of its attributes, by a tuple of them, or make its class a frozen dataclass";
}

KeyClass classify(PyTypeObject *type) {
    nb::handle handle(reinterpret_cast<PyObject *>(type));
    const std::string module = text(attribute(handle, "__module__"));
    const std::string name = text(attribute(handle, "__name__"));
    const bool numpy = module == "numpy";
    if (type == &PyBool_Type) return plain(Shape::Int, &PyLong_Type, &PyLong_Type, false);
    if (type == Py_TYPE(Py_None)) return KeyClass{Shape::None, false, {}, {}, {}};
    if (PyType_IsSubtype(type, &PyLong_Type)) return plain(Shape::Int, type, &PyLong_Type, numpy);
    if (PyType_IsSubtype(type, &PyFloat_Type)) return plain(Shape::Float, type, &PyFloat_Type, numpy);
    if (PyType_IsSubtype(type, &PyUnicode_Type)) return plain(Shape::Str, type, &PyUnicode_Type, numpy);
    if (PyType_IsSubtype(type, &PyBytes_Type)) return plain(Shape::Bytes, type, &PyBytes_Type, numpy);
    if (PyType_IsSubtype(type, &PyTuple_Type)) return plain(Shape::Tuple, type, &PyTuple_Type, false);

    KeyClass result;
    const bool is_datetime = PyType_IsSubtype(type, PyDateTimeAPI->DateTimeType) != 0;
    if (is_datetime && name != "NaTType") {
        result.shape = Shape::DateTime;
        result.nanoseconds = attribute(handle, "nanosecond").is_valid();
    } else if (!is_datetime && PyType_IsSubtype(type, PyDateTimeAPI->DateType)) {
        result.shape = Shape::Date;
    } else if (PyType_IsSubtype(type, PyDateTimeAPI->TimeType)) {
        result.shape = Shape::Time;
    } else if (PyType_IsSubtype(type, PyDateTimeAPI->DeltaType)) {
        result.shape = Shape::Delta;
        result.nanoseconds = attribute(handle, "nanoseconds").is_valid();
    } else if (is_subclass(type, "decimal", "Decimal")) {
        result.shape = Shape::Decimal;
    } else if (is_subclass(type, "uuid", "UUID")) {
        result.shape = Shape::Uuid;
    } else if (is_subclass(type, "enum", "Enum")) {
        result.shape = is_subclass(type, "enum", "Flag") ? Shape::Flag : Shape::Enum;
        result.name = qualified_name(type);
    } else if (is_subclass(type, "levada.common.types", "Row")) {
        result.shape = Shape::Row;
    } else if (nb::object params = attribute(handle, "__dataclass_params__"); params.is_valid()) {
        return dataclass_of(type, params);
    } else if (numpy && (is_subclass(type, "numpy", "integer") || is_subclass(type, "numpy", "bool_")) &&
               name.find("timedelta") == std::string::npos) {
        result.shape = Shape::Whole;
    } else if (numpy && (name == "float16" || name == "float32")) {
        result.shape = Shape::Real;
    } else {
        result.remedy = remedy_for(type, module);
    }
    return result;
}

struct Remembered {
    nb::object keep;  // holds the class, so that its address is not given to another one
    std::shared_ptr<const KeyClass> info;
};

// On the heap and never freed: Python may be gone when static objects are destroyed.
auto &classes() {
    static auto *known = new std::unordered_map<PyTypeObject *, Remembered>();
    return *known;
}

}  // namespace

std::shared_ptr<const KeyClass> key_class(PyTypeObject *type) {
    constexpr size_t kLimit = 4096;  // programs that make classes without end must not leak through here
    auto &known = classes();
    if (auto found = known.find(type); found != known.end()) return found->second.info;
    if (PyDateTimeAPI == nullptr) {
        PyDateTime_IMPORT;
        if (PyDateTimeAPI == nullptr) throw nb::python_error();
    }
    auto info = std::make_shared<const KeyClass>(classify(type));
    if (known.size() >= kLimit) known.clear();
    known.emplace(type, Remembered{nb::borrow(reinterpret_cast<PyObject *>(type)), info});
    return info;
}

void set_main_module(const std::string &name) {
    main_module = name;
    classes().clear();
}

}  // namespace levada
