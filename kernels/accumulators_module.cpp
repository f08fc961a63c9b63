// What Python sees of the grouped accumulators.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "accumulators.h"

namespace nb = nanobind;

namespace levada {

namespace {

ColumnType import_type(nb::handle data_type) {
    nb::object capsule = data_type.attr("__arrow_c_schema__")();
    auto *schema = static_cast<ArrowSchema *>(PyCapsule_GetPointer(capsule.ptr(), "arrow_schema"));
    if (schema == nullptr) throw nb::python_error();
    return parse_type(*schema);
}

// Slots as KeyIndex gives them: int32, where -1 is no slot.
class Slots {
public:
    explicit Slots(nb::handle value) : column_(import_plain(value, Kind::Int32, "slots", "int32")) {}
    const Slot *data() const { return column_.values<Slot>(); }
    size_t size() const { return static_cast<size_t>(column_.length); }

private:
    Column column_;
};

nb::list to_list(OutColumns columns) {
    nb::list list;
    for (OutColumn &column : columns) list.append(to_python(std::move(column)));
    return list;
}

class PyFrozen {
public:
    explicit PyFrozen(std::shared_ptr<FrozenAccumulators> frozen) : frozen_(std::move(frozen)) {}

    size_t size() const { return frozen_->size(); }
    nb::object select(nb::handle slots, bool changed_only) const {
        const Slots wanted(slots);
        OutColumn column;
        {
            nb::gil_scoped_release release;
            const std::vector<Slot> selected = frozen_->select(wanted.data(), wanted.size(), changed_only);
            Buffer values(selected.size() * sizeof(Slot));
            std::copy(selected.begin(), selected.end(), values.as<Slot>());
            column = fixed_column("i", static_cast<int64_t>(selected.size()), std::move(values));
        }
        return to_python(std::move(column));
    }
    nb::list columns(nb::handle slots) const {
        const Slots wanted(slots);
        OutColumns columns;
        {
            nb::gil_scoped_release release;
            columns = frozen_->save(wanted.data(), wanted.size());
        }
        return to_list(std::move(columns));
    }

private:
    std::shared_ptr<FrozenAccumulators> frozen_;
};

class PyAccumulators {
public:
    PyAccumulators(const std::vector<std::pair<std::string, int>> &functions, nb::sequence argument_types)
        : core_(make(functions, argument_types)) {
        for (nb::handle type : argument_types) argument_formats_.push_back(import_type(type).format);
        for (const auto &aggregate : core_.aggregates()) {
            for (size_t lane = 0; lane < aggregate->lanes(); ++lane) lane_formats_.push_back(aggregate->lane_format(lane));
        }
    }

    size_t size() const { return core_.size(); }
    size_t bundle_size() const { return core_.bundle_size(); }
    size_t bytes() const { return core_.bytes(); }

    void update(nb::handle slots, nb::handle arguments) {
        const Slots at(slots);
        const Arguments taken(arguments, argument_formats_, at.size());
        nb::gil_scoped_release release;
        core_.update(at.data(), at.size(), taken.views);
    }
    nb::list update_per_row(nb::handle slots, nb::handle arguments, bool update_before) {
        const Slots at(slots);
        const Arguments taken(arguments, argument_formats_, at.size());
        OutColumns columns;
        {
            nb::gil_scoped_release release;
            columns = core_.update_per_row(at.data(), at.size(), taken.views, update_before);
        }
        return to_list(std::move(columns));
    }
    void update_bundle(nb::handle slots, nb::handle arguments) {
        const Slots at(slots);
        const Arguments taken(arguments, argument_formats_, at.size());
        nb::gil_scoped_release release;
        core_.update_bundle(at.data(), at.size(), taken.views);
    }
    nb::list flush_bundle(size_t limit, bool update_before) {
        OutColumns columns;
        {
            nb::gil_scoped_release release;
            columns = core_.flush_bundle(limit, update_before);
        }
        return to_list(std::move(columns));
    }
    nb::list results(nb::handle slots) const {
        const Slots at(slots);
        OutColumns columns;
        {
            nb::gil_scoped_release release;
            columns = core_.results(at.data(), at.size());
        }
        return to_list(std::move(columns));
    }
    PyFrozen snapshot() {
        nb::gil_scoped_release release;
        return PyFrozen(core_.snapshot());
    }
    void restore(nb::handle slots, nb::handle columns) {
        const Slots at(slots);
        const Arguments lanes(columns, lane_formats_, at.size());
        nb::gil_scoped_release release;
        core_.restore(at.data(), at.size(), lanes.views);
    }
    void clear(nb::handle slots) {
        const Slots at(slots);
        nb::gil_scoped_release release;
        core_.clear(at.data(), at.size());
    }

private:
    // The argument columns of one call, which keep the arrays alive, and views of them.
    struct Arguments {
        std::vector<Column> columns;
        std::vector<Argument> views;

        Arguments(nb::handle values, const std::vector<std::string> &formats, size_t rows) {
            columns.reserve(formats.size());
            for (nb::handle value : values) {
                columns.push_back(import_array(value, "arguments"));
                check(columns.back(), columns.size() - 1, formats, rows);
            }
            if (columns.size() != formats.size()) {
                throw nb::value_error(("expected " + std::to_string(formats.size()) + " columns, got " +
                                       std::to_string(columns.size())).c_str());
            }
            for (const Column &column : columns) {
                views.push_back({column.type.width > 0 && rows > 0 ? column.fixed(0) : nullptr,
                                 column.may_have_nulls() ? &column : nullptr});
            }
        }

        static void check(const Column &column, size_t index, const std::vector<std::string> &formats, size_t rows) {
            const std::string name = "column " + std::to_string(index);
            if (index < formats.size() && column.type.format != formats[index]) {
                throw nb::type_error((name + " has Arrow format '" + column.type.format + "', expected '" +
                                      formats[index] + "'").c_str());
            }
            if (static_cast<size_t>(column.length) != rows) {
                throw nb::value_error((name + " has " + std::to_string(column.length) + " rows for " +
                                       std::to_string(rows) + " slots").c_str());
            }
        }
    };

    static Aggregates make(const std::vector<std::pair<std::string, int>> &functions, nb::sequence argument_types) {
        std::vector<ColumnType> types;
        for (nb::handle type : argument_types) types.push_back(import_type(type));
        Aggregates aggregates;
        for (const auto &[function, argument] : functions) {
            if (argument >= static_cast<int>(types.size())) {
                throw nb::value_error((function + ": there is no argument column " + std::to_string(argument)).c_str());
            }
            aggregates.push_back(make_aggregate(
                function, argument < 0 ? ColumnType{} : types[static_cast<size_t>(argument)], argument));
        }
        return aggregates;
    }

    Accumulators core_;
    std::vector<std::string> argument_formats_;
    std::vector<std::string> lane_formats_;
};

}  // namespace

void register_accumulators(nb::module_ &m) {
    nb::class_<PyFrozen>(m, "FrozenAccumulators")
        .def("__len__", &PyFrozen::size)
        .def("select", &PyFrozen::select, nb::arg("slots"), nb::arg("changed_only") = false)
        .def("columns", &PyFrozen::columns, nb::arg("slots"));
    nb::class_<PyAccumulators>(m, "Accumulators")
        .def(nb::init<const std::vector<std::pair<std::string, int>> &, nb::sequence>(), nb::arg("functions"),
             nb::arg("argument_types"))
        .def("__len__", &PyAccumulators::size)
        .def_prop_ro("bundle_size", &PyAccumulators::bundle_size)
        .def_prop_ro("nbytes", &PyAccumulators::bytes)
        .def("update", &PyAccumulators::update, nb::arg("slots"), nb::arg("arguments"))
        .def("update_per_row", &PyAccumulators::update_per_row, nb::arg("slots"), nb::arg("arguments"),
             nb::arg("update_before") = true)
        .def("update_bundle", &PyAccumulators::update_bundle, nb::arg("slots"), nb::arg("arguments"))
        .def("flush_bundle", &PyAccumulators::flush_bundle, nb::arg("limit"), nb::arg("update_before") = true)
        .def("results", &PyAccumulators::results, nb::arg("slots"))
        .def("snapshot", &PyAccumulators::snapshot)
        .def("restore", &PyAccumulators::restore, nb::arg("slots"), nb::arg("columns"))
        .def("clear", &PyAccumulators::clear, nb::arg("slots"));
}

}  // namespace levada
