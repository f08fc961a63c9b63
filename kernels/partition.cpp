// Splitting batches by key group: which rows go to which subtask, in their old order.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "arrow_export.h"
#include "arrow_import.h"
#include "key_codec.h"
#include "key_columns.h"
#include "key_groups.h"

namespace levada {

namespace {

constexpr int64_t kBlock = 1024;

// The target of every row; `keys` holds uint64 hashes or uint16 key groups in `given`, or else columns to be hashed.
struct Keys {
    std::vector<Column> columns;
    bool given = false;
};

bool is_array(nb::handle value) { return nb::hasattr(value, "__arrow_c_array__"); }

Keys import_keys(nb::handle keys) {
    Keys result;
    result.given = is_array(keys);
    if (result.given) {
        result.columns.push_back(import_array(keys, "keys"));
        const ColumnType &type = result.columns[0].type;
        if (type.kind != Kind::UInt16 && type.kind != Kind::UInt64)
            throw nb::type_error(("keys must be key groups (uint16), hashes (uint64) or a sequence of key columns, not "
                                  "an array of Arrow format '" + type.format + "'").c_str());
        for (int64_t row = 0; row < result.columns[0].length; ++row)
            if (result.columns[0].is_null(row)) throw nb::value_error("keys must not hold nulls");
    } else {
        result.columns = import_columns(keys, "a key column");
    }
    return result;
}

// Runs without the GIL.
void find_groups(const Keys &keys, const KeyGroups &groups, uint16_t *out) {
    const Column &first = keys.columns.front();
    if (keys.given && first.type.kind == Kind::UInt16) {
        const uint16_t *values = first.values<uint16_t>();
        for (int64_t row = 0; row < first.length; ++row) {
            if (values[row] >= groups.count())
                throw std::invalid_argument("key group " + std::to_string(values[row]) + " is not below max_parallelism (" +
                                            std::to_string(groups.count()) + ")");
            out[row] = values[row];
        }
        return;
    }
    if (keys.given) {
        const uint64_t *hashes = first.values<uint64_t>();
        for (int64_t row = 0; row < first.length; ++row) out[row] = groups.of(hashes[row]);
        return;
    }
    for (const Column &column : keys.columns) check_key_type(column.type);
    uint64_t hashes[kBlock];
    for (int64_t start = 0; start < first.length; start += kBlock) {
        const int64_t count = std::min(kBlock, first.length - start);
        hash_key_rows(keys.columns, start, count, hashes);
        for (int64_t i = 0; i < count; ++i) out[start + i] = groups.of(hashes[i]);
    }
}

nb::object key_groups(nb::handle keys, int64_t max_parallelism) {
    const Keys imported = import_keys(keys);
    const KeyGroups groups(max_parallelism);
    const int64_t count = imported.columns.front().length;
    Buffer out = Buffer::of<uint16_t>(count);
    {
        nb::gil_scoped_release released;
        find_groups(imported, groups, out.as<uint16_t>());
    }
    return to_python(fixed_column("S", count, std::move(out)));
}

// A stable counting sort: rows of target 0 first. offsets[t] .. offsets[t + 1] are the places of target t.
std::vector<int64_t> sort_by_target(const uint16_t *targets, int64_t count, int64_t parallelism, int32_t *permutation) {
    std::vector<int64_t> offsets(static_cast<size_t>(parallelism) + 1);
    for (int64_t row = 0; row < count; ++row) ++offsets[targets[row] + size_t{1}];
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    std::vector<int64_t> next(offsets.begin(), offsets.end() - 1);
    for (int64_t row = 0; row < count; ++row) permutation[next[targets[row]]++] = static_cast<int32_t>(row);
    return offsets;
}

nb::tuple partition(nb::handle keys, int64_t parallelism, int64_t max_parallelism) {
    const Keys imported = import_keys(keys);
    const KeyGroups groups(max_parallelism);
    const int64_t count = imported.columns.front().length;
    if (count > std::numeric_limits<int32_t>::max()) throw nb::value_error("a batch may have at most 2**31 - 1 rows");
    Buffer permutation = Buffer::of<int32_t>(count);
    std::vector<int64_t> offsets;
    {
        nb::gil_scoped_release released;
        const std::vector<uint16_t> owner = owners(groups, parallelism);
        std::vector<uint16_t> targets(static_cast<size_t>(count));
        find_groups(imported, groups, targets.data());
        for (uint16_t &target : targets) target = owner[target];
        offsets = sort_by_target(targets.data(), count, parallelism, permutation.as<int32_t>());
    }
    nb::list places;
    for (const int64_t offset : offsets) places.append(offset);
    return nb::make_tuple(to_python(fixed_column("i", count, std::move(permutation))), places);
}

// Lists of known lengths, filled in one pass.
class ListSplitter {
public:
    ListSplitter(const std::vector<Py_ssize_t> &sizes) : next_(sizes.size()) {
        for (const Py_ssize_t size : sizes) {
            lists_.push_back(nb::steal<nb::list>(PyList_New(size)));
            if (!lists_.back().is_valid()) throw nb::python_error();
        }
    }
    void put(size_t target, PyObject *item) {
        PyList_SET_ITEM(lists_[target].ptr(), next_[target]++, Py_NewRef(item));
    }
    const nb::list &list(size_t target) const { return lists_[target]; }

private:
    std::vector<nb::list> lists_;
    std::vector<Py_ssize_t> next_;
};

nb::list split_rows(nb::list values, nb::object timestamps, nb::list keys, int64_t parallelism, int64_t max_parallelism) {
    const KeyGroups groups(max_parallelism);
    const std::vector<uint16_t> owner = owners(groups, parallelism);
    const bool timed = !timestamps.is_none();
    if (timed && !PyList_Check(timestamps.ptr())) throw nb::type_error("timestamps must be a list or None");
    const size_t count = nb::len(keys);
    std::vector<uint16_t> targets;
    targets.reserve(count);
    std::vector<Py_ssize_t> sizes(static_cast<size_t>(parallelism));
    for (size_t row = 0; row < count && row < nb::len(keys); ++row) {
        nb::object key = nb::borrow(PyList_GET_ITEM(keys.ptr(), static_cast<Py_ssize_t>(row)));
        targets.push_back(owner[groups.of(hash_python_key(key))]);
        ++sizes[targets.back()];
    }
    // Hashing may run Python code (utcoffset, properties), so lengths are looked at only now; nothing below runs any.
    if (targets.size() != nb::len(values) || (timed && targets.size() != nb::len(timestamps)))
        throw nb::value_error("values, timestamps and keys must have the same length");
    ListSplitter rows(sizes);
    ListSplitter times(timed ? sizes : std::vector<Py_ssize_t>());
    for (size_t row = 0; row < targets.size(); ++row) {
        rows.put(targets[row], PyList_GET_ITEM(values.ptr(), static_cast<Py_ssize_t>(row)));
        if (timed) times.put(targets[row], PyList_GET_ITEM(timestamps.ptr(), static_cast<Py_ssize_t>(row)));
    }
    nb::list result;
    for (size_t target = 0; target < sizes.size(); ++target)
        result.append(nb::make_tuple(rows.list(target), timed ? nb::object(times.list(target)) : nb::none()));
    return result;
}

}  // namespace

void register_partition(nb::module_ &m) {
    m.def("key_groups", &key_groups, nb::arg("keys"), nb::arg("max_parallelism"));
    m.def("partition", &partition, nb::arg("keys"), nb::arg("parallelism"), nb::arg("max_parallelism"));
    m.def("split_rows", &split_rows, nb::arg("values"), nb::arg("timestamps").none(), nb::arg("keys"),
          nb::arg("parallelism"), nb::arg("max_parallelism"));
}

}  // namespace levada
