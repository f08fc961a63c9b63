// KeyIndex and FrozenKeys as Python sees them.
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/unique_ptr.h>

#include "arrow_export.h"
#include "arrow_import.h"
#include "key_index.h"

namespace levada {

namespace {

// Key types from a pyarrow schema, or any iterable of Arrow types or fields.
std::vector<KeyColumn> key_columns(nb::handle types) {
    std::vector<KeyColumn> columns;
    for (nb::handle type : types) {
        if (!nb::hasattr(type, "__arrow_c_schema__"))
            throw nb::type_error("key_types must be an Arrow schema or a list of Arrow types");
        nb::object capsule = type.attr("__arrow_c_schema__")();
        const auto *schema = static_cast<const ArrowSchema *>(PyCapsule_GetPointer(capsule.ptr(), "arrow_schema"));
        if (schema == nullptr) throw nb::python_error();
        columns.emplace_back(parse_type(*schema));
    }
    if (columns.empty()) throw nb::value_error("a KeyIndex needs at least one key column");
    return columns;
}

struct Slots {
    Column column;
    const Slot *data() const { return reinterpret_cast<const Slot *>(column.values<int32_t>()); }
    int64_t count() const { return column.length; }
};

Slots import_slots(nb::handle slots) { return Slots{import_plain(slots, Kind::Int32, "slots", "int32")}; }

std::vector<Column> import_keys(const KeyIndex &index, nb::handle columns) {
    std::vector<Column> keys = import_columns(columns, "a key column");
    index.check(keys);
    return keys;
}

nb::object slots_of(nb::handle columns, const KeyIndex &index, auto find) {
    const std::vector<Column> keys = import_keys(index, columns);
    const int64_t count = keys.front().length;
    Buffer slots = Buffer::of<Slot>(count);
    {
        nb::gil_scoped_release released;
        find(keys, slots.as<Slot>());
    }
    return to_python(fixed_column("i", count, std::move(slots)));
}

nb::object upsert(KeyIndex &index, nb::handle columns) {
    return slots_of(columns, index, [&](const auto &keys, Slot *slots) { index.upsert(keys, slots); });
}

nb::object lookup(const KeyIndex &index, nb::handle columns) {
    return slots_of(columns, index, [&](const auto &keys, Slot *slots) { index.lookup(keys, slots); });
}

void erase(KeyIndex &index, nb::handle slots) {
    const Slots given = import_slots(slots);
    nb::gil_scoped_release released;
    index.erase(given.data(), given.count());
}

// The three ways to read, alike for live and frozen keys.
template <typename Source>
nb::list keys(const Source &source, nb::handle slots) {
    const Slots given = import_slots(slots);
    std::vector<OutColumn> columns;
    {
        nb::gil_scoped_release released;
        const KeyReader reader = source.reader();
        const bool may_have_nulls = reader.check(given.data(), given.count());
        for (size_t i = 0; i < source.layout().columns.size(); ++i)
            columns.push_back(reader.gather(i, given.data(), given.count(), may_have_nulls));
    }
    nb::list result;
    for (OutColumn &column : columns) result.append(to_python(std::move(column)));
    return result;
}

template <typename Source>
nb::object key_groups_of(const Source &source, nb::handle slots) {
    const Slots given = import_slots(slots);
    Buffer groups = Buffer::of<uint16_t>(given.count());
    {
        nb::gil_scoped_release released;
        const KeyReader reader = source.reader();
        reader.check(given.data(), given.count());
        for (int64_t i = 0; i < given.count(); ++i)
            groups.as<uint16_t>()[i] = source.groups().of(reader.hash(given.data()[i]));
    }
    return to_python(fixed_column("S", given.count(), std::move(groups)));
}

template <typename Source>
nb::object slots_by_key_group(const Source &source, uint32_t first, std::optional<uint32_t> last) {
    const auto end = static_cast<uint32_t>(source.groups().count());
    const uint32_t stop = last.value_or(end - 1);
    if (first > stop || stop >= end) throw nb::value_error("key groups run from 0 to max_parallelism - 1, first to last");
    Buffer slots;
    int64_t count = 0;
    {
        nb::gil_scoped_release released;
        const std::vector<Slot> sorted = source.reader().by_key_group(source.groups(), first, stop);
        count = static_cast<int64_t>(sorted.size());
        slots = Buffer::of<Slot>(count);
        if (count != 0) std::memcpy(slots.data(), sorted.data(), sorted.size() * sizeof(Slot));
    }
    return to_python(fixed_column("i", count, std::move(slots)));
}

template <typename Source>
void def_reading(nb::class_<Source> &type) {
    type.def("__len__", &Source::size)
        .def_prop_ro("capacity", &Source::capacity)
        .def("keys", &keys<Source>, nb::arg("slots"))
        .def("key_groups_of", &key_groups_of<Source>, nb::arg("slots"))
        .def("slots_by_key_group", &slots_by_key_group<Source>, nb::arg("first_group") = 0,
             nb::arg("last_group") = nb::none());
}

}  // namespace

void register_key_index(nb::module_ &m) {
    nb::class_<FrozenKeys> frozen(m, "FrozenKeys");
    def_reading(frozen);

    nb::class_<KeyIndex> index(m, "KeyIndex");
    def_reading(index);
    index
        .def("__init__",
             [](KeyIndex *self, nb::handle key_types, int64_t max_parallelism) {
                 new (self) KeyIndex(key_columns(key_types), max_parallelism);
             },
             nb::arg("key_types"), nb::arg("max_parallelism"))
        .def_prop_ro("max_parallelism", [](const KeyIndex &self) { return self.groups().count(); })
        .def_prop_ro("moved_entries", &KeyIndex::moved)
        .def_prop_ro("nbytes", &KeyIndex::bytes)
        .def("upsert", &upsert, nb::arg("columns"))
        .def("lookup", &lookup, nb::arg("columns"))
        .def("erase", &erase, nb::arg("slots"))
        .def("freeze", &KeyIndex::freeze);
}

}  // namespace levada
