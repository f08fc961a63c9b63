#include "key_codec.h"

#include <string_view>

#include "key_classes.h"
#include "key_nesting.h"
#include "key_scalars.h"

namespace levada {

namespace {

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

}  // namespace levada
