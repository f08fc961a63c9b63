// Hashes of Arrow columns: the same numbers as for the Python values that the columns' rows would give.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "arrow_import.h"
#include "key_leaf.h"

namespace levada {

// A type that cannot be a key; becomes levada.common.errors.KeyTypeError in Python.
class KeyTypeFault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

// 128 bits as four 32-bit digits, lowest first: enough arithmetic to put decimals into canonical form on any compiler.
struct Magnitude {
    uint32_t digits[4] = {};

    bool is_zero() const { return (digits[0] | digits[1] | digits[2] | digits[3]) == 0; }
    uint32_t divide(uint32_t by) {
        uint64_t rest = 0;
        for (int i = 3; i >= 0; --i) {
            rest = rest << 32 | digits[i];
            digits[i] = static_cast<uint32_t>(rest / by);
            rest %= by;
        }
        return static_cast<uint32_t>(rest);
    }
    uint64_t low() const { return static_cast<uint64_t>(digits[1]) << 32 | digits[0]; }
    bool fits(int bits) const { return digits[2] == 0 && digits[3] == 0 && low() >> bits == 0; }
    std::string_view bytes(LeafScratch &scratch) const {
        scratch.bytes.clear();
        for (uint32_t digit : digits)
            for (int byte = 0; byte < 4; ++byte) scratch.bytes.push_back(static_cast<char>(digit >> (8 * byte) & 0xff));
        std::string_view all = scratch.bytes;
        while (!all.empty() && all.back() == '\0') all.remove_suffix(1);
        return all;
    }
};

inline Leaf decimal_leaf(const uint8_t *value, int width, int32_t scale, LeafScratch &scratch) {
    const bool negative = value[width - 1] >> 7;
    Magnitude magnitude;
    uint64_t carry = negative;
    for (int i = 0; i < 4; ++i) {
        uint32_t digit = negative ? 0xffffffff : 0;
        if (4 * i < width) std::memcpy(&digit, value + 4 * i, 4);
        carry += negative ? static_cast<uint32_t>(~digit) : digit;
        magnitude.digits[i] = static_cast<uint32_t>(carry);
        carry >>= 32;
    }
    for (Magnitude shorter = magnitude; scale > 0 && shorter.divide(10) == 0; --scale) magnitude = shorter;
    if (magnitude.is_zero() || scale == 0) return magnitude_leaf(negative, magnitude.bytes(scratch));
    // m / 10^s is a binary fraction exactly if 5^s divides m.
    Magnitude odd = magnitude;
    int fives = 0;
    while (fives < scale && odd.divide(5) == 0) ++fives;
    if (fives == scale && odd.fits(53)) {
        const double size = std::ldexp(static_cast<double>(odd.low()), -scale);
        return float_bits_leaf(negative ? -size : size);
    }
    Leaf leaf = text_leaf(Tag::Decimal, magnitude.bytes(scratch));
    leaf.negative = negative;
    leaf.number = -scale;
    return leaf;
}

inline double half_to_double(uint16_t bits) {
    const int exponent = bits >> 10 & 0x1f;
    const double fraction = bits & 0x3ff;
    double value;
    if (exponent == 31) {
        value = fraction == 0 ? HUGE_VAL : std::nan("");
    } else {
        value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
    }
    return bits >> 15 ? -value : value;
}

inline Leaf unsigned_leaf(uint64_t value, LeafScratch &scratch) {
    if (value >> 63 == 0) return int_leaf(static_cast<int64_t>(value));
    scratch.bytes.clear();
    for (int byte = 0; byte < 8; ++byte) scratch.bytes.push_back(static_cast<char>(value >> (8 * byte) & 0xff));
    return magnitude_leaf(false, scratch.bytes);
}

inline Leaf number_leaf(Tag tag, int64_t number) {
    Leaf leaf = int_leaf(number);
    leaf.tag = tag;
    return leaf;
}

}  // namespace detail

// Refuses a type that no key can have.
inline void check_key_type(const ColumnType &type) {
    if (type.kind == Kind::Decimal && type.scale < 0)
        throw KeyTypeFault("a decimal column of negative scale cannot be a key; cast it to scale 0");
    if (type.kind != Kind::Other && type.kind != Kind::Dictionary) return;
    throw KeyTypeFault("a column of Arrow format '" + type.format +
                       "' cannot be a key; key by its parts (struct fields, list elements) or cast it to a number, "
                       "string, binary, time or decimal(38) type");
}

// The canonical form of one value that is not null.
inline Leaf leaf_at(const Column &column, int64_t row, LeafScratch &scratch) {
    const ColumnType &type = column.type;
    switch (type.kind) {
        case Kind::Bool: return int_leaf(column.boolean(row));
        case Kind::Int8: return int_leaf(column.values<int8_t>()[row]);
        case Kind::Int16: return int_leaf(column.values<int16_t>()[row]);
        case Kind::Int32: return int_leaf(column.values<int32_t>()[row]);
        case Kind::Int64: return int_leaf(column.values<int64_t>()[row]);
        case Kind::UInt8: return int_leaf(column.values<uint8_t>()[row]);
        case Kind::UInt16: return int_leaf(column.values<uint16_t>()[row]);
        case Kind::UInt32: return int_leaf(column.values<uint32_t>()[row]);
        case Kind::UInt64: return detail::unsigned_leaf(column.values<uint64_t>()[row], scratch);
        case Kind::Float16: return float_leaf(detail::half_to_double(column.values<uint16_t>()[row]), scratch);
        case Kind::Float32: return float_leaf(column.values<float>()[row], scratch);
        case Kind::Float64: return float_leaf(column.values<double>()[row], scratch);
        case Kind::Decimal: return detail::decimal_leaf(column.fixed(row), type.width, type.scale, scratch);
        case Kind::Utf8: return text_leaf(Tag::Str, column.bytes(row));
        case Kind::Binary: return text_leaf(Tag::Bytes, column.bytes(row));
        case Kind::FixedBinary: return text_leaf(type.uuid ? Tag::Uuid : Tag::Bytes, column.bytes(row));
        case Kind::Date32: return detail::number_leaf(Tag::Date, column.values<int32_t>()[row]);
        case Kind::Date64:
            return detail::number_leaf(Tag::Date, moment_leaf(Tag::Date, column.values<int64_t>()[row], 86400000).number);
        case Kind::Time: {
            const int64_t count = type.width == 4 ? column.values<int32_t>()[row] : column.values<int64_t>()[row];
            const int64_t nanoseconds = 1000000000 / type.units_per_second;
            const int64_t limit = INT64_MAX / nanoseconds;
            if (count > limit || count < -limit) throw KeyTypeFault("a time of day of over 292 years");
            return detail::number_leaf(Tag::Time, count * nanoseconds);
        }
        case Kind::Timestamp:
            return moment_leaf(type.zoned ? Tag::Instant : Tag::DateTime, column.values<int64_t>()[row],
                               type.units_per_second);
        case Kind::Duration: return moment_leaf(Tag::Duration, column.values<int64_t>()[row], type.units_per_second);
        default: return Leaf{};
    }
}

namespace detail {

template <typename Hash>
void hash_rows(const Column &column, int64_t first, int64_t count, uint64_t *out, Hash hash) {
    if (!column.may_have_nulls()) {
        for (int64_t i = 0; i < count; ++i) out[i] = hash(first + i);
        return;
    }
    for (int64_t i = 0; i < count; ++i) out[i] = column.is_null(first + i) ? kNullHash : hash(first + i);
}

}  // namespace detail

// Hashes of the rows first .. first + count - 1 of one column.
inline void hash_column(const Column &column, int64_t first, int64_t count, uint64_t *out) {
    switch (column.type.kind) {
        case Kind::Int64: {
            const int64_t *values = column.values<int64_t>();
            return detail::hash_rows(column, first, count, out, [=](int64_t row) { return hash_int(values[row]); });
        }
        case Kind::Int32: {
            const int32_t *values = column.values<int32_t>();
            return detail::hash_rows(column, first, count, out, [=](int64_t row) { return hash_int(values[row]); });
        }
        case Kind::Utf8:
            return detail::hash_rows(column, first, count, out, [&](int64_t row) { return hash_str(column.bytes(row)); });
        default: {
            LeafScratch scratch;
            return detail::hash_rows(column, first, count, out,
                                     [&](int64_t row) { return hash_leaf(leaf_at(column, row, scratch)); });
        }
    }
}

// Hashes of key rows: of the value itself where there is one column, of the tuple of values where there are several.
inline void hash_key_rows(const std::vector<Column> &columns, int64_t first, int64_t count, uint64_t *out) {
    if (columns.size() == 1) return hash_column(columns[0], first, count, out);
    for (int64_t i = 0; i < count; ++i) out[i] = start_sequence(Tag::Tuple, columns.size());
    std::vector<uint64_t> parts(static_cast<size_t>(count));
    for (const Column &column : columns) {
        hash_column(column, first, count, parts.data());
        for (int64_t i = 0; i < count; ++i) out[i] = combine(out[i], parts[static_cast<size_t>(i)]);
    }
}

}  // namespace levada
