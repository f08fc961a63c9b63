// The key codec as Python sees it.
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "arrow_export.h"
#include "arrow_import.h"
#include "key_classes.h"
#include "key_codec.h"
#include "key_columns.h"
#include "key_groups.h"

namespace levada {

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
