// Arrow arrays made by kernels and handed to Python as `pyarrow.Array`.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "arrow_abi.h"
#include "arrow_type.h"

namespace levada {

namespace nb = nanobind;

// Memory aligned to 64 bytes, as Arrow recommends; not initialised.
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(size_t bytes) : size_(bytes) {
        data_ = static_cast<uint8_t *>(::operator new(bytes == 0 ? 1 : bytes, std::align_val_t(64)));
    }
    Buffer(Buffer &&other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Buffer &operator=(Buffer &&other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Buffer() {
        if (data_ != nullptr) ::operator delete(data_, std::align_val_t(64));
    }

    template <typename T>
    static Buffer of(int64_t count) {
        return Buffer(static_cast<size_t>(count) * sizeof(T));
    }
    // A validity or boolean bitmap of `count` bits, all zero.
    static Buffer bits(int64_t count) {
        Buffer bitmap(static_cast<size_t>((count + 7) / 8));
        std::memset(bitmap.data_, 0, bitmap.size_);
        return bitmap;
    }

    template <typename T>
    T *as() {
        return reinterpret_cast<T *>(data_);
    }
    const uint8_t *data() const { return data_; }
    uint8_t *data() { return data_; }
    size_t size() const { return size_; }
    void set_bit(int64_t index) { data_[index >> 3] |= static_cast<uint8_t>(1u << (index & 7)); }

private:
    uint8_t *data_ = nullptr;
    size_t size_ = 0;
};

// A finished column: `buffers` are what Arrow wants for the format (validity first; an empty Buffer stands for none).
struct OutColumn {
    std::string format;
    std::string metadata;
    int64_t length = 0;
    int64_t null_count = 0;
    std::vector<Buffer> buffers;
};

inline OutColumn fixed_column(const char *format, int64_t length, Buffer values, Buffer validity = {}, int64_t null_count = 0) {
    OutColumn column{format, {}, length, null_count, {}};
    column.buffers.push_back(std::move(validity));
    column.buffers.push_back(std::move(values));
    return column;
}

namespace detail {

struct OutArray {
    OutColumn column;
    std::vector<const void *> pointers;
};

inline void release_array(ArrowArray *array) {
    delete static_cast<OutArray *>(array->private_data);
    array->release = nullptr;
}

struct OutSchema {
    std::string format;
    std::string metadata;
};

inline void release_schema(ArrowSchema *schema) {
    delete static_cast<OutSchema *>(schema->private_data);
    schema->release = nullptr;
}

template <typename Struct>
void drop_capsule(PyObject *capsule) {
    auto *held = static_cast<Struct *>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
    if (held->release != nullptr) held->release(held);
    delete held;
}

}  // namespace detail

// The column as an object with `__arrow_c_array__`: what `pyarrow.array` takes. It can be given away once.
class ArrowHolder {
public:
    explicit ArrowHolder(OutColumn column) : column_(std::move(column)) {}
    ArrowHolder(ArrowHolder &&) = default;
    ArrowHolder(const ArrowHolder &) = delete;

    nb::tuple capsules(nb::handle /* requested_schema: the type is what it is */) {
        auto *schema_data = new detail::OutSchema{std::move(column_.format), std::move(column_.metadata)};
        auto *schema = new ArrowSchema{};
        schema->format = schema_data->format.c_str();
        schema->name = "";
        schema->metadata = schema_data->metadata.empty() ? nullptr : schema_data->metadata.data();
        schema->flags = ARROW_FLAG_NULLABLE;
        schema->release = detail::release_schema;
        schema->private_data = schema_data;

        auto *array_data = new detail::OutArray{std::move(column_), {}};
        for (const Buffer &buffer : array_data->column.buffers) array_data->pointers.push_back(buffer.data());
        auto *array = new ArrowArray{};
        array->length = array_data->column.length;
        array->null_count = array_data->column.null_count;
        array->n_buffers = static_cast<int64_t>(array_data->pointers.size());
        array->buffers = array_data->pointers.data();
        array->release = detail::release_array;
        array->private_data = array_data;

        return nb::make_tuple(
            nb::steal(PyCapsule_New(schema, "arrow_schema", detail::drop_capsule<ArrowSchema>)),
            nb::steal(PyCapsule_New(array, "arrow_array", detail::drop_capsule<ArrowArray>)));
    }

private:
    OutColumn column_;
};

// Hands a column to Python as a `pyarrow.Array`. Needs the GIL; pyarrow is imported at the first call, not before.
inline nb::object to_python(OutColumn column) {
    static PyObject *make = nb::module_::import_("pyarrow").attr("array").inc_ref().ptr();
    return nb::handle(make)(nb::cast(ArrowHolder(std::move(column))));
}

inline void register_arrow_export(nb::module_ &m) {
    nb::class_<ArrowHolder>(m, "_ArrowHolder")
        .def("__arrow_c_array__", &ArrowHolder::capsules, nb::arg("requested_schema") = nb::none());
}

}  // namespace levada
